# SPDX-License-Identifier: Apache-2.0
"""
Instances to vision_msgs, points and markers, and back.

Not verified here: how a viewer draws them, and that poses are true, which the node's tests do.
"""

import json
import math

from discinst_ros.instances import Instance, Instances, ObjectPose
from discinst_ros.nodes.conversions import (
    class_names_from_msg,
    detections_2d_to_msg,
    detections_3d_to_msg,
    instances_from_msgs,
    label_info_to_msg,
    object_pose_from_msg,
    segment_reply_from_text,
    segment_reply_to_text,
    stamp_from_ns,
    stamp_to_ns,
)
from discinst_ros.nodes.image_conversions import label_image_to_msg, MessageError
from discinst_ros.nodes.markers import markers_to_msg
from discinst_ros.nodes.point_cloud import points_from_msg, points_to_msg
import numpy as np
import pytest
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Header
from visualization_msgs.msg import Marker


@pytest.fixture
def header():
    return Header(frame_id='camera', stamp=stamp_from_ns(5_000_000_007))


@pytest.fixture
def pose():
    return ObjectPose(
        position=np.array([0.1, -0.2, 0.7]), quaternion=np.array([1.0, 0.0, 0.0, 0.0]),
        box_center=np.array([0.15, -0.2, 0.7]), size=np.array([0.3, 0.1, 0.0]),
        covariance=np.arange(36.0).reshape(6, 6) + 1)


@pytest.fixture
def instances(pose):
    labels = np.zeros((4, 6), dtype=np.uint16)
    labels[0:2, 1:5] = 3
    labels[3, 5] = 7
    return Instances(labels, (
        Instance(label=3, class_id=1, score=0.75, box=(1, 0, 5, 2), pixel_count=8, pose=pose),
        Instance(label=7, class_id=2, score=0.5, box=(5, 3, 6, 4), pixel_count=1)))


def test_detections_3d_say_what_the_interface_promises(instances, header):
    msg = detections_3d_to_msg(instances, header)
    assert msg.header == header
    first, second = msg.detections
    assert [first.id, second.id] == ['3', '7']
    assert [len(one.results) for one in msg.detections] == [1, 1]
    assert first.results[0].hypothesis.class_id == '1'
    assert first.results[0].hypothesis.score == 0.75
    assert first.results[0].pose.pose.position.x == 0.1
    assert (first.bbox.center.position.x, first.bbox.size.x) == (0.15, 0.3)
    assert first.bbox.center.orientation == first.results[0].pose.pose.orientation
    assert first.bbox.center.orientation.x == 1.0
    assert list(first.results[0].pose.covariance) == list(np.arange(36.0) + 1)


def test_instance_without_pose_is_listed_without_a_made_up_one(instances, header):
    detection = detections_3d_to_msg(instances, header).detections[1]
    for place in (detection.bbox.center.position, detection.results[0].pose.pose.position):
        assert all(math.isnan(value) for value in (place.x, place.y, place.z))
    size = detection.bbox.size
    assert (size.x, size.y, size.z) == (0, 0, 0)
    assert detection.results[0].pose.covariance[0] == -1
    assert object_pose_from_msg(detection) is None


def test_detections_2d_hold_the_half_open_box(instances, header):
    box = detections_2d_to_msg(instances, header).detections[0].bbox
    center = box.center.position
    assert (center.x - box.size_x / 2, center.x + box.size_x / 2) == (1, 5)
    assert (center.y - box.size_y / 2, center.y + box.size_y / 2) == (0, 2)


def test_instances_round_trip(instances, header):
    back = instances_from_msgs(detections_3d_to_msg(instances, header),
                               detections_2d_to_msg(instances, header),
                               label_image_to_msg(instances.label_image, header))
    np.testing.assert_array_equal(back.label_image, instances.label_image)
    for one, other in zip(back.instances, instances.instances, strict=True):
        assert (one.label, one.class_id, one.score, one.box, one.pixel_count) == (
            other.label, other.class_id, other.score, other.box, other.pixel_count)
    pose, expected = back.instances[0].pose, instances.instances[0].pose
    for name in ('position', 'quaternion', 'size', 'covariance'):
        np.testing.assert_array_equal(getattr(pose, name), getattr(expected, name))
    assert back.instances[1].pose is None


