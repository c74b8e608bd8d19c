# SPDX-License-Identifier: Apache-2.0
"""Frames that pick_planner cannot use, or not all of: left out with a reason, and it goes on."""

from __future__ import annotations

import array
import math
import re
import time

from discinst_ros.nodes.pick_frame import LOG_AGAIN_S
from discinst_ros.nodes.point_cloud import POINT, points_from_msg
from pick_rig import FLOOR_M, middle, SHORT
import pytest
from sensor_msgs.msg import PointCloud2
from vision_msgs.msg import Detection3DArray


def edit_points(cloud: PointCloud2, **fields: float) -> None:
    """Change fields of every other point of a cloud."""
    points = points_from_msg(cloud).copy()
    for name, value in fields.items():
        points[name][::2] = value
    cloud.data = array.array('B', points.tobytes())


def no_results(detections: Detection3DArray, _: PointCloud2) -> None:
    detections.detections[0].results = []


def named_box(detections: Detection3DArray, _: PointCloud2) -> None:
    detections.detections[0].id = 'box'


def nan_score(detections: Detection3DArray, _: PointCloud2) -> None:
    detections.detections[0].results[0].hypothesis.score = math.nan


def nan_covariance(detections: Detection3DArray, _: PointCloud2) -> None:
    detections.detections[0].results[0].pose.covariance[0] = math.nan


def no_turn(detections: Detection3DArray, _: PointCloud2) -> None:
    detections.detections[0].results[0].pose.pose.orientation.w = 2.0


def other_fields(_: Detection3DArray, cloud: PointCloud2) -> None:
    cloud.fields = cloud.fields[:3]


def half_a_point(_: Detection3DArray, cloud: PointCloud2) -> None:
    cloud.data = cloud.data[:POINT.itemsize * 3 // 2]


def endless_label(_: Detection3DArray, cloud: PointCloud2) -> None:
    edit_points(cloud, label=2 ** 32 - 1)


def no_detections(detections: Detection3DArray, _: PointCloud2) -> None:
    """Say that there is no object, and show three: the bin is not empty."""
    detections.detections = []


def stray_label(_: Detection3DArray, cloud: PointCloud2) -> None:
    edit_points(cloud, label=9)


def one_ray(_: Detection3DArray, cloud: PointCloud2) -> None:
    """Put every other point on the axis of the camera, at whatever depth it has."""
    edit_points(cloud, x=0.0, y=0.0)


@pytest.mark.parametrize('spoil, words', [
    (no_results, '/instances: detections: id 1 has no results'),
    (named_box, "/instances: detections: an id is 'box', expected a value of the label image"),
    (nan_score, '/instances: object 1: its score is nan, expected 0 to 1'),
    (nan_covariance, '/instances: object 1: its covariance has nan, expected finite numbers'),
    (no_turn, '/instances: object 1: its quaternion has the length '),
    (other_fields, "/instances/points: point cloud has fields ['x', 'y', 'z'], expected x, y, z"),
    (half_a_point, '/instances/points: point cloud has 30 bytes in rows of 192000, expected 1 '),
    (no_detections, '/instances: 676 of 9600 labels are 1, and no detection has that id'),
    (stray_label, '/instances/points: 4800 of 9600 labels are 9, and no detection has that id'),
    (one_ray, '/instances/points: 947 points that were compared lie in 477 directions'),
    (endless_label, '/instances/points: a label is 4294967295, expected 65535 at most')])
def test_a_frame_that_cannot_be_read_is_left_out(perception, cell, start, capfd, spoil, words):
    """It does not end the planner, makes no bin empty, and is the reason when no other comes."""
    run, shown, start_s = start(confirm_frames=1), [], time.monotonic()
    run.meet(perception, cell)
    perception.spoil = lambda *frame: (shown.append(1), spoil(*frame))
    perception.start()
    run.until(lambda: run.planner._reader.malformed and len(shown) > 5, 'some frames')
    run.hurry(2 * SHORT)
    assert run.code() == 4 and not cell.targets
    due = 1 + (time.monotonic() - start_s) // LOG_AGAIN_S
    said = capfd.readouterr()
    assert f'no_frames: no frame that can be used for 0.6 s: {words}' in said.out
    assert 1 <= (said.out + said.err).count('a frame is left out, ' + words) <= due, 'throttled'


def test_it_goes_on_after_a_frame_that_cannot_be_read(perception, cell, start):
    run = start(confirm_frames=1)
    run.meet(perception, cell)
    perception.spoil = nan_score
    perception.show()
    run.until(lambda: run.planner._reader.malformed, 'the frame')
    perception.spoil = lambda detections, cloud: 0
    run.see(perception)
    run.until(lambda: cell.ids == [3])
    assert run.planner._reader.malformed == ''


def test_what_a_hand_is_before_is_not_empty_in_a_row(perception, cell, start):
    run = start(confirm_frames=2)
    run.meet(perception, cell)
    perception.plates = set()
    run.see(perception)
    perception.floor_m = 0.25
    perception.show()
    run.until(lambda: run.planner._reader.unseen, 'the frame')
    perception.floor_m = FLOOR_M
    run.see(perception)
    assert not run.planner.finished.done()
    run.see(perception)
    assert run.code() == 0


@pytest.mark.parametrize('fields', [
    {'x': math.nan}, {'z': 0.0}, {'z': -0.5}, {'x': 0.0, 'y': 0.0, 'z': 0.0}])
def test_points_that_are_none_are_dropped(perception, cell, start, capfd, fields):
    """Every other column of a plate is left, which is enough for a pick."""
    run = start()
    run.meet(perception, cell)
    perception.spoil = lambda detections, cloud: edit_points(cloud, **fields)
    run.see(perception)
    run.until(lambda: cell.ids == [3])
    position = cell.targets[0].results[0].pose.pose.position
    assert (position.x, position.y, position.z) == pytest.approx(middle(3), abs=0.006)
    said = capfd.readouterr()
    assert re.search(r'/instances/points: 4800 of 9600 points are left out, which are not finite '
                     r'or not before the camera, for instance x, y, z = \[', said.out + said.err)
