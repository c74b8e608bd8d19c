# SPDX-License-Identifier: Apache-2.0
"""How well a pose is known, and surfaces that have none that could be trusted."""

from __future__ import annotations

from discinst_ros.geometry.pose import estimate_pose, MIN_POINTS, UNKNOWN_ANGLE
from discinst_ros.geometry.surface import MIN_DEPTH_SHARE, pose_of_mask
import numpy as np
from plates import angle_deg, Array, assert_conventions, CAMERA, Plate
import pytest
from scipy.spatial.transform import Rotation


def test_the_turn_of_a_square_is_not_known_but_that_of_a_stick_is() -> None:
    def turn_variance(plate: Plate) -> float:
        pose = pose_of_mask(*plate.render(), CAMERA)
        assert pose is not None
        normal = Rotation.from_quat(pose.quaternion).as_matrix()[:, 2]
        return float(normal @ pose.covariance[3:, 3:] @ normal)
    assert turn_variance(Plate(length=0.1, width=0.1)) == pytest.approx(UNKNOWN_ANGLE)
    assert turn_variance(Plate(length=0.2, width=0.02)) < np.radians(2) ** 2


def test_the_tilt_of_a_rough_surface_is_known_less() -> None:
    plate = Plate()
    depth, mask = plate.render()
    noise = np.random.default_rng(0).normal(size=depth.shape).astype(np.float32)
    variances = []
    for sigma in (0.001, 0.004):
        pose = pose_of_mask(depth + sigma * noise, mask, CAMERA)
        assert pose is not None
        variances.append(np.trace(pose.covariance[3:, 3:]))
    assert variances[0] < variances[1]


def test_errors_stay_within_what_the_covariance_says() -> None:
    plate = Plate(turns_deg=(20, 10, 15))
    depth, mask = plate.render()
    rng = np.random.default_rng(1)
    for _ in range(10):
        pose = pose_of_mask(
            depth + rng.normal(0, 0.002, depth.shape).astype(np.float32), mask, CAMERA)
        assert pose is not None
        off = pose.position - plate.position
        # squared Mahalanobis distance of three dimensions: 16 is far beyond the 99.8th percentile
        assert off @ np.linalg.solve(pose.covariance[:3, :3], off) < 16


def test_a_stick_thinner_than_the_noise_faces_the_camera_and_says_so() -> None:
    rng = np.random.default_rng(0)
    count = 2000
    points = np.stack([rng.uniform(-0.1, 0.1, count), rng.normal(0, 0.001, count),
                       0.8 + rng.normal(0, 0.002, count)], axis=1)
    pose = estimate_pose(points)
    assert pose is not None
    assert_conventions(pose)
    axes = Rotation.from_quat(pose.quaternion).as_matrix()
    assert angle_deg(axes[:, 0], np.array([1.0, 0, 0])) < 1
    assert angle_deg(axes[:, 2], np.array([0.0, 0, 1])) < 1
    assert axes[:, 0] @ pose.covariance[3:, 3:] @ axes[:, 0] == pytest.approx(UNKNOWN_ANGLE)


# What has no trustworthy pose

@pytest.mark.parametrize('points', [
    np.zeros((0, 3)),
    np.array([[0.0, 0, 1], [0.1, 0, 1]]),
    np.random.default_rng(0).normal(size=(MIN_POINTS - 1, 3)) + (0, 0, 5),
    np.linspace(0, 1, 200)[:, None] * (0.1, 0.2, 0.05) + (0, 0, 0.7),
    np.tile([0.1, 0.2, 0.9], (100, 1)),
], ids=['none', 'two', 'few', 'line', 'one place'])
def test_points_without_a_surface_have_no_pose(points: Array) -> None:
    assert estimate_pose(points) is None
    assert estimate_pose(points.astype(np.float32)) is None


@pytest.mark.parametrize('share, known', [(0.9 * MIN_DEPTH_SHARE, False),
                                          (1.1 * MIN_DEPTH_SHARE, True)])
def test_too_little_depth_gives_no_pose(share: float, known: bool) -> None:
    depth, mask = Plate().render()
    holes = np.random.default_rng(0).random(depth.shape) > share
    depth[holes] = np.nan
    assert (pose_of_mask(depth, mask, CAMERA) is not None) == known


@pytest.mark.parametrize('value', [0.0, np.nan, np.inf, -1.0])
def test_no_depth_at_all_gives_no_pose(value: float) -> None:
    _, mask = Plate().render()
    assert pose_of_mask(np.full(mask.shape, value, dtype=np.float32), mask, CAMERA) is None


def test_a_row_of_pixels_has_no_pose() -> None:
    mask = np.zeros((480, 640), dtype=bool)
    mask[200, 100:400] = True
    assert pose_of_mask(np.full(mask.shape, 0.5, dtype=np.float32), mask, CAMERA) is None
