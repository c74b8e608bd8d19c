# SPDX-License-Identifier: Apache-2.0
"""Segmentation without a network, on ray-cast boxes whose masks are known."""

from depth_scenes import box, CAMERA, rays, scene, turned
from discinst_ros.classical import Plane, segment_classically
from discinst_ros.classical.creases import concave_creases
from discinst_ros.classical.plane import find_plane
from discinst_ros.evaluation.comparison import Overlaps
import numpy as np
import pytest

NOISE_M = 0.001
#: A box 10 cm high, and one of 6 cm that touches it: a step of 4 cm lies between their tops.
HIGH = box((-0.05, 0.0, 0.95), (0.1, 0.12, 0.1))
LOW = box((0.05, 0.0, 0.97), (0.1, 0.12, 0.06))
#: A block, and a box that leans on its end at 45°: no step, they meet in a concave line.
BLOCK = box((0.0, 0.0, 0.95), (0.24, 0.14, 0.1))
LEANING = box((0.1, 0.0, 0.9), (0.07, 0.14, 0.07), turned(45))


def ious(labels, truth):
    """Return the best IoU of each true object."""
    return Overlaps.of(labels, truth).iou.max(axis=0)


def test_two_boxes_side_by_side():
    depth, truth = scene(HIGH, LOW, noise_m=NOISE_M)
    labels = segment_classically(depth, CAMERA)
    assert labels.dtype == np.int32 and labels.max() == 2
    # The lowest 12 mm of what is seen of the sides are the table's.
    assert ious(labels, truth).min() > 0.85


def test_a_box_that_leans_on_a_block_is_cut_at_the_crease():
    depth, truth = scene(BLOCK, LEANING, noise_m=NOISE_M)
    labels = segment_classically(depth, CAMERA)
    assert ious(labels, truth).min() > 0.8
    whole = segment_classically(depth, CAMERA, crease_px=0)
    assert whole.max() == 1, 'without creases they hang together'


def test_the_edges_of_a_box_are_no_creases():
    """Two faces of one box, seen over its convex edge."""
    depth, truth = scene(box((0.0, 0.0, 0.9), (0.12, 0.12, 0.12), turned(45)), noise_m=NOISE_M)
    labels = segment_classically(depth, CAMERA)
    assert labels.max() == 1 and ious(labels, truth).min() > 0.9


def test_a_table_alone_is_nothing():
    assert not segment_classically(scene(noise_m=NOISE_M)[0], CAMERA).any()


@pytest.mark.parametrize('depth', [
    np.full((240, 320), np.nan, np.float32), np.zeros((0, 0), np.float32)])
def test_no_depth_is_nothing(depth):
    labels = segment_classically(depth, CAMERA)
    assert labels.shape == depth.shape and not labels.any()


def test_holes_are_background_and_cut_nothing():
    depth, truth = scene(HIGH, LOW, noise_m=NOISE_M)
    holes = np.random.default_rng(1).random(depth.shape) < 0.1
    depth[holes] = np.nan
    labels = segment_classically(depth, CAMERA)
    assert not labels[holes].any()
    assert ious(labels, np.where(holes, 0, truth)).min() > 0.85


@pytest.mark.parametrize('missing', [np.nan, 0.0, np.inf])
def test_depth_of_any_type_and_any_word_for_none(missing):
    depth, _ = scene(HIGH, LOW, noise_m=NOISE_M)
    depth[100:110, 150:160] = np.nan
    labels = segment_classically(depth, CAMERA)
    other = np.where(np.isnan(depth), missing, depth).astype(np.float64)
    np.testing.assert_array_equal(segment_classically(other, CAMERA), labels)
    assert labels.max() == 2


def test_small_pieces_are_nothing():
    depth, truth = scene(box((0.0, 0.0, 0.97), (0.03, 0.03, 0.06)))
    seen = int((truth > 0).sum())
    assert segment_classically(depth, CAMERA, min_pixels=seen // 2).max() == 1
    assert not segment_classically(depth, CAMERA, min_pixels=2 * seen).any()


def test_a_known_table_is_taken():
    """A box that fills the image would be taken for the table."""
    depth = np.full((240, 320), 0.9, np.float32)
    assert not segment_classically(depth, CAMERA).any()
    known = Plane(np.array([0.0, 0.0, -1.0]), -1.0)
    assert (segment_classically(depth, CAMERA, plane=known) == 1).all()


def test_the_same_depth_gives_the_same_labels():
    depth, _ = scene(BLOCK, LEANING, noise_m=NOISE_M)
    np.testing.assert_array_equal(segment_classically(depth, CAMERA),
                                  segment_classically(depth, CAMERA))


def test_plane_of_a_tilted_table_among_outliers():
    """Z = 1 + x/2 for two thirds of the points: normal (1, 0, -2) / √5 by hand."""
    random = np.random.default_rng(2)
    points = random.uniform(-0.4, 0.4, (3000, 3))
    points[:2000, 2] = 1 + points[:2000, 0] / 2
    points[2000:, 2] = random.uniform(0.5, 0.8, 1000)
    plane = find_plane(points, tolerance_m=0.005)
    np.testing.assert_allclose(plane.normal, np.array((1, 0, -2)) / 5 ** 0.5, atol=1e-2)
    assert plane.height(np.array([[0.0, 0.0, 0.9]]))[0] == pytest.approx(0.2 / 5 ** 0.5, abs=5e-3)


def test_points_that_span_no_plane():
    assert find_plane(np.zeros((2, 3)), tolerance_m=0.01) is None
    assert find_plane(np.ones((50, 3)), tolerance_m=0.01) is None


@pytest.mark.parametrize('tolerance_m', [0.0, -0.01, float('nan')])
def test_a_tolerance_that_no_point_keeps_is_refused(tolerance_m):
    with pytest.raises(ValueError, match=f'tolerance_m is {tolerance_m}, expected more than 0'):
        find_plane(np.random.default_rng(0).normal(size=(50, 3)), tolerance_m=tolerance_m)


@pytest.mark.parametrize('slope, concave', [(1.0, True), (-1.0, False)])
def test_creases_are_concave_lines(slope, concave):
    """A flat surface that rises or falls by 45° to the right of a line, by hand."""
    ray = rays()[..., 0]
    depth = np.where(ray > 0, 1 / (1 + slope * ray), 1.0).astype(np.float32)
    found = concave_creases(depth, CAMERA, reach_px=4, angle_rad=np.radians(30), step_m=0.012)
    assert found.any() == concave
    if concave:
        columns = np.flatnonzero(found[10:-10].any(axis=0))
        assert abs(columns - CAMERA.cx).max() < 8
