# SPDX-License-Identifier: Apache-2.0
"""Wide objects with narrow ones before them: what is behind shows on both sides, cut in two."""

from __future__ import annotations

from collections.abc import Sequence
import math

from discinst_ros.scenes.heaps.arrangement import Half, half_extents, Start
from discinst_ros.scenes.heaps.design import Design
from discinst_ros.scenes.heaps.footprint import corners, overlap
from discinst_ros.scenes.heaps.surface import Points
from discinst_ros.scenes.textures import Rng
import numpy as np
from scipy.spatial.transform import Rotation

#: From where it is to be looked at, so that it is cut: against x, off by about so much, and down
#: by no more than this.
SEEN_OFF_X_RAD, STEEPEST_DEG = 0.25, 45
#: Of the objects this share stands behind.
_BEHIND_SHARE = 0.4
#: Range of what is left between an object and the one behind it, and to the next one beside it.
_GAP_M = (0.001, 0.03)
#: How far from the middle of what is behind, as a share of its half width.
_OFF_MIDDLE = 0.25
_STEP_M = 0.004
#: Deviation by which objects are turned out of line, radians; some are turned by more.
_ASKEW_RAD = 0.15
_ANY_TURN = 0.2
#: How often one stands before what it screens, not behind it.
_BEFORE_SHARE = 0.75


def screened(rng: Rng, designs: Sequence[Design], region: Half) -> list[Start]:
    """Lay some objects in a row along y, stand the others before and behind them."""
    order = [int(k) for k in rng.permutation(len(designs))]
    screens = max(1, round(_BEHIND_SHARE * len(order)))
    taken: list[Points] = []
    behind: list[tuple[Points, Points, float]] = []
    places: dict[int, Start] = {}
    end = 0.0
    for number, k in enumerate(order):
        way = 1.0 if rng.random() < _BEFORE_SHARE else -1.0
        yaw = rng.normal(0, _ASKEW_RAD)
        if number < screens:
            stance = _across(rng, designs[k])
            half = half_extents(designs[k], stance)[:2]
            at = np.array((rng.normal(0, 0.02), end + half[1]))
            end += 2 * half[1] + rng.uniform(*_GAP_M)
        else:
            other, reach, turn = behind[int(rng.integers(len(behind)))]
            stance = _narrow(rng, designs[k])
            half = half_extents(designs[k], stance)[:2]
            aside = rng.uniform(-_OFF_MIDDLE, _OFF_MIDDLE) * reach[1]
            at = other + _turned(turn) @ (way * (reach[0] + half[0] + rng.uniform(*_GAP_M)), aside)
            yaw = rng.uniform(-math.pi, math.pi) if rng.random() < _ANY_TURN else yaw + turn
        while any(overlap(corners(at, half, yaw), one) for one in taken):
            at = at + (way * _STEP_M, 0)
        taken.append(corners(at, half, yaw))
        if number < screens:
            behind.append((at, half, yaw))
        height = half_extents(designs[k], stance)[2]
        places[k] = Start(np.array((*at, height + 0.002)), Rotation.from_euler('z', yaw) * stance)
    shift = np.array((0, end / 2, 0))
    return [Start(places[k].position - shift, places[k].rotation) for k in range(len(designs))]


def _across(rng: Rng, design: Design) -> Rotation:
    """Return the turn that takes the longest axis across, mostly the thinnest one up."""
    thin, middle, long = np.argsort(design.half_size)
    return _axes_to(*((thin, long, middle) if rng.random() < 0.3 else (middle, long, thin)))


def _narrow(rng: Rng, design: Design) -> Rotation:
    """Return a turn after which the object is narrow across: it stands, or points ahead."""
    thin, middle, long = np.argsort(design.half_size)
    return _axes_to(*((middle, thin, long), (thin, middle, long), (long, thin, middle))[
        int(rng.choice(3, p=(0.7, 0.2, 0.1)))])


def _axes_to(ahead: int, across: int, up: int) -> Rotation:
    """Return the turn that takes three axes of an object to x, y and z."""
    matrix = np.zeros((3, 3))
    matrix[(0, 1, 2), (ahead, across, up)] = 1
    if np.linalg.det(matrix) < 0:
        matrix[0] *= -1
    return Rotation.from_matrix(matrix)


def _turned(yaw: float) -> Points:
    """Return the matrix of a turn in the plane, 2×2."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array(((c, -s), (s, c)))
