# SPDX-License-Identifier: Apache-2.0
"""
The node in a process of its own, over DDS, with the weights of the package: what it publishes.

Not verified here: broken input (test_bad_input.py), the lifecycle (test_lifecycle.py), simulated
time (test_sim_time.py), a GPU, speed, and how good the weights are beyond one scene.
"""

from functools import partial

from discinst_ros.geometry.camera import deproject
from discinst_ros.nodes.conversions import class_names_from_msg, stamp_to_ns
from discinst_ros.nodes.image_conversions import image_from_msg, label_image_from_msg
from discinst_ros.nodes.point_cloud import points_from_msg
import numpy as np
from perception_rig import BEST_EFFORT, has_poses, RELIABLE, Rig
import pytest

NAMESPACE = '/content'


@pytest.fixture(scope='module')
def result(ros, process, sticks):
    """All that the node says of one drawn scene."""
    rig = Rig(NAMESPACE, extras=True)
    rig.wait_until_active()
    result = rig.run(sticks)
    rig.destroy()
    return result


def detections(result):
    return result['instances'].detections


def test_header_is_that_of_the_image(result):
    stamps = {stamp_to_ns(result[topic].header.stamp)
              for topic in result if topic != 'instances/markers'}
    assert len(stamps) == 1
    for topic in ('instances', 'instances/label_image', 'instances/points'):
        assert result[topic].header.frame_id == 'camera_color_optical_frame'


def test_ids_are_the_values_of_the_label_image(result):
    labels = label_image_from_msg(result['instances/label_image'])
    ids = [int(one.id) for one in detections(result)]
    assert ids
    assert sorted(ids) == sorted(set(np.unique(labels)) - {0})
    assert [int(one.id) for one in result['instances/detections_2d'].detections] == ids


def test_one_hypothesis_with_class_and_score(result):
    for one in detections(result):
        assert len(one.results) == 1
        assert one.results[0].hypothesis.class_id == '1'
        assert 0 < one.results[0].hypothesis.score <= 1


def test_boxes_hold_exactly_their_pixels(result):
    labels = label_image_from_msg(result['instances/label_image'])
    for one in result['instances/detections_2d'].detections:
        rows, columns = np.nonzero(labels == int(one.id))
        center = one.bbox.center.position
        assert center.x - one.bbox.size_x / 2 == columns.min()
        assert center.x + one.bbox.size_x / 2 == columns.max() + 1
        assert center.y - one.bbox.size_y / 2 == rows.min()
        assert center.y + one.bbox.size_y / 2 == rows.max() + 1


def test_objects_are_those_that_were_drawn(result, sticks):
    """At least three quarters of the drawn sticks are found with half of their pixels right."""
    labels = label_image_from_msg(result['instances/label_image'])
    found = 0
    for true in set(np.unique(sticks.labels)) - {0}:
        mask = sticks.labels == true
        best = np.bincount(labels[mask]).argmax()
        union = (mask | (labels == best)).sum()
        found += best > 0 and (mask & (labels == best)).sum() / union > 0.5
    assert found >= 0.75 * (len(np.unique(sticks.labels)) - 1)


def test_positions_are_true(result, sticks):
    """Centroid and box of a mask lie where the known depth of its pixels puts them."""
    labels = label_image_from_msg(result['instances/label_image'])
    points = deproject(sticks.depth, sticks.intrinsics)
    checked = 0
    for one in detections(result):
        if one.results[0].pose.covariance[0] < 0:
            continue
        seen = points[(labels == int(one.id)) & np.isfinite(sticks.depth)]
        center, size = one.bbox.center.position, one.bbox.size
        centroid = one.results[0].pose.pose.position
        # Of a flat object: both are within the range of its points, and near their median, from
        # which a bent or cut mask may shift them by a part of its length.
        for place in (center, centroid):
            position = np.array([place.x, place.y, place.z])
            assert (seen.min(axis=0) - 0.002 <= position).all()
            assert (position <= seen.max(axis=0) + 0.002).all()
            assert np.linalg.norm(position - np.median(seen, axis=0)) < 0.25 * size.x + 0.005
        assert size.x >= size.y > 0
        checked += 1
    assert checked


def test_axes_are_right_handed_and_look_at_the_camera(result):
    for one in detections(result):
        if one.results[0].pose.covariance[0] < 0:
            continue
        q = one.bbox.center.orientation
        assert np.linalg.norm([q.x, q.y, q.z, q.w]) == pytest.approx(1)
        # third column of the rotation: the normal points against the viewing direction
        assert 1 - 2 * (q.x ** 2 + q.y ** 2) < 0


def test_label_info_is_latched_and_names_the_classes(rig):
    info = rig.spin_until(lambda: list(rig.received['instances/label_info'].values()))[0]
    assert class_names_from_msg(info)[0] == 'background'
    assert 1 in class_names_from_msg(info)
    assert stamp_to_ns(info.header.stamp) > 0


def test_label_info_tells_the_score_that_counts_now(rig):
    def threshold():
        return max(rig.received['instances/label_info'].items())[1].threshold

    rig.spin_until(lambda: rig.received['instances/label_info'])
    for score in (0.25, 0.0):
        assert rig.set_parameter('min_score', score).successful
        rig.spin_until(lambda score=score: threshold() == score)


