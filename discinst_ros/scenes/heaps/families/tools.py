# SPDX-License-Identifier: Apache-2.0
"""Families put together from pieces: screwdrivers, brackets, spoons, and those held out."""

from __future__ import annotations

from collections.abc import Sequence
import math

from discinst_ros.scenes.heaps.design import centred, Collider, Design
from discinst_ros.scenes.heaps.families import prints
from discinst_ros.scenes.heaps.families.hollow import vessel_colliders, vessel_surface
from discinst_ros.scenes.heaps.surface import (
    box,
    join,
    lathe,
    pillow,
    Points,
    prism,
    regular_outline,
    Surface,
    Vector,
)
from discinst_ros.scenes.textures import Rng
import numpy as np

#: From z to x, and the quaternion of the same turn, w, x, y, z.
_ALONG_X: Points = np.array(((0.0, 0, 1), (0, 1, 0), (-1, 0, 0)))
_QUATERNION_X = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)


def make_driver(rng: Rng) -> Design:
    """Return a screwdriver, a brush or a chisel: a handle and a thinner shaft."""
    grip, half = rng.uniform(0.009, 0.016), rng.uniform(0.035, 0.055)
    shaft, reach = grip * rng.uniform(0.25, 0.5), rng.uniform(0.03, 0.06)
    handle = lathe([(0, -half), (grip * 0.8, -half), (grip, -half * 0.7), (grip * 0.8, half * 0.2),
                    (grip, half * 0.7), (grip * 0.6, half), (0, half)], sectors=10)
    rod = lathe([(0, -reach), (shaft, -reach), (shaft, reach), (0, reach)], sectors=10)
    surface = join(handle.moved((0, 0, 0), _ALONG_X).on_part(0, 0, 0.5, 1),
                   rod.moved((half + reach, 0, 0), _ALONG_X).on_part(0.5, 0, 0.5, 1))
    colliders = [Collider('cylinder', (grip, half), (0, 0, 0), _QUATERNION_X),
                 Collider('cylinder', (shaft, reach), (half + reach, 0, 0), _QUATERNION_X)]
    return centred('driver', surface, colliders,
                   prints.side_by_side(prints.painted(rng), prints.metallic(rng)),
                   shine=rng.uniform(0.1, 0.8))


def make_bracket(rng: Rng) -> Design:
    """Return an angle of sheet metal or plastic: two plates at a right angle."""
    length, width = rng.uniform(0.02, 0.05, 2)
    rise, thick = rng.uniform(0.015, 0.05), rng.uniform(0.002, 0.005)
    return of_boxes('bracket', rng, [((length, width, thick), (0, 0, 0)),
                                     ((thick, width, rise), (thick - length, 0, rise + thick))])


def make_spoon(rng: Rng) -> Design:
    """Return a spoon, a spatula or a ladle: a flat handle with an oval at its end."""
    handle = rng.uniform(0.04, 0.075), rng.uniform(0.004, 0.008), rng.uniform(0.002, 0.004)
    oval = rng.uniform(0.018, 0.035), rng.uniform(0.014, 0.026), rng.uniform(0.003, 0.008)
    place = (handle[0] + oval[0] * 0.8, 0, 0)
    surface = join(box(handle), pillow(oval, 0.9).moved(place))
    texture = prints.metallic(rng) if rng.random() < 0.5 else prints.plain(rng)
    return centred('spoon', surface,
                   [Collider('box', handle), Collider('ellipsoid', oval, place)], texture,
                   shine=rng.uniform(0.1, 1.0))


def make_hammer(rng: Rng) -> Design:
    """Return a hammer: a handle with a head across its end."""
    handle = rng.uniform(0.05, 0.09), rng.uniform(0.006, 0.01), rng.uniform(0.006, 0.01)
    head = rng.uniform(0.01, 0.016), rng.uniform(0.025, 0.045), rng.uniform(0.01, 0.016)
    place = (handle[0] + head[0], 0, 0)
    surface = join(box(handle).on_part(0, 0, 0.5, 1),
                   box(head).moved(place).on_part(0.5, 0, 0.5, 1))
    return centred('hammer', surface, [Collider('box', handle), Collider('box', head, place)],
                   prints.side_by_side(prints.wooden(rng), prints.metallic(rng)),
                   shine=rng.uniform(0.1, 0.8))


