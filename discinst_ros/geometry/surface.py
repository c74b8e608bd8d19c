# SPDX-License-Identifier: Apache-2.0
"""
Which of an object's depth pixels can be trusted, and the pose they give.

All that decides whether an object gets a pose stands at the top of this file and of pose.py.
"""

from __future__ import annotations

import cv2
from discinst_ros.geometry.camera import deproject_pixels
from discinst_ros.geometry.pose import estimate_pose, MAD_TO_SIGMA, MIN_POINTS, thinned
from discinst_ros.instances import Intrinsics, ObjectPose
import numpy as np
import numpy.typing as npt

#: Least share of a mask's pixels that must have depth: with less, holes decide where the
#: surface seems to be.
MIN_DEPTH_SHARE = 0.3
#: Depth beyond so many robust deviations from the object's median is another surface.
OUTLIER_DEVIATIONS = 4.0
#: Deviations below this share of the distance are a sensor's noise, never outliers.
NOISE_SHARE = 0.01


def pose_of_mask(
    depth: npt.NDArray[np.float32],
    mask: npt.NDArray[np.bool_],
    intrinsics: Intrinsics,
    corner: tuple[int, int] = (0, 0),
) -> ObjectPose | None:
    """
    Return the pose of an object from the depth inside its mask.

    The outermost pixels of a mask often carry a depth between the object and what is behind it.
    So the axes come from the pixels further inside, where these are enough; the outermost ones
    stretch the box where they lie on the surface that the others give.

    :param depth: H×W metres, NaN = none: of the image or the object's box in it.
    :param mask: H×W, the object's pixels in the same window.
    :param intrinsics: of the whole image.
    :param corner: x, y of the window's first pixel in the whole image.
    :return: None where the depth cannot be trusted.
    """
    valid = mask & np.isfinite(depth) & (depth > 0)
    count = int(np.count_nonzero(valid))
    if count < MIN_POINTS or count < MIN_DEPTH_SHARE * np.count_nonzero(mask):
        return None
    inside = valid & _eroded(mask, 3)
    if np.count_nonzero(inside) < 2 * MIN_POINTS:
        inside = valid
    core = np.flatnonzero(inside)
    core = core[_one_surface(depth.ravel()[core])]
    # Two rings deep, also around holes: where the outer ring flies, the inner one is the end.
    rim = np.flatnonzero(valid & ~_eroded(valid, 5))
    points, rim_points = (
        deproject_pixels(depth.ravel()[pixels], pixels % depth.shape[1] + corner[0],
                         pixels // depth.shape[1] + corner[1], intrinsics)
        for pixels in (core, rim))
    footprint_m = float(np.median(points[:, 2])) * 2 / (intrinsics.fx + intrinsics.fy)
    return estimate_pose(points, rim=rim_points, footprint_m=footprint_m)


def _eroded(mask: npt.NDArray[np.bool_], side: int) -> npt.NDArray[np.bool_]:
    """Tell which pixels of a mask have a window of so many pixels around them inside it."""
    window = np.ones((side, side), dtype=np.uint8)
    return np.asarray(cv2.erode(mask.view(np.uint8), window, borderType=cv2.BORDER_CONSTANT,
                                borderValue=0), dtype=np.bool_)


def _one_surface(depth: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Tell which depths are not outliers; a slope is wide but has none."""
    some = thinned(depth)
    middle = float(np.median(some))
    spread = MAD_TO_SIGMA * float(np.median(np.abs(some - middle)))
    return np.asarray(np.abs(depth - middle)
                      <= OUTLIER_DEVIATIONS * max(spread, NOISE_SHARE * middle))
