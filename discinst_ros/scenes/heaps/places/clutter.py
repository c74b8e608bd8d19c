# SPDX-License-Identifier: Apache-2.0
"""What stands around a bin at work, none of it an object: cables, pipes, housings of machines."""

from __future__ import annotations

from discinst_ros.scenes.heaps.families import prints
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
from discinst_ros.scenes.heaps.surface import box, Points
from discinst_ros.scenes.heaps.tube import tube
from discinst_ros.scenes.textures import Rng
import numpy as np
from scipy.interpolate import CubicSpline

_KNOTS, _POINTS = 5, 40
#: Left between the container and what stands beside it, metres, and how far that reaches.
_GAP_M, _REACH_M = 0.01, 0.3
#: It stands so far above the container at most.
_ABOVE_M = 0.12
#: How often a container has none of it, and how often all is on one side of it.
_NONE, _ONE_SIDE = 0.35, 0.6


def add_clutter(rng: Rng, place: Surroundings) -> None:
    """Put cables, pipes and housings beside a container; a table stays as it is."""
    if not place.wall_m or rng.random() < _NONE:
        return
    sides = [(int(rng.integers(2)), int(rng.choice((-1, 1))))]
    if rng.random() > _ONE_SIDE:
        sides += [(axis, sign) for axis in range(2) for sign in (-1, 1)]
    for _ in range(int(rng.integers(1, 9))):
        axis, sign = sides[int(rng.integers(len(sides)))]
        kind = rng.choice(('cables', 'cables', 'pipe', 'housing', 'housing'))
        if kind == 'housing':
            _add_housing(rng, place, axis, sign)
            continue
        count = _KNOTS if kind == 'cables' else 2
        knots = _outside(rng, place, axis, sign, count)
        strands = int(rng.integers(1, 7)) if kind == 'cables' else 1
        radius = rng.uniform(0.0015, 0.006) if kind == 'cables' else rng.uniform(0.006, 0.03)
        knots[:, axis] += sign * radius
        for strand in range(strands):
            cover = place.add_cover((prints.plain if kind == 'cables' else prints.metallic)(rng),
                                    rng.uniform(0, 0.8))
            beside = knots + 2 * radius * strand * _unit(2 if rng.random() < 0.3 else 1 - axis)
            place.pieces.append((tube(_curve(beside), radius), cover))


def _outside(rng: Rng, place: Surroundings, axis: int, sign: int, count: int) -> Points:
    """Return places on one side of the container, N×3."""
    points = rng.uniform(-1.4, 1.4, (count, 3)) * (*place.outside, 0)
    points[:, axis] = sign * (place.outside[axis] + _GAP_M + rng.uniform(0, _REACH_M, count))
    points[:, 2] = rng.uniform(0.01, place.wall_m + _ABOVE_M, count)
    return np.asarray(points)


def _curve(knots: Points) -> Points:
    """Return points of a smooth line, at least as far from the container as its knots."""
    line = CubicSpline(np.arange(len(knots)), knots)(np.linspace(0, len(knots) - 1, _POINTS))
    return np.asarray(np.clip(line, knots.min(axis=0), knots.max(axis=0)))


def _add_housing(rng: Rng, place: Surroundings, axis: int, sign: int) -> None:
    size = rng.uniform(0.01, 0.09, 3)
    centre = _outside(rng, place, axis, sign, 1)[0]
    centre[axis] += sign * size[axis]
    if rng.random() < 0.6 or centre[2] < size[2]:
        centre[2] = size[2]
    texture = (prints.plain, prints.painted, prints.metallic)[int(rng.integers(3))](rng)
    cover = place.add_cover(texture, rng.uniform(0, 0.6))
    place.pieces.append((box(size).moved(centre), cover))


def _unit(axis: int) -> Points:
    return np.asarray(np.eye(3)[axis])
