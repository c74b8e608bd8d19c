# SPDX-License-Identifier: Apache-2.0
"""Whether a frame without objects shows an empty bin, or no bin, and what of a frame cannot be."""

from dataclasses import replace

from discinst_ros.geometry.workspace import Workspace
from discinst_ros.picking.check import (
    before_camera,
    check_apart,
    check_instances,
    check_known,
    check_labels,
)
from discinst_ros.picking.sight import Sight
import numpy as np
from picking_scenes import found, plate
import pytest

PIXELS = 10_000


def plane(distance_m: float, count: int = PIXELS) -> np.ndarray:
    points = np.zeros((count, 3), np.float32)
    points[:, 2] = distance_m
    return points


def test_a_floor_is_seen_also_when_what_lay_on_it_is_gone():
    sight = Sight(Workspace((-1, 1, -1, 1, 0.5, 1)))
    for distance_m in (0.65, 0.7, 0.8, 0.62):
        assert sight.fault(plane(distance_m), PIXELS) == ''


@pytest.mark.parametrize('count, seen', [(0, False), (50, False), (999, False), (1000, True)])
def test_a_tenth_of_the_pixels_must_have_depth(count, seen):
    fault = Sight().fault(plane(0.8, count), PIXELS)
    assert (fault == '') is seen
    assert seen or fault == f'{count} of {PIXELS} pixels have depth'


def test_points_must_lie_in_the_workspace():
    sight = Sight(Workspace((-1, 1, -1, 1, 0.5, 1)))
    assert sight.fault(plane(0.25), PIXELS) == f'0 of {PIXELS} points lie in the workspace'
    mostly_outside = np.concatenate([plane(0.8, 99), plane(0.25, PIXELS - 99)])
    assert sight.fault(mostly_outside, PIXELS).startswith('99 of')
    mostly_outside = np.concatenate([plane(0.8, 100), plane(0.25, PIXELS - 100)])
    assert sight.fault(mostly_outside, PIXELS) == ''


def test_without_a_workspace_what_is_suddenly_near_is_before_the_camera():
    sight = Sight()
    assert sight.fault(plane(0.8), PIXELS) == ''
    assert sight.fault(plane(0.47), PIXELS) == (
        'half of the points are within 0.47 m, before they were within 0.80 m')
    assert sight.fault(plane(0.49), PIXELS) == ''
    assert sight.fault(plane(0.8), PIXELS) == ''


# What cannot be

ONE, TWO = found(plate(-0.1, 0.0, 1.0), plate(0.1, 0.0, 1.0))[0]


def posed(**fields: object):
    return replace(ONE, pose=replace(ONE.pose, **fields))


@pytest.mark.parametrize('wrong, words', [
    (replace(ONE, score=np.nan), 'object 1: its score is nan, expected 0 to 1'),
    (replace(ONE, score=-0.25), 'object 1: its score is -0.25, expected 0 to 1'),
    (replace(ONE, score=7.0), 'object 1: its score is 7, expected 0 to 1'),
    (replace(ONE, label=2), 'object 2: its id is that of another object, too'),
    (posed(position=np.array((0, np.nan, 1))), 'object 1: its position has nan, expected finite'),
    (posed(size=np.array((np.inf, 1, 1))), 'object 1: its size has inf, expected finite'),
    (posed(box_center=np.array((0, 0, -np.inf))), 'object 1: its box center has -inf, expected'),
    (posed(covariance=np.full((6, 6), np.nan)), 'object 1: its covariance has nan, expected'),
    (posed(quaternion=np.zeros(4)), 'object 1: its quaternion has the length 0, expected 1')])
def test_what_no_object_can_be(wrong, words):
    with pytest.raises(ValueError, match=words):
        check_instances([wrong, TWO])


def test_what_objects_may_be():
    check_instances([])
    check_instances([replace(ONE, pose=None, score=0.0), replace(TWO, score=1.0)])


def test_labels_are_of_16_bits():
    check_labels(np.zeros(0, np.uint32))
    check_labels(np.array((0, 65535), np.uint32))
    with pytest.raises(ValueError, match='a label is 4294967295, expected 65535 at most'):
        check_labels(np.array((1, 2 ** 32 - 1), np.uint32))


def test_each_label_is_that_of_an_object():
    check_known(np.zeros(0, np.uint32), [])
    check_known(np.array(((0, 1), (2, 0)), np.uint16), [ONE, TWO])
    with pytest.raises(ValueError, match='2 of 4 labels are 1, and no detection has that id'):
        check_known(np.array(((0, 1), (1, 2)), np.uint16), [TWO])


def test_points_before_the_camera():
    points = np.array([(0, 0, 1), (np.nan, 0, 1), (0, np.inf, 1), (0, 0, 0), (0, 0, -1),
                       (0, 0, np.nan), (-1, -1, 0.1)], np.float32)
    assert before_camera(points).tolist() == [True] + [False] * 5 + [True]
    assert before_camera(points[:0]).tolist() == []


@pytest.mark.parametrize('every', [1, 2, 10])
def test_points_in_one_direction_are_refused(every):
    """Of 20,000 of them the choice took half a minute and gigabytes, of an image all there is."""
    rows, columns = np.indices((200, 200), np.float32)
    rays = np.stack([columns, rows, np.full_like(rows, 300)], axis=-1).reshape(-1, 3)
    rays[::every] = 1
    points = rays * np.random.default_rng(0).uniform(0.5, 1, (len(rays), 1))
    with pytest.raises(ValueError, match=r'lie in \d+ directions, expected one in each'):
        check_apart(points)


def test_points_of_a_camera_are_apart():
    check_apart(plane(1.0, 0))
    rows, columns = np.indices((480, 640), np.float32)
    depth = 0.6 + np.random.default_rng(0).normal(0, 0.002, rows.shape).astype(np.float32)
    check_apart(np.stack([(columns - 320) * depth / 600, (rows - 240) * depth / 600, depth],
                         axis=-1).reshape(-1, 3))
