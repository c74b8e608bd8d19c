# SPDX-License-Identifier: Apache-2.0
"""
Concave creases: lines along which two surfaces meet as a wall meets a floor.

Two convex objects that touch have one between them, while the edges of each are convex. It is
looked for along the rows and along the columns of the image, each by itself: so a crease is seen
to its very end, also where the object beyond it is a step away.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
from discinst_ros.geometry.camera import deproject
from discinst_ros.instances import Intrinsics
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def concave_creases(
    depth: npt.NDArray[np.float32], intrinsics: Intrinsics, *, reach_px: int, angle_rad: float,
    step_m: float,
) -> Mask:
    """
    Tell which pixels lie in a concave crease.

    :param depth: H×W metres, NaN = none.
    :param intrinsics: of the depth image.
    :param reach_px: the two sides that are compared are so far from the pixel; surfaces narrower
        than twice that are not seen.
    :param angle_rad: the surfaces turn towards each other by more than this.
    :param step_m: depth that differs by more is another surface, and is not smoothed with it.
    :return: H×W; False where depth is missing nearby.
    """
    points = deproject(_smooth(depth, reach_px, step_m), intrinsics)
    found = np.zeros(depth.shape, dtype=np.bool_)
    for axis in (0, 1):
        before, here, after = _along(points, axis, reach_px)
        towards, away = here - before, after - here
        with np.errstate(invalid='ignore', divide='ignore'):
            turn = (towards * away).sum(axis=2) / (
                np.linalg.norm(towards, axis=2) * np.linalg.norm(away, axis=2))
            # The point is farther from the camera than those beside it say.
            behind = ((away - towards) * here).sum(axis=2) < 0
            _along(found, axis, reach_px)[1][...] |= behind & (turn < math.cos(angle_rad))
    return found


def _smooth(depth: npt.NDArray[np.float32], reach_px: int, step_m: float
            ) -> npt.NDArray[np.float32]:
    """Return the depth averaged over pixels of one surface; holes stay holes."""
    known = np.isfinite(depth)
    # A hole is at depth 0: too far from all surfaces to be averaged with any.
    smooth = cv2.bilateralFilter(np.where(known, depth, np.float32(0)), 2 * reach_px + 1,
                                 step_m, reach_px / 2)
    smooth[~known] = np.nan
    return np.asarray(smooth)


def _along(field: npt.NDArray[Any], axis: int, reach_px: int) -> list[npt.NDArray[Any]]:
    """Return views of what is before, at and after each pixel that has both beside it."""
    count = max(field.shape[axis] - 2 * reach_px, 0)
    return [field[(slice(None),) * axis + (slice(start, start + count),)]
            for start in (0, reach_px, 2 * reach_px)]
