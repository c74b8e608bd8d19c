# SPDX-License-Identifier: Apache-2.0
"""Families without a hollow: boxes, cartons, sticks, cans, balls, plates and wedges."""

from __future__ import annotations

from discinst_ros.scenes.heaps.design import centred, Collider, Design, Texture
from discinst_ros.scenes.heaps.families import packaging, prints
from discinst_ros.scenes.heaps.surface import box, lathe, pillow, prism, regular_outline
from discinst_ros.scenes.textures import Rng
import numpy as np


def make_box(rng: Rng) -> Design:
    """Return a block of wood, plastic or metal."""
    half = rng.uniform(0.015, 0.06, 3)
    texture = _any_of(rng, prints.wooden, prints.plain, prints.painted, prints.metallic)
    return centred('box', box(half), [Collider('box', half)], texture, shine=_gloss(rng))


def make_carton(rng: Rng) -> Design:
    """Return a folding box with print, from a soap bar to a cereal box."""
    half = np.sort(rng.uniform(0.015, 0.05, 3)) * rng.uniform(0.8, (1.5, 2.0, 2.9))
    texture = _any_of(rng, packaging.package, packaging.package, packaging.package,
                      prints.carton, prints.cardboard)
    return centred('carton', box(half), [Collider('box', half)], texture,
                   shine=rng.uniform(0, 0.5), density=250)


def make_stick(rng: Rng) -> Design:
    """Return something long and thin: a lath, a rod or a pencil."""
    length, thick = rng.uniform(0.04, 0.13), rng.uniform(0.004, 0.012)
    texture = _any_of(rng, prints.wooden, prints.plain, prints.painted, prints.metallic)
    if rng.random() < 0.5:
        half = (length, thick, thick * rng.uniform(0.5, 1))
        return centred('stick', box(half), [Collider('box', half)], texture, shine=_gloss(rng))
    corners = int(rng.choice((6, 8, 16)))
    surface = prism(regular_outline(corners, thick), length)
    return centred('stick', surface, [Collider('cylinder', (thick, length))], texture,
                   shine=_gloss(rng))


def make_can(rng: Rng) -> Design:
    """Return a can, a tin or a tub, upright: flat or tall, with rims."""
    radius = rng.uniform(0.018, 0.05)
    half = radius * rng.uniform(0.4, 2.6)
    rim = min(0.003, radius / 8)
    profile = [(0, -half + rim), (radius - 2 * rim, -half + rim), (radius - rim, -half),
               (radius, -half + rim), (radius, half - rim), (radius - rim, half),
               (radius - 2 * rim, half - rim), (0, half - rim)]
    texture = _any_of(rng, prints.wrapper, packaging.sleeve, prints.painted, prints.metallic)
    return centred('can', lathe(profile), [Collider('cylinder', (radius, half))], texture,
                   shine=rng.uniform(0.1, 0.9))


def make_ball(rng: Rng) -> Design:
    """Return a ball, or a fruit: not quite round."""
    radius = rng.uniform(0.015, 0.045)
    half = np.full(3, radius)
    if rng.random() < 0.5:
        half = radius * rng.uniform(0.75, 1.15, 3)
    texture = _any_of(rng, prints.plain, prints.painted, prints.painted)
    return centred('ball', pillow(half, 1.0, rings=14), [Collider('ellipsoid', half)], texture,
                   shine=_gloss(rng))


def make_plate(rng: Rng) -> Design:
    """Return something flat: a sheet, a tile, a card, a book or a coaster."""
    thick = rng.uniform(0.0025, 0.012)
    if rng.random() < 0.65:
        half = (rng.uniform(0.03, 0.1), rng.uniform(0.03, 0.075), thick)
        texture = _any_of(rng, prints.carton, prints.carton, prints.wooden, prints.metallic,
                          prints.plain)
        return centred('plate', box(half), [Collider('box', half)], texture, shine=_gloss(rng))
    radius = rng.uniform(0.03, 0.08)
    surface = lathe([(0, -thick), (radius, -thick), (radius, thick), (0, thick)])
    texture = _any_of(rng, prints.plain, prints.painted, prints.metallic)
    return centred('plate', surface, [Collider('cylinder', (radius, thick))], texture,
                   shine=_gloss(rng))


def make_bar(rng: Rng) -> Design:
    """Return a prism on three to eight corners: a nut, a bar of chocolate, a wedge of cheese."""
    corners = int(rng.choice((3, 5, 6, 8)))
    outline = regular_outline(corners, rng.uniform(0.015, 0.05), rng.uniform(0, 2))
    outline = outline * (1, rng.uniform(0.6, 1))
    surface = prism(outline, rng.uniform(0.01, 0.06))
    texture = _any_of(rng, prints.wrapper, prints.plain, prints.wooden, prints.metallic)
    return centred('bar', surface, [Collider('hull', points=surface.vertices)], texture,
                   shine=_gloss(rng))


def _any_of(rng: Rng, *painters: object) -> Texture:
    painter = painters[int(rng.integers(len(painters)))]
    assert callable(painter)
    texture: Texture = painter(rng)
    return texture


def _gloss(rng: Rng) -> float:
    """Return the shine of something: mostly little."""
    return float(rng.random() ** 2)
