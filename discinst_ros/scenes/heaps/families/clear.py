# SPDX-License-Identifier: Apache-2.0
"""Families in clear plastic: what is inside shows, and is no object of its own."""

from __future__ import annotations

from discinst_ros.scenes.heaps.design import centred, Clear, Collider, Design, Texture
from discinst_ros.scenes.heaps.families import flexible, packaging, prints
from discinst_ros.scenes.heaps.surface import box, join, pillow, Points, Surface
from discinst_ros.scenes.textures import Rng
import numpy as np

#: Most things in a pack.
_MOST = 4
#: How often a clear bag is crumpled.
_CRUMPLED_SHARE = 0.5
#: How often clear plastic is all that there is above the card; otherwise a part is printed.
_ALL_CLEAR_SHARE = 0.4


def make_clamshell(rng: Rng) -> Design:
    """Return a card with things on it under a clear shell, as tools, toys and pens are sold."""
    card = rng.uniform(0.035, 0.07), rng.uniform(0.05, 0.1), rng.uniform(0.0008, 0.0016)
    share = np.array((rng.uniform(0.8, 0.98),
                      rng.uniform(0.85, 0.98) if rng.random() < _ALL_CLEAR_SHARE
                      else rng.uniform(0.4, 0.75)))
    room = np.array((*card[:2] * share, rng.uniform(0.006, 0.016)))
    middle = np.array((0.0, -card[1] + room[1] + 0.002, card[2]))
    count = int(rng.integers(1, _MOST + 1))
    surfaces = [box(card).on_part(0, 0, 1 / (count + 1), 1)]
    textures = [packaging.sleeve(rng)]
    for number in range(1, count + 1):
        surfaces.append(_thing(rng, room).moved(middle).on_part(
            number / (count + 1), 0, 1 / (count + 1), 1))
        textures.append(_painted(rng))
    shell = pillow(room, rng.uniform(0.1, 0.5)).moved(middle)
    clear = Clear(shell, opacity=rng.uniform(0.1, 0.4), tint=rng.uniform(0.8, 1.0, 3))
    return centred('clamshell', join(*surfaces),
                   [Collider('box', card), Collider('box', tuple(room), tuple(middle))],
                   prints.side_by_side(*textures), shine=rng.uniform(0.1, 0.6), density=250,
                   clear=clear)


def make_clear_bag(rng: Rng) -> Design:
    """Return a clear bag with a few things in it, and what it lies on seen between them."""
    half = np.array((rng.uniform(0.045, 0.09), rng.uniform(0.035, 0.07),
                     rng.uniform(0.008, 0.018)))
    film = flexible.bag(rng, half, crumpled=rng.random() < _CRUMPLED_SHARE)
    count = int(rng.integers(1, _MOST + 1))
    things = [_thing(rng, half * (0.85, 0.85, 0.8)).on_part(number / count, 0, 1 / count, 1)
              for number in range(count)]
    return centred('clear_bag', join(*things), [Collider('hull', points=film.vertices)],
                   prints.side_by_side(*(_painted(rng) for _ in things)),
                   shine=rng.uniform(0.1, 0.6), density=200,
                   clear=Clear(film, opacity=rng.uniform(0.15, 0.5), tint=rng.uniform(0.8, 1, 3)))


def _thing(rng: Rng, room: Points) -> Surface:
    """Return something that has room in a shell about the origin."""
    half = room * (*rng.uniform(0.1, 0.7, 2), rng.uniform(0.3, 0.65))
    place = (room - half) * (*rng.uniform(-0.75, 0.75, 2), 0.0)
    return (box(half) if rng.random() < 0.5 else pillow(half, rng.uniform(0.2, 0.6))).moved(place)


def _painted(rng: Rng) -> Texture:
    painter = (prints.plain, prints.plain, prints.wrapper, prints.metallic, prints.painted)[
        int(rng.integers(5))]
    return painter(rng)
