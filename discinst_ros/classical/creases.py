# SPDX-License-Identifier: Apache-2.0
"""
Concave creases: lines along which two surfaces meet as a wall meets a floor.

Two convex objects that touch have one between them, while the edges of each are convex. With the
normals n and points p of two pixels on both sides, (n₁ - n₂) · (p₁ - p₂) is negative where the
surface between them is concave (Stein, Schoeler, Papon, Wörgötter: Object Partitioning using Local
Convexity, CVPR 2014, section 3.1).
"""

from __future__ import annotations

import math
from typing import Any

import cv2
from discinst_ros.geometry.camera import deproject
from discinst_ros.instances import Intrinsics
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
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
    normals = _normals(points, reach_px)
    least = 2 * math.sin(angle_rad / 2)
    found = np.zeros(depth.shape, dtype=np.bool_)
    for axis in (0, 1):
        apart = _difference(points, axis, reach_px)
        turned = _difference(normals, axis, reach_px)
        with np.errstate(invalid='ignore', divide='ignore'):
            bend = (apart * turned).sum(axis=2) / np.linalg.norm(apart, axis=2)
            found |= bend < -least
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


def _normals(points: Floats, reach_px: int) -> Floats:
    """Return the unit normals towards the camera, H×W×3, NaN where they are not known."""
    normals = np.cross(_difference(points, 0, reach_px), _difference(points, 1, reach_px))
    with np.errstate(invalid='ignore', divide='ignore'):
        return np.asarray(normals / np.linalg.norm(normals, axis=2, keepdims=True))


def _difference(field: Floats, axis: int, reach_px: int) -> Floats:
    """Return what is ahead of each pixel minus what is behind it; NaN at the border."""
    difference = np.full_like(field, np.nan)
    count = field.shape[axis] - 2 * reach_px
    if count > 0:
        def cut(start: int) -> tuple[slice, ...]:
            return (slice(None),) * axis + (slice(start, start + count),)
        difference[cut(reach_px)] = field[cut(2 * reach_px)] - field[cut(0)]
    return difference
