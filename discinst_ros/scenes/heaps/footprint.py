# SPDX-License-Identifier: Apache-2.0
"""Where an object stands: a turned rectangle on the ground, and whether two of them overlap."""

from __future__ import annotations

import math

from discinst_ros.scenes.heaps.surface import Points
import numpy as np


def corners(centre: Points, half: Points, yaw: float) -> Points:
    """Return the corners of a rectangle of these half extents turned by ``yaw``, 4×2."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.asarray(centre + (half * ((-1, -1), (1, -1), (1, 1), (-1, 1))) @ ((c, s), (-s, c)))


def overlap(one: Points, other: Points) -> bool:
    """Return whether two rectangles do: no side of either separates them."""
    for rectangle in (one, other):
        for axis in (rectangle[1] - rectangle[0], rectangle[2] - rectangle[1]):
            a, b = one @ axis, other @ axis
            if a.max() < b.min() or b.max() < a.min():
                return False
    return True