def test_overlay_markers_and_points_for_who_looks(result, sticks):
    assert image_from_msg(result['instances/overlay']).shape == sticks.image.shape
    markers = result['instances/markers'].markers
    with_pose = [one.id for one in detections(result) if one.results[0].pose.covariance[0] >= 0]
    assert [str(one.id) for one in markers if one.ns == 'boxes'] == with_pose
    points = points_from_msg(result['instances/points'])
    assert len(points) == np.isfinite(sticks.depth).sum()
    labels = label_image_from_msg(result['instances/label_image'])
    np.testing.assert_array_equal(points['label'], labels[np.isfinite(sticks.depth)])


@pytest.mark.parametrize('qos', [RELIABLE, BEST_EFFORT], ids=['reliable', 'best effort'])
def test_camera_may_be_reliable_or_not(ros, process, sticks, qos):
    rig = Rig(NAMESPACE, camera_qos=qos)
    rig.wait_until_active()
    assert rig.run(sticks)['instances'].detections
    rig.destroy()


def test_millimetres_and_metres_say_the_same(rig, sticks):
    metres = rig.run(sticks, encoding='32FC1', done=has_poses)
    millimetres = rig.run(sticks, encoding='16UC1', done=has_poses)
    for one, other in zip(detections(metres), detections(millimetres), strict=True):
        assert one.id == other.id
        if one.results[0].pose.covariance[0] >= 0:
            # millimetres round depth by half of one
            assert other.bbox.center.position.z == pytest.approx(one.bbox.center.position.z,
                                                                 abs=0.001)


def test_depth_of_half_the_resolution_is_resampled(rig, sticks):
    def halve(image, depth, info):
        half = np.frombuffer(depth.data, np.float32).reshape(depth.height, depth.width)[::2, ::2]
        depth.height, depth.width = half.shape
        depth.step = 4 * half.shape[1]
        depth.data = np.ascontiguousarray(half).tobytes()

    full, half = rig.run(sticks, done=has_poses), rig.run(sticks, edit=halve, done=has_poses)
    posed = 0
    for one, other in zip(detections(full), detections(half), strict=True):
        if min(one.results[0].pose.covariance[0], other.results[0].pose.covariance[0]) >= 0:
            posed += 1
            # a pixel of the depth camera is twice as wide: some millimetres at this distance
            assert other.bbox.center.position.x == pytest.approx(one.bbox.center.position.x,
                                                                 abs=0.01)
    assert posed


def test_image_alone_has_instances_without_poses(ros, process, sticks):
    rig = Rig(NAMESPACE)
    rig.node.destroy_publisher(rig.depth)
    rig.wait_until_active()
    result = rig.run(sticks, depth=False)
    assert detections(result)
    for one in detections(result):
        assert one.results[0].pose.covariance[0] == -1
        assert np.isnan(one.bbox.center.position.x)
        assert one.bbox.size.x == 0
    rig.destroy()


def test_min_score_leaves_out_and_keeps_ids_and_pixels_together(rig, sticks):
    everything = rig.run(sticks)
    scores = sorted(one.results[0].hypothesis.score for one in detections(everything))
    limit = (scores[0] + scores[-1]) / 2
    assert rig.set_parameter('min_score', limit).successful
    try:
        result = rig.publish_until(
            lambda: rig.publish(sticks),
            lambda: next((one for one in map(rig.result, list(rig.received['instances']))
                          if one and len(detections(one)) < len(scores)), None))
    finally:
        assert rig.set_parameter('min_score', 0.0).successful
    assert len(detections(result)) == sum(score >= limit for score in scores)
    labels = label_image_from_msg(result['instances/label_image'])
    assert {int(one.id) for one in detections(result)} == set(np.unique(labels)) - {0}


def test_workspace_leaves_out_what_is_outside(rig, sticks):
    # The first image may be there before the depth of a new camera is.
    everything = rig.publish_until(lambda: rig.publish(sticks), lambda: next(
        (one for one in map(rig.result, list(rig.received['instances']))
         if one and detections(one)[0].results[0].pose.covariance[0] >= 0), None))
    across = {one.id: one.results[0].pose.pose.position.x for one in detections(everything)}
    middle = sorted(across.values())[len(across) // 2]
    inside = {name for name, x in across.items() if x <= middle}

    def result_with(ids):
        return next((one for one in map(rig.result, list(rig.received['instances']))
                     if one and {it.id for it in detections(one)} == ids), None)

    try:
        for bounds, ids in (([-9.0, middle, -9.0, 9.0, 0.0, 9.0], inside), ([8, 9] * 3, set())):
            assert rig.set_parameter('workspace', bounds).successful
            result = rig.publish_until(lambda: rig.publish(sticks), partial(result_with, ids))
            labels = label_image_from_msg(result['instances/label_image'])
            assert {str(value) for value in np.unique(labels)} - {'0'} == ids
        refused = rig.set_parameter('workspace', [1.0, -1.0] * 3)
        assert not refused.successful and 'the smaller number first' in refused.reason
    finally:
        assert rig.set_parameter('workspace', [-np.inf, np.inf] * 3).successful
    assert 0 < len(inside) < len(across)
