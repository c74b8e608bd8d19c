# SPDX-License-Identifier: Apache-2.0
"""Objects that stand close together, as on a shelf or a kitchen table, one hiding another."""

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

#: Range of what is left between two neighbours, metres.
_GAP_M = (0.001, 0.03)
_TRIES = 12
_STEP_M = 0.004
#: How often an object lies with a side parallel to those of the others.
_PARALLEL = 0.4
#: How often one stands on its longest axis, or lies as it is.
_UPRIGHT, _AS_IT_IS = 0.55, 0.25


def huddled(rng: Rng, designs: Sequence[Design], region: Half) -> list[Start]:
    """Stand the objects around the first, each as near as it gets; the region is no limit."""
    starts: list[Start] = []
    taken: list[Points] = []
    common = rng.uniform(-math.pi, math.pi)
    for design in designs:
        stance = _stance(rng, design)
        half = half_extents(design, stance)
        yaw = (common + math.pi / 2 * rng.integers(4) if rng.random() < _PARALLEL
               else rng.uniform(-math.pi, math.pi))
        reach = half[:2] + rng.uniform(*_GAP_M) / 2
        centre = min((_nearest(rng, taken, reach, yaw) for _ in range(_TRIES if taken else 1)),
                     key=lambda place: float(np.hypot(*place)) * rng.uniform(0.7, 1.3))
        taken.append(corners(centre, reach, yaw))
        starts.append(Start(np.array((*centre, half[2] + 0.002)),
                            Rotation.from_euler('z', yaw) * stance))
    return starts


def _stance(rng: Rng, design: Design) -> Rotation:
    """Return the turn to the side that an object stands on."""
    draw = rng.random()
    if draw < _UPRIGHT:
        axis = int(np.argmax(design.half_size))
    elif draw < _UPRIGHT + _AS_IT_IS:
        axis = 2
    else:
        axis = int(rng.integers(3))
    turns = (('y', -90), ('x', 90), ('z', 0))
    return Rotation.from_euler(*turns[axis], degrees=True)


def _nearest(rng: Rng, taken: Sequence[Points], half: Points, yaw: float) -> Points:
    """Return the first place from the middle outwards, in one direction, that is free."""
    angle = rng.uniform(-math.pi, math.pi)
    way = np.array((math.cos(angle), math.sin(angle)))
    distance = 0.0
    while any(overlap(corners(distance * way, half, yaw), other) for other in taken):
        distance += _STEP_M
    return distance * way
