# SPDX-License-Identifier: Apache-2.0
"""A table, the room it stands in, and the furniture there."""

from __future__ import annotations

import math

from discinst_ros.scenes.heaps.design import Collider
from discinst_ros.scenes.heaps.places import grounds
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
from discinst_ros.scenes.heaps.surface import box, Points
from discinst_ros.scenes.textures import Rng
import numpy as np


def add_table(rng: Rng, place: Surroundings, half: Points, height: float) -> None:
    """Add the top of a table whose surface is at a height, and the floor far below."""
    thick = rng.uniform(0.015, 0.04)
    cover = place.add_cover(grounds.table_top(rng), rng.uniform(0, 0.7) * rng.random())
    shift = rng.uniform(-0.25, 0.25, 2) * half if place.kind == 'table' else np.zeros(2)
    centre = (shift[0], shift[1], height - thick / 2 - 0.0005 * (height < 0))
    top = box((*half, thick / 2), tile_m=rng.uniform(0.4, 1.2)).moved(centre)
    place.pieces.append((top, cover))
    place.barriers.append(Collider('box', (*half, 0.05), (centre[0], centre[1], height - 0.05)))
    place.solids.append((np.array((*shift, -0.3)), np.array((*half, 0.3 + place.wall_m))))
    add_room(rng, place, height - rng.uniform(0.5, 0.8), half + np.abs(shift))


def add_room(rng: Rng, place: Surroundings, ground: float, half: Points) -> None:
    """Add the floor and up to four walls, some of them close to the table."""
    gaps = np.where(rng.random(4) < 0.25, rng.uniform(0.01, 0.1, 4), rng.uniform(0.7, 2.5, 4))
    cover = place.add_cover(grounds.floor(rng), rng.uniform(0, 0.3))
    place.pieces.append((box((4, 4, 0.02), tile_m=rng.uniform(0.6, 1.6)).moved(
        (0, 0, ground - 0.02)), cover))
    place.room = float(half[0] + gaps[:2].min()), float(half[1] + gaps[2:].min())
    cover = place.add_cover(grounds.room_wall(rng), 0.0)
    for number in range(4):
        if rng.random() < 0.35:
            continue
        axis, sign = number // 2, 1 - 2 * (number % 2)
        size, position = np.array((4, 4, 1.5)), np.array((0, 0, ground + 1.5))
        size[axis] = 0.02
        position[axis] = sign * (half[axis] + gaps[number] + 0.02)
        place.pieces.append((box(size, tile_m=2.0).moved(tuple(position)), cover))
        place.solids.append((position, size))


def furnish(rng: Rng, place: Surroundings) -> None:
    """Put boxes of all sizes beside the table: nothing of them is an object."""
    covers = [place.add_cover(grounds.room_wall(rng), rng.uniform(0, 0.6)) for _ in range(2)]
    ground = min(surface.low[2] for surface, _ in place.pieces) + 0.04
    keep = place.solids[0][1][:2] + np.abs(place.solids[0][0][:2])
    for _ in range(int(rng.integers(0, 9))):
        size = rng.uniform((0.03, 0.03, 0.05), (0.4, 0.4, max(0.1, -ground * 0.9) / 1.6))
        turn = rng.uniform(0, np.pi)
        distance = float(np.hypot(*keep)) + float(np.hypot(*size[:2])) + rng.uniform(0.0, 0.7)
        angle = rng.uniform(-np.pi, np.pi)
        position = np.array((distance * math.cos(angle), distance * math.sin(angle),
                             ground + size[2]))
        c, s = math.cos(turn), math.sin(turn)
        place.pieces.append((
            box(size, tile_m=rng.uniform(0.2, 0.8)).moved(
                tuple(position), np.array(((c, -s, 0), (s, c, 0), (0, 0, 1)))),
            covers[int(rng.integers(2))]))
        place.solids.append((position, np.array((*(np.hypot(*size[:2]),) * 2, size[2]))))
