# SPDX-License-Identifier: Apache-2.0
"""
Poses against surfaces rendered by intersecting rays with them.

How well they are known, and what has none, is in test_pose_trust.py.
"""

from __future__ import annotations

from discinst_ros.geometry.camera import deproject
from discinst_ros.geometry.pose import estimate_pose
from discinst_ros.geometry.surface import pose_of_mask
import numpy as np
from plates import angle_deg, assert_conventions, assert_pose_is, CAMERA, Plate
import pytest
from scipy.spatial.transform import Rotation


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
