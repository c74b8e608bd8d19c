# SPDX-License-Identifier: Apache-2.0
"""The pinhole camera, by hand and there and back."""

from __future__ import annotations

from discinst_ros.geometry.camera import deproject, deproject_pixels, project, resample_nearest
from discinst_ros.instances import Intrinsics
import numpy as np
from plates import CAMERA


def test_deproject_by_hand() -> None:
    camera = Intrinsics(fx=100, fy=50, cx=1, cy=2, width=4, height=3)
    depth = np.full((3, 4), 2.0, dtype=np.float32)
    depth[0, 0] = np.nan
    points = deproject(depth, camera)
    assert points.shape == (3, 4, 3) and points.dtype == np.float32
    np.testing.assert_allclose(points[2, 3], ((3 - 1) / 100 * 2, 0, 2), rtol=1e-6)
    np.testing.assert_allclose(points[0, 1], (0, (0 - 2) / 50 * 2, 2), rtol=1e-6)
    assert np.isnan(points[0, 0]).all()
    rows, columns = np.array([2, 0]), np.array([3, 1])
    np.testing.assert_allclose(deproject_pixels(depth[rows, columns], columns, rows, camera),
                               points[rows, columns], rtol=1e-6)


def test_project_is_the_inverse_of_deproject() -> None:
    depth = np.random.default_rng(0).uniform(0.3, 3, (48, 64)).astype(np.float32)
    camera = CAMERA.scaled_to(64, 48)
    pixels = project(deproject(depth, camera).reshape(-1, 3), camera).reshape(48, 64, 2)
    columns, rows = np.meshgrid(np.arange(64), np.arange(48))
    # float32 points: pixels to about 1e-5
    np.testing.assert_allclose(pixels, np.stack([columns, rows], axis=-1), atol=1e-4)


def test_what_is_behind_the_camera_is_seen_nowhere() -> None:
    assert np.isnan(project(np.array([[0.0, 0, -1], [0, 0, 0]]), CAMERA)).all()


def test_resample_nearest_by_hand() -> None:
    image = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(resample_nearest(image, 6, 4),
                                  np.kron(image, np.ones((2, 2))))
    np.testing.assert_array_equal(resample_nearest(np.kron(image, np.ones((3, 3))), 3, 2), image)