def make_cross(rng: Rng) -> Design:
    """Return a cross of two bars in one plane, or a tee."""
    long, short = rng.uniform(0.03, 0.07), rng.uniform(0.02, 0.05)
    thick, high = rng.uniform(0.005, 0.012), rng.uniform(0.004, 0.012)
    shift = 0.0 if rng.random() < 0.5 else long - thick
    return of_boxes('cross', rng, [((long, thick, high), (0, 0, 0)),
                                   ((thick, short, high), (shift, 0, 0))])


def make_dumbbell(rng: Rng) -> Design:
    """Return two thick discs on a bar: a dumbbell, a spool, a valve."""
    radius, disc = rng.uniform(0.02, 0.035), rng.uniform(0.006, 0.016)
    grip, half = radius * rng.uniform(0.25, 0.6), rng.uniform(0.012, 0.04)
    end = half + 2 * disc
    profile = [(0, -end), (radius, -end), (radius, -half), (grip, -half), (grip, half),
               (radius, half), (radius, end), (0, end)]
    colliders = [Collider('cylinder', (grip, half)),
                 *(Collider('cylinder', (radius, disc), (0, 0, sign * (half + disc)))
                   for sign in (-1, 1))]
    return centred('dumbbell', lathe(profile), colliders, prints.painted(rng),
                   shine=rng.uniform(0, 0.9))


def make_cone(rng: Rng) -> Design:
    """Return a cone or a stump of one."""
    low, half = rng.uniform(0.02, 0.045), rng.uniform(0.02, 0.06)
    high = low * rng.uniform(0.05, 0.6)
    surface = lathe([(0, -half), (low, -half), (high, half), (0, half)])
    return centred('cone', surface, [Collider('hull', points=surface.vertices)],
                   prints.wrapper(rng) if rng.random() < 0.5 else prints.painted(rng),
                   shine=rng.uniform(0, 0.8))


def make_mug(rng: Rng) -> Design:
    """Return a mug: a vessel with a handle at its side."""
    radius, height = rng.uniform(0.03, 0.045), rng.uniform(0.06, 0.11)
    thick, bar = rng.uniform(0.003, 0.005), rng.uniform(0.004, 0.007)
    reach, rise = rng.uniform(0.01, 0.018), height * rng.uniform(0.22, 0.32)
    middle = height / 2
    pieces = [((bar, bar, rise), (radius + 2 * reach, 0, middle)),
              *(((reach, bar, bar), (radius + reach, 0, middle + sign * (rise - bar)))
                for sign in (-1, 1))]
    surface = join(vessel_surface((radius, radius), height, thick),
                   *(box(half).moved(place).on_part(0.4, 0, 0.05, 0.05) for half, place in pieces))
    colliders = [*vessel_colliders((radius, radius), height, thick),
                 *(Collider('box', half, place) for half, place in pieces)]
    return centred('mug', surface, colliders,
                   prints.wrapper(rng) if rng.random() < 0.5 else prints.plain(rng),
                   shine=rng.uniform(0.2, 1.0))


def make_star(rng: Rng) -> Design:
    """Return a wheel with teeth, or a star: a disc with blocks around it."""
    radius, high = rng.uniform(0.018, 0.035), rng.uniform(0.005, 0.015)
    teeth = int(rng.integers(4, 9))
    half = radius * rng.uniform(0.15, 0.35), radius * math.sin(math.pi / teeth) * 0.45, high
    parts: list[Surface] = [prism(regular_outline(24, radius), high)]
    colliders = [Collider('cylinder', (radius, high))]
    for number in range(teeth):
        turn = 2 * math.pi * number / teeth
        c, s = math.cos(turn), math.sin(turn)
        place = ((radius + half[0] * 0.8) * c, (radius + half[0] * 0.8) * s, 0.0)
        parts.append(box(half).moved(place, np.array(((c, -s, 0), (s, c, 0), (0, 0, 1)))))
        colliders.append(Collider('box', half, place,
                                  (math.cos(turn / 2), 0, 0, math.sin(turn / 2))))
    texture = prints.metallic(rng) if rng.random() < 0.5 else prints.plain(rng)
    return centred('star', join(*parts), colliders, texture, shine=rng.uniform(0, 0.9))


def of_boxes(family: str, rng: Rng, pieces: Sequence[tuple[Vector, Vector]]) -> Design:
    """Return boxes (half extents and place) that are one part."""
    surface = join(*(box(half).moved(place) for half, place in pieces))
    texture = prints.metallic(rng) if rng.random() < 0.6 else prints.plain(rng)
    return centred(family, surface, [Collider('box', half, place) for half, place in pieces],
                   texture, shine=rng.uniform(0, 0.9))
