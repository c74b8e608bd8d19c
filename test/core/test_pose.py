# SPDX-License-Identifier: Apache-2.0
"""Poses against surfaces rendered by intersecting rays with them, and against what must fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from discinst_ros.geometry.camera import deproject, deproject_pixels, project, resample_nearest
from discinst_ros.geometry.pose import estimate_pose, MIN_POINTS, UNKNOWN_ANGLE
from discinst_ros.geometry.surface import MIN_DEPTH_SHARE, pose_of_mask
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


@pytest.mark.parametrize('side', [201, 202, 290])
def test_position_of_a_large_square_is_its_middle(side: int) -> None:
    """In the order of an image, every n-th pixel of it may lie in a few columns."""
    mask = np.zeros((side + 2, side + 2), dtype=bool)
    mask[1:-1, 1:-1] = True
    pose = pose_of_mask(np.full(mask.shape, 0.6, np.float32), mask, CAMERA, (100, 40))
    assert pose is not None
    middle = (side + 1) / 2
    expected = 0.6 * np.array([(100 + middle - CAMERA.cx) / CAMERA.fx,
                               (40 + middle - CAMERA.cy) / CAMERA.fy, 1.0])
    np.testing.assert_allclose(pose.position, expected, atol=1e-6)


# The camera

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


# Surfaces of known pose

@pytest.mark.parametrize('turns_deg', [
    (0, 0, 0), (0, 0, 30), (0, 0, 135), (25, 0, 0), (0, -40, 0), (30, 20, -50), (-35, 30, 80)])
def test_a_plate_is_where_it_is(turns_deg: tuple[float, float, float]) -> None:
    plate = Plate(turns_deg=turns_deg)
    depth, mask = plate.render()
    pose = pose_of_mask(depth, mask, CAMERA)
    # a pixel covers 1.6 mm at 0.8 m, up to 2.2 mm of a plate at 45°
    assert_pose_is(pose, plate, footprint=0.0022)
    assert pose is not None and pose.size[2] < 1e-5


@pytest.mark.parametrize('turns_deg', [(0, 0, 20), (20, -25, 60)])
def test_millimetre_noise_moves_a_plate_by_less_than_that(
        turns_deg: tuple[float, float, float]) -> None:
    plate = Plate(turns_deg=turns_deg)
    depth, mask = plate.render()
    noisy = depth + np.random.default_rng(0).normal(0, 0.001, depth.shape).astype(np.float32)
    assert_pose_is(pose_of_mask(noisy, mask, CAMERA), plate, footprint=0.0025)


def test_flying_pixels_at_the_border_do_not_turn_or_stretch_the_box() -> None:
    plate = Plate(turns_deg=(15, -10, 25))
    depth, mask = plate.render()
    rows, columns = np.nonzero(mask)
    border = mask & ~(np.roll(mask, 1, 0) & np.roll(mask, -1, 0)
                      & np.roll(mask, 1, 1) & np.roll(mask, -1, 1))
    # half way to a wall behind, on the lower side only, so that they would turn the plane
    flying = border & (np.arange(480)[:, None] > np.median(rows))
    assert flying.sum() > 100
    depth[flying] = (depth[flying] + 1.5) / 2
    assert_pose_is(pose_of_mask(depth, mask, CAMERA), plate, footprint=0.0035)


def test_a_patch_of_wrong_depth_is_left_out() -> None:
    plate = Plate()
    depth, mask = plate.render()
    rows, columns = np.nonzero(mask)
    patch = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.min() + 12))
    depth[patch] = 0.3
    pose = pose_of_mask(depth, mask, CAMERA)
    assert pose is not None
    assert pose.position[2] == pytest.approx(0.8, abs=0.001) and pose.size[2] < 0.001
    # 12 of 125 columns are gone: 19 of 200 mm
    assert pose.size[0] == pytest.approx(0.2 - 12 * 0.8 / CAMERA.fx, abs=0.004)


def test_a_window_gives_what_the_image_gives() -> None:
    depth, mask = Plate(turns_deg=(10, 20, 30)).render()
    rows, columns = np.nonzero(mask)
    y0, x0 = int(rows.min()), int(columns.min())
    window = (slice(y0, rows.max() + 1), slice(x0, columns.max() + 1))
    whole = pose_of_mask(depth, mask, CAMERA)
    part = pose_of_mask(depth[window], mask[window], CAMERA, (x0, y0))
    assert whole is not None and part is not None
    np.testing.assert_allclose(part.position, whole.position, atol=1e-9)
    np.testing.assert_allclose(part.covariance, whole.covariance, atol=1e-9)


def test_a_ball_stands_out_towards_the_camera() -> None:
    rays = deproject(np.ones((480, 640), dtype=np.float32), CAMERA).astype(np.float64)
    centre, radius = np.array([0.1, 0.05, 0.7]), 0.06
    along = rays @ centre / (rays ** 2).sum(-1)
    beside2 = (centre @ centre) - along ** 2 * (rays ** 2).sum(-1)
    mask = beside2 < radius ** 2
    depth = (along - np.sqrt(np.maximum(radius ** 2 - beside2, 0) / (rays ** 2).sum(-1)))
    pose = pose_of_mask(depth.astype(np.float32), mask, CAMERA)
    assert pose is not None
    assert_conventions(pose)
    axes = Rotation.from_quat(pose.quaternion).as_matrix()
    assert angle_deg(axes[:, 2], -centre / np.linalg.norm(centre)) < 3
    np.testing.assert_allclose(pose.size[:2], 2 * radius, atol=0.006)
    assert pose.position @ centre < centre @ centre  # in front of the centre


# How well it is known

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


def test_turning_the_world_turns_the_pose() -> None:
    rng = np.random.default_rng(2)
    points = np.stack([rng.uniform(-0.1, 0.1, 3000), rng.uniform(-0.03, 0.03, 3000),
                       rng.uniform(-0.005, 0.005, 3000)], axis=1) + (0.1, 0.0, 0.9)
    turn = Rotation.from_euler('xyz', (5, -8, 40), degrees=True)
    one, other = estimate_pose(points), estimate_pose(turn.apply(points))
    assert one is not None and other is not None
    # principal axes and plane do not depend on the frame; the box does not either
    # Not the centroid: its weights are the areas of pixels, and the pixels do not turn along.
    np.testing.assert_allclose(other.box_center, turn.apply(one.box_center), atol=1e-9)
    np.testing.assert_allclose(other.size, one.size, atol=1e-9)
    both = [Rotation.from_quat(pose.quaternion).as_matrix() for pose in (one, other)]
    np.testing.assert_allclose(np.abs((turn.as_matrix() @ both[0]).T @ both[1]), np.eye(3),
                               atol=1e-6)


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


def test_equal_depth_is_a_plane_that_faces_the_camera() -> None:
    mask = np.zeros((480, 640), dtype=bool)
    mask[200:240, 300:400] = True
    pose = pose_of_mask(np.full(mask.shape, 0.5, dtype=np.float32), mask, CAMERA)
    assert pose is not None
    assert_conventions(pose)
    np.testing.assert_allclose(
        pose.size, (100 * 0.5 / CAMERA.fx, 40 * 0.5 / CAMERA.fy, 0), atol=2e-4)
    np.testing.assert_allclose(
        pose.box_center, ((349.5 - 310) * 0.5 / 500, (219.5 - 245) * 0.5 / 510, 0.5), atol=1e-6)
    # A grid of pixels is taken for the centroid: half of its pitch, one pixel of 1 mm.
    np.testing.assert_allclose(pose.position, pose.box_center, atol=1e-3)


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


def test_centroid_and_box_of_an_irregular_surface() -> None:
    """An L of two squares and one below: its centroid by hand, its box around all three."""
    mask = np.zeros((480, 640), dtype=bool)
    mask[200:240, 300:340] = mask[240:280, 300:380] = True
    pose = pose_of_mask(np.full(mask.shape, 0.5, dtype=np.float32), mask, CAMERA)
    assert pose is not None
    column, row = (319.5 * 2 + 359.5) / 3, (219.5 + 2 * 259.5) / 3
    expected = (column - 310) * 0.5 / 500, (row - 245) * 0.5 / 510, 0.5
    np.testing.assert_allclose(pose.position, expected, atol=1e-3)  # a pixel
    assert np.linalg.norm(pose.box_center - pose.position) > 3e-3
