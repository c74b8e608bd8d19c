# SPDX-License-Identifier: Apache-2.0
"""The overlay: every object has its colour, the picture underneath stays visible."""

from __future__ import annotations

from itertools import permutations

from discinst_ros.instances import Instance, Instances, Intrinsics, ObjectPose
from discinst_ros.visualization import draw_overlay
from discinst_ros.visualization.colours import label_colours
from discinst_ros.visualization.matching import match_labels
from discinst_ros.visualization.overlay import draw_labels
import numpy as np
import numpy.typing as npt
import pytest

CAMERA = Intrinsics(fx=100.0, fy=100.0, cx=79.5, cy=59.5, width=160, height=120)


def two_objects(label: int = 1, pose: ObjectPose | None = None) -> Instances:
    labels = np.zeros((120, 160), dtype=np.uint16)
    labels[10:60, 10:70], labels[60:110, 10:70] = label, label + 1
    return Instances(labels, tuple(
        Instance(number, 1, 0.9, (10, y0, 70, y0 + 50), 3000, pose)
        for number, y0 in ((label, 10), (label + 1, 60))))


def grey(level: int = 128) -> npt.NDArray[np.uint8]:
    return np.full((120, 160, 3), level, dtype=np.uint8)


def saturation(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    return np.ptp(pixels.astype(np.int64), axis=-1)


def test_objects_are_tinted_and_the_background_is_not() -> None:
    image = grey()
    picture = draw_overlay(image, two_objects())
    assert picture.shape == image.shape and picture.dtype == np.uint8
    labels = two_objects().label_image
    assert (saturation(picture[labels == 0]) == 0).all()
    assert (picture[labels == 0] < 128).all()
    assert (saturation(picture[labels > 0]) > 50).mean() > 0.9
    assert (image == 128).all()


def test_neighbours_differ_and_their_border_is_drawn() -> None:
    picture = draw_overlay(grey(), two_objects()).astype(int)
    upper, lower = picture[20, 60], picture[100, 60]
    assert np.abs(upper - lower).max() > 80
    # the outline is the pure colour, stronger than the tint inside
    assert saturation(picture[59, 60]) > saturation(upper)
    assert saturation(picture[60, 60]) > saturation(lower)


def test_a_label_has_the_same_colour_in_every_picture() -> None:
    one, other = (draw_overlay(grey(), two_objects(label)) for label in (3, 4))
    np.testing.assert_array_equal(one[100, 60], other[20, 60])


def test_labels_beyond_the_colours_start_again() -> None:
    picture = draw_overlay(grey(), two_objects(65_534))
    assert (saturation(picture[20:50, 50:60]) > 50).all()


def test_the_first_colours_are_pairwise_distinct() -> None:
    labels = np.repeat(np.arange(1, 21, dtype=np.uint16), 8)[None].repeat(40, axis=0)
    picture = draw_overlay(np.full((40, 160, 3), 128, np.uint8), Instances(labels, ()))
    colours = picture[20, 4::8].astype(int)
    apart = np.abs(colours[:, None] - colours[None]).max(axis=2) + 1000 * np.eye(20, dtype=int)
    assert apart.min() >= 12


def test_the_picture_shows_through() -> None:
    image = grey()
    image[30:32, 12:68] = 255
    picture = draw_overlay(image, two_objects()).astype(int)
    assert (picture[30, 15] - picture[28, 15]).min() > 40


def test_numbers_are_written_inside_the_objects() -> None:
    plain = two_objects()
    without = draw_overlay(grey(), Instances(plain.label_image, ()))
    rows, columns = np.nonzero((draw_overlay(grey(), plain) != without).any(axis=2))
    assert len(rows) > 20
    assert (plain.label_image[rows, columns] > 0).all()
    for y0 in (10, 60):
        inside = (rows >= y0) & (rows < y0 + 50)
        # around the middle of the 50 × 60 object, where it is widest
        assert abs(rows[inside].mean() - (y0 + 25)) < 4 and abs(columns[inside].mean() - 40) < 10


@pytest.mark.parametrize('size', [(3, 3), (16, 9)])
def test_the_smallest_images(size: tuple[int, int]) -> None:
    labels = np.ones(size, dtype=np.uint16)
    instances = Instances(labels, (Instance(1, 1, 0.5, (0, 0, size[1], size[0]), labels.size),))
    assert draw_overlay(np.zeros((*size, 3), np.uint8), instances).shape == (*size, 3)


def test_no_instances_leave_a_faded_picture() -> None:
    empty = Instances(np.zeros((120, 160), dtype=np.uint16), ())
    np.testing.assert_array_equal(draw_overlay(grey(200), empty), grey(140))


def test_axes_are_drawn_where_the_pose_is() -> None:
    # In the empty right half; z towards the camera, x to the right, y up.
    pose = ObjectPose(np.array([0.4, 0.0, 1.0]), np.array([1.0, 0, 0, 0]),
                      np.array([0.4, 0.0, 1.0]), np.array([0.4, 0.2, 0.0]), np.zeros((6, 6)))
    with_pose = two_objects(pose=pose)
    picture = draw_overlay(grey(), with_pose, CAMERA).astype(int)
    np.testing.assert_array_equal(draw_overlay(grey(), with_pose), draw_overlay(
        grey(), two_objects()))
    # from pixel (119.5, 59.5), 20 px right and 10 px up
    red, green = picture[59:61, 130].max(axis=0), picture[53, 119:121].max(axis=0)
    assert red[0] - red[1:].max() > 60 and green[1] - max(green[0], green[2]) > 60
    assert (picture[59:61, 145] == picture[5, 5]).all()
    assert (picture[45, 119:121] == picture[5, 5]).all()


def test_a_pose_outside_the_image_is_no_trouble() -> None:
    pose = ObjectPose(np.array([0.0, 0.0, 1e-9]), np.array([0.0, 0, 0, 1]), np.ones(3),
                      np.ones(3), np.zeros((6, 6)))
    assert draw_overlay(grey(), two_objects(pose=pose), CAMERA).shape == (120, 160, 3)


def test_labels_are_drawn_as_in_the_overlay_and_the_unknown_is_grey() -> None:
    labels = two_objects().label_image.astype(np.int64)
    drawn = draw_labels(grey(), labels)
    np.testing.assert_array_equal(
        drawn, draw_overlay(grey(), Instances(two_objects().label_image, ())))
    labels[:, 100:] = -1
    assert (np.ptp(draw_labels(grey(0), labels)[:, 100:].reshape(-1, 3), axis=0) == 0).all()
    assert saturation(draw_labels(grey(0), labels)[:, 100:]).max() == 0
    assert (draw_labels(grey(0), labels)[:, 100:] > 60).all()


def test_colours_belong_to_labels_of_any_integer_type() -> None:
    labels = np.array([[-2, 0, 1, 2, 257, 70_000]])
    colours = label_colours(labels)
    assert not colours[0, :2].any()
    np.testing.assert_array_equal(colours[0, 2], colours[0, 4])  # 256 colours, then again
    np.testing.assert_array_equal(label_colours(labels[:, 1:4].astype(np.uint16)),
                                  colours[:, 1:4])


def test_found_objects_get_the_labels_that_agree_best() -> None:
    """Against trying all one-to-one numberings."""
    random = np.random.default_rng(2)
    for _ in range(20):
        truth, found = random.integers(0, 4, (2, 6, 6))
        matched = match_labels(found, truth)
        agreeing = int(((matched == truth) & (truth > 0)).sum())
        best = max(sum(int(((found == of) & (truth == to)).sum()) for of, to in zip((1, 2, 3), to))
                   for to in permutations((1, 2, 3)))
        assert agreeing == best
        # the same regions as before, and the background among them
        pairs = set(zip(found.ravel().tolist(), matched.ravel().tolist()))
        assert len(pairs) == len(np.unique(found)) == len(np.unique(matched))
        assert (0, 0) in pairs


def test_what_is_found_where_nothing_is_gets_a_number_of_its_own() -> None:
    truth = np.array([[5, 5, 0, 0, -1]])
    found = np.array([[2, 2, 1, 0, 3]])
    assert match_labels(found, truth).tolist() == [[5, 5, 6, 0, 7]]
    assert match_labels(found * 0, truth).tolist() == [[0] * 5]
