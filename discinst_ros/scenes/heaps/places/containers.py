# SPDX-License-Identifier: Apache-2.0
"""Bins and totes: what is seen of them, and the walls that hold what falls in."""

from __future__ import annotations

import math

from discinst_ros.scenes.heaps.design import Collider
from discinst_ros.scenes.heaps.places import grounds, moulded
from discinst_ros.scenes.heaps.places.rooms import add_room, add_table
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
from discinst_ros.scenes.heaps.places.walls import Walls
from discinst_ros.scenes.heaps.surface import box, Points
from discinst_ros.scenes.textures import Rng
import numpy as np

#: The collision of a wall reaches this far outwards, so that nothing falls through.
_BACKING_M = 0.03
_FENCE_M = 1.2
#: Size of a texture on a wall.
_TILE_M = 0.3


def make_bin(rng: Rng) -> Surroundings:
    """Return a box with upright walls."""
    inner = rng.uniform(0.1, 0.22), rng.uniform(0.08, 0.16)
    return _of_sheets(rng, 'bin', Walls(
        inner, rng.uniform(0.06, 0.2), 0.0, rng.uniform(0.002, 0.008),
        rng.choice((0.0, 0.008, 0.015))))


def make_tote(rng: Rng) -> Surroundings:
    """Return a large box whose walls lean outwards to a broad rim."""
    inner = rng.uniform(0.18, 0.28), rng.uniform(0.13, 0.2)
    return _of_sheets(rng, 'tote', Walls(
        inner, rng.uniform(0.12, 0.28), rng.uniform(0.06, 0.22), rng.uniform(0.003, 0.006),
        rng.uniform(0.012, 0.035)))


def make_moulded(rng: Rng) -> Surroundings:
    """Return a tote that is one piece of plastic: round edges, strong colours and glare."""
    inner = rng.uniform(0.18, 0.28), rng.uniform(0.13, 0.2)
    walls = Walls(inner, rng.uniform(0.1, 0.25), rng.uniform(0.04, 0.25), 0.004,
                  rng.uniform(0.012, 0.035))
    fillet = rng.uniform(0.008, 0.035)
    place = Surroundings('moulded', (inner[0] - fillet, inner[1] - fillet), walls.height)
    cover = place.add_cover(moulded.vivid(rng), rng.uniform(0.1, 1.0))
    place.pieces.append((moulded.make_shell(rng, walls, fillet), cover))
    _enclose(rng, place, walls)
    for axis in range(2):
        for sign in (-1, 1):
            _hold_in_fillet(place, walls, axis, sign, fillet)
    return place


def _of_sheets(rng: Rng, kind: str, walls: Walls) -> Surroundings:
    """Return a container of a flat floor, flat walls and a flat rim."""
    place = Surroundings(kind, walls.inner, walls.height)
    cover = place.add_cover(grounds.moulded(rng), rng.uniform(0, 0.9))
    top, thick, rim = walls.top, walls.thick, walls.rim
    half = np.array((walls.inner[0] + thick, walls.inner[1] + thick, thick / 2))
    place.pieces.append((box(half, tile_m=_TILE_M).moved((0, 0, -thick / 2)), cover))
    for axis in range(2):
        for sign in (-1, 1):
            half, position = _slab(walls, axis, sign, thick)
            turn = _turn(axis, walls.lean * sign)
            place.pieces.append((box(half, tile_m=_TILE_M).moved(tuple(position), turn), cover))
            if rim:
                side = top[1 - axis] + thick
                flange = np.array((side + rim, side + rim, thick))
                flange[axis] = rim / 2
                position = np.array((0.0, 0.0, walls.height - thick))
                position[axis] = sign * (top[axis] + thick + rim / 2)
                place.pieces.append((box(flange, tile_m=_TILE_M).moved(tuple(position)), cover))
    _enclose(rng, place, walls)
    return place


def _enclose(rng: Rng, place: Surroundings, walls: Walls) -> None:
    """Add what holds the objects in, and what the container stands on."""
    top, thick = walls.top, walls.thick
    place.opening = float(top[0]), float(top[1])
    place.outside = float(top[0] + thick + walls.rim), float(top[1] + thick + walls.rim)
    place.barriers.append(Collider('box', (*(top + 0.1), 0.05), (0, 0, -0.05)))
    for axis in range(2):
        for sign in (-1, 1):
            half, position = _slab(walls, axis, sign, _BACKING_M)
            place.barriers.append(Collider('box', tuple(half), tuple(position),
                                           _quaternion(axis, walls.lean * sign)))
    _fence(place, top)
    if rng.random() < 0.6:
        add_table(rng, place, top + rng.uniform(0.05, 0.6, 2), -thick)
    else:
        place.solids.append((np.zeros(3), np.array((*top, walls.height))))
        add_room(rng, place, -thick - 0.001, top)


def _slab(walls: Walls, axis: int, sign: int, depth: float) -> tuple[Points, Points]:
    """Return half extents and centre of a wall that leans about its lower inner edge."""
    side = walls.top[1 - axis] + walls.thick
    half, centre = np.array((side, side, walls.length / 2)), np.zeros(3)
    half[axis] = depth / 2
    centre[axis], centre[2] = sign * depth / 2, walls.length / 2
    edge = np.zeros(3)
    edge[axis] = sign * walls.inner[axis]
    return half, edge + _turn(axis, walls.lean * sign) @ centre


def _hold_in_fillet(place: Surroundings, walls: Walls, axis: int, sign: int, fillet: float
                    ) -> None:
    """Add what holds the objects off the edge of floor and wall: the plane of the fillet."""
    up = np.array((math.sin(walls.lean), math.cos(walls.lean)))
    away, height = moulded.bezier(0.5, fillet, up)
    across = np.array((1.0, 0.0)) + up  # along the fillet where it is half way up
    steep = math.atan2(across[1], across[0])
    half = np.array((max(walls.inner),) * 3)
    half[axis], half[2] = fillet / 2, _BACKING_M / 2
    position = np.zeros(3)
    position[axis] = sign * (walls.inner[axis] + away + math.sin(steep) * _BACKING_M / 2)
    position[2] = height - math.cos(steep) * _BACKING_M / 2
    place.barriers.append(Collider('box', tuple(half), tuple(position),
                                   _quaternion(axis, -steep * sign)))


def _turn(axis: int, lean: float) -> Points:
    """Return the rotation that leans what stands upright towards an axis, x or y."""
    c, s = math.cos(lean), math.sin(lean)
    return np.array(((c, 0, s), (0, 1, 0), (-s, 0, c)) if axis == 0
                    else ((1, 0, 0), (0, c, s), (0, -s, c)))


def _quaternion(axis: int, lean: float) -> tuple[float, ...]:
    """Return the same as a quaternion, w first."""
    w, s = math.cos(lean / 2), math.sin(lean / 2)
    return (w, 0, s, 0) if axis == 0 else (w, -s, 0, 0)


def _fence(place: Surroundings, half: Points) -> None:
    """Put a temporary fence about the region from the top of its walls upwards."""
    middle = place.wall_m + _FENCE_M / 2
    for axis in range(2):
        for sign in (-1, 1):
            size = np.array((half[0] + _BACKING_M, half[1] + _BACKING_M, _FENCE_M / 2))
            size[axis] = _BACKING_M / 2
            position = np.array((0, 0, middle))
            position[axis] = sign * (half[axis] + _BACKING_M / 2)
            place.fences.append(Collider('box', tuple(size), tuple(position)))