def test_messages_of_different_stamps_are_refused(instances, header):
    with pytest.raises(MessageError, match='differ'):
        instances_from_msgs(detections_3d_to_msg(instances, header),
                            detections_2d_to_msg(instances, Header()),
                            label_image_to_msg(instances.label_image, header))


def test_ids_that_are_not_in_the_label_image_are_refused(instances, header):
    with pytest.raises(MessageError, match='id 3'):
        instances_from_msgs(detections_3d_to_msg(instances, header),
                            detections_2d_to_msg(instances, header),
                            label_image_to_msg(np.zeros((4, 6), dtype=np.uint16), header))


@pytest.mark.parametrize('name', ['box', '', '0', '-1', '03', '1.0', '١', '123456'])
def test_ids_that_are_no_label_are_refused(instances, header, name):
    detection = detections_3d_to_msg(instances, header).detections[0]
    detection.id = name
    with pytest.raises(MessageError, match='expected a value of the label image') as caught:
        object_pose_from_msg(detection)
    assert repr(name) in str(caught.value)


def test_a_detection_without_results_is_refused(instances, header):
    detections = detections_3d_to_msg(instances, header)
    detections.detections[0].results = []
    with pytest.raises(MessageError, match='id 3 has no results'):
        instances_from_msgs(detections, detections_2d_to_msg(instances, header),
                            label_image_to_msg(instances.label_image, header))


def test_label_info_round_trip(header):
    msg = label_info_to_msg(('background', 'stick'), 0.25, header)
    assert class_names_from_msg(msg) == {0: 'background', 1: 'stick'}
    assert msg.threshold == 0.25
    assert msg.header == header


def test_segment_reply_is_json_with_stamp_and_count():
    text = segment_reply_to_text(12_000_000_345, 4)
    assert json.loads(text) == {'stamp': {'sec': 12, 'nanosec': 345}, 'count': 4}
    assert segment_reply_from_text(text) == (12_000_000_345, 4)


@pytest.mark.parametrize('text', ['', 'timed out', '[]', '{"count": 1}', '{"stamp": 1}'])
def test_text_that_is_no_segment_reply_is_refused(text):
    with pytest.raises(ValueError, match='segment reply'):
        segment_reply_from_text(text)


def test_stamp_round_trip():
    assert stamp_to_ns(stamp_from_ns(1_999_999_999)) == 1_999_999_999
    assert stamp_from_ns(1_999_999_999).nanosec == 999_999_999


def test_points_round_trip(header):
    points = np.array([[[0.0, 0.1, 0.5], [np.nan] * 3], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]],
                      dtype=np.float32)
    rgb = np.array([[[1, 2, 3], [9, 9, 9]], [[255, 0, 0], [0, 0, 255]]], dtype=np.uint8)
    labels = np.array([[1, 9], [0, 40000]], dtype=np.uint16)
    msg = points_to_msg(points, rgb, labels, header)
    assert [field.name for field in msg.fields] == ['x', 'y', 'z', 'rgb', 'label']
    assert msg.header == header
    assert msg.row_step * msg.height == len(msg.data)
    back = points_from_msg(msg)
    np.testing.assert_array_equal(np.stack([back['x'], back['y'], back['z']], axis=1),
                                  [[0.0, np.float32(0.1), 0.5], [1, 2, 3], [4, 5, 6]])
    assert list(back['rgb']) == [0x010203, 0xff0000, 0x0000ff]
    assert list(back['label']) == [1, 0, 40000]


def test_foreign_cloud_is_refused():
    with pytest.raises(ValueError, match='expected'):
        points_from_msg(PointCloud2(point_step=12))


def test_markers_replace_earlier_ones_and_skip_what_has_no_pose(instances, header):
    markers = markers_to_msg(instances, header).markers
    assert markers[0].action == Marker.DELETEALL
    assert [(one.ns, one.id) for one in markers[1:]] == [('boxes', 3), ('texts', 3)]
    box = markers[1]
    assert box.pose.position.z == 0.7
    # RViz refuses a scale of 0
    assert (box.scale.x, box.scale.y) == (0.3, 0.1) and box.scale.z > 0
