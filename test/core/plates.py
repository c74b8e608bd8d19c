# SPDX-License-Identifier: Apache-2.0
"""Flat rectangles of known pose, as a depth camera sees them, and what holds for every pose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from discinst_ros.instances import Intrinsics, ObjectPose
import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.transform import Rotation

CAMERA = Intrinsics(fx=500.0, fy=510.0, cx=310.0, cy=245.0, width=640, height=480)
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Plate:
    """A flat rectangle; z of its axes points to the camera."""

    position: tuple[float, float, float] = (0.05, -0.02, 0.8)
    #: Turns about the camera's x, y and z of a plate that faces the camera with x to the right.
    turns_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    length: float = 0.2
    width: float = 0.08

    @property
    def axes(self) -> Array:
        facing = np.diag([1.0, -1.0, -1.0])
        return Rotation.from_euler('xyz', self.turns_deg, degrees=True).as_matrix() @ facing

    def render(self, camera: Intrinsics = CAMERA) -> tuple[Array, Array]:
        """Return depth (NaN beside the plate) and mask by intersecting each pixel's ray."""
        rays = np.stack(np.broadcast_arrays(
            (np.arange(camera.width) - camera.cx)[None] / camera.fx,
            (np.arange(camera.height) - camera.cy)[:, None] / camera.fy, 1.0), axis=-1)
        normal = self.axes[:, 2]
        depth = (normal @ np.array(self.position)) / (rays @ normal)
        local = (rays * depth[..., None] - self.position) @ self.axes
        mask = ((np.abs(local[..., 0]) <= self.length / 2)
                & (np.abs(local[..., 1]) <= self.width / 2) & (depth > 0))
        return np.where(mask, depth, np.nan).astype(np.float32), mask


def angle_deg(one: Array, other: Array) -> float:
    return float(np.degrees(np.arccos(np.clip(abs(one @ other), 0, 1))))


def assert_pose_is(pose: ObjectPose | None, plate: Plate, footprint: float,
                   max_angle_deg: float = 1.0) -> None:
    """Compare within the pixels the plate was seen with, and the axes up to the sign of x."""
    assert pose is not None
    for place in (pose.position, pose.box_center):
        np.testing.assert_allclose(place, plate.position, atol=footprint)
    np.testing.assert_allclose(pose.size[:2], (plate.length, plate.width), atol=2.5 * footprint)
    axes = Rotation.from_quat(pose.quaternion).as_matrix()
    assert angle_deg(axes[:, 0], plate.axes[:, 0]) < max_angle_deg
    assert angle_deg(axes[:, 2], plate.axes[:, 2]) < max_angle_deg
    assert_conventions(pose)


def assert_conventions(pose: ObjectPose) -> None:
    """Check what holds for every pose: a rotation, z to the camera, x longest, covariance."""
    assert np.linalg.norm(pose.quaternion) == pytest.approx(1)
    axes = Rotation.from_quat(pose.quaternion).as_matrix()
    assert axes[:, 2] @ -pose.position > 0
    assert pose.size[0] >= pose.size[1] > 0 and pose.size[2] >= 0
    assert pose.covariance.shape == (6, 6)
    np.testing.assert_allclose(pose.covariance, pose.covariance.T, atol=1e-12)
    assert (np.linalg.eigvalsh(pose.covariance) > -1e-12).all()
    for array in (pose.position, pose.quaternion, pose.size, pose.covariance):
        assert array.dtype == np.float64 and np.isfinite(array).all()
