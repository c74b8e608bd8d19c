# SPDX-License-Identifier: Apache-2.0
"""Objects made of points: flat pieces seen from above, as a camera one metre away sees them."""

from __future__ import annotations

from discinst_ros.geometry.pose import estimate_pose
from discinst_ros.instances import Instance
import numpy as np

SPACING_M = 0.002
SCORE = 0.9


def plate(x: float, y: float, z: float, *, width_m: float = 0.08, length_m: float = 0.08,
          tilt_rad: float = 0.0) -> np.ndarray:
    """Return the points of a rectangle about (x, y, z), tilted about the camera's y axis."""
    across = np.arange(-width_m / 2, width_m / 2 + 1e-9, SPACING_M)
    along = np.arange(-length_m / 2, length_m / 2 + 1e-9, SPACING_M)
    u, v = (axis.ravel() for axis in np.meshgrid(across, along))
    return np.stack([x + u * np.cos(tilt_rad), y + v, z - u * np.sin(tilt_rad)], axis=1)


def ring(x: float, y: float, z: float, *, inner_m: float, outer_m: float) -> np.ndarray:
    """Return the points of a flat ring."""
    points = plate(x, y, z, width_m=2 * outer_m, length_m=2 * outer_m)
    radius = np.hypot(points[:, 0] - x, points[:, 1] - y)
    return points[(radius >= inner_m) & (radius <= outer_m)]


def found(*objects: np.ndarray, scores: dict[int, float] | None = None
          ) -> tuple[list[Instance], np.ndarray, np.ndarray]:
    """Return instances from 1 on, all points and their labels."""
    instances = [
        Instance(label, 1, (scores or {}).get(label, SCORE), (0, 0, 1, 1), len(points),
                 estimate_pose(points)) for label, points in enumerate(objects, start=1)]
    labels = np.repeat(np.arange(1, len(objects) + 1), [len(points) for points in objects])
    return instances, np.concatenate(objects), labels
