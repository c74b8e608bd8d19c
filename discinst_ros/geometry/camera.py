# SPDX-License-Identifier: Apache-2.0
"""The pinhole camera: depth to points, points to pixels."""

from __future__ import annotations

from typing import Any

from discinst_ros.instances import Intrinsics
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]


def deproject(depth: FloatArray, intrinsics: Intrinsics) -> npt.NDArray[np.float32]:
    """
    Return the point that each pixel of a depth image sees.

    :param depth: H×W metres along the optical axis, NaN = none.
    :return: H×W×3 float32 metres in the camera optical frame, NaN where there is no depth.
    """
    height, width = depth.shape
    across = (np.arange(width) - intrinsics.cx) / intrinsics.fx
    down = (np.arange(height) - intrinsics.cy) / intrinsics.fy
    points = np.empty((height, width, 3), dtype=np.float32)
    points[..., 0] = depth * across.astype(np.float32)
    points[..., 1] = depth * down.astype(np.float32)[:, None]
    points[..., 2] = depth
    return points


def deproject_pixels(
    depth: FloatArray, columns: npt.NDArray[np.intp], rows: npt.NDArray[np.intp],
    intrinsics: Intrinsics,
) -> npt.NDArray[np.float64]:
    """Return N×3 metres: the points that N pixels with N depths (metres) see."""
    depth = depth.astype(np.float64)
    return np.stack([depth * ((columns - intrinsics.cx) / intrinsics.fx),
                     depth * ((rows - intrinsics.cy) / intrinsics.fy), depth], axis=1)


def project(points: FloatArray, intrinsics: Intrinsics) -> npt.NDArray[np.float64]:
    """
    Return where the camera sees points (N×3 metres): N×2 pixels x, y.

    A point that is not in front of the camera is seen nowhere: NaN.
    """
    points = np.asarray(points, dtype=np.float64)
    distance = np.where(points[:, 2] > 0, points[:, 2], np.nan)
    return np.stack([points[:, 0] / distance * intrinsics.fx + intrinsics.cx,
                     points[:, 1] / distance * intrinsics.fy + intrinsics.cy], axis=1)


def resample_nearest(
    image: npt.NDArray[np.float32], width: int, height: int,
) -> npt.NDArray[np.float32]:
    """
    Return an image (H×W) at another size, each pixel from the nearest of the source.

    Never a mean: between an object and what lies behind it there is no surface.
    """
    rows = (np.arange(height) + 0.5) * (image.shape[0] / height)
    columns = (np.arange(width) + 0.5) * (image.shape[1] / width)
    return np.asarray(image[rows.astype(np.intp)[:, None], columns.astype(np.intp)])
