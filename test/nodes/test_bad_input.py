# SPDX-License-Identifier: Apache-2.0
"""
What broken drivers and cables send: told once, and the next good image comes out all the same.

Not verified here: wrong parameters (test_parameters.py) and checkpoints (test_lifecycle.py).
"""

import itertools
import re
import time

from diagnostic_msgs.msg import DiagnosticStatus
from discinst_ros.nodes.conversions import stamp_to_ns
from discinst_ros.nodes.problems import LOG_AGAIN_S, OVER_AFTER_S
import numpy as np
from perception_rig import has_poses, PerceptionProcess, Rig, running_perception
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header
from vision_msgs.msg import Detection3DArray

NAMESPACE = '/bad_input'


@pytest.fixture(scope='module')
def process():
    with running_perception(NAMESPACE, {'device': 'cpu'}) as process:
        yield process


def goes_on(rig, sample):
    """Good images have results with poses again, however few bad ones are still on their way."""
    rig.publish_until(lambda: rig.publish(sample), lambda: any(
        has_poses(result) for result in map(rig.result, list(rig.received['instances'])[-3:])
        if result), what='good results')


def is_warned(rig, publish, words, done=lambda values: True):
    """
    Publish until /diagnostics warn of it.

    Where nothing was published for a while their level is that of silence, and what was reported
    last is that, too: so all that is expected is waited for at once.
    """
    rig.publish_until(publish, lambda: rig.diagnostics(lambda status, values: (
        words in status.message and status.level == DiagnosticStatus.WARN and done(values))))


def is_throttled(rig, process, words, since_s):
    """See that one line of the log tells it, and another one each time it is due again."""
    rig.spin_until(lambda: words in process.output, what='a line of the log')
    due = 1 + (time.monotonic() - since_s) // LOG_AGAIN_S
    assert process.output.count(words) <= due, 'throttled'


def warns_once(rig, process, sample, edit, words):
    """See that /diagnostics and one line of the log tell it, and that good images go on."""
    since_s = time.monotonic()
    is_warned(rig, lambda: rig.publish(sample, edit=edit), words)
    goes_on(rig, sample)
    is_throttled(rig, process, words, since_s)


def set_fields(**fields):
    def edit(image, depth, info):
        for name, value in fields.items():
            setattr(image, name, value)
    return edit


@pytest.mark.parametrize('edit, reason, words', [
    (set_fields(encoding='16UC1'), 'image with wrong encoding',
     "image: encoding '16UC1' is not supported"),
    (set_fields(width=0, step=0, data=b''), 'image of zero size',
     'image: size is 0×240'),
    (set_fields(step=100), 'image with too small step',
     'image: step is 100 bytes, expected at least 960'),
    (set_fields(data=b'short'), 'image with too short data',
     'image: data has 5 bytes, expected 230400'),
])
def test_broken_image_is_dropped(rig, process, sticks, edit, reason, words):
    stamps, since_s = [], time.monotonic()
    is_warned(rig, lambda: stamps.append(rig.publish(sticks, edit=edit)), words, lambda values: (
        int(values.get(f'dropped: {reason}', 0)) > 1 and values['last_error'].startswith(words)))
    goes_on(rig, sticks)
    assert not set(stamps) & set(rig.received['instances'])
    is_throttled(rig, process, words, since_s)


def other_aspect(image, depth, info):
    values = np.frombuffer(depth.data, np.float32).reshape(depth.height, depth.width)[:, :200]
    depth.width, depth.step, depth.data = 200, 800, np.ascontiguousarray(values).tobytes()


def only_nan(image, depth, info):
    depth.data = np.full(depth.height * depth.width, np.nan, dtype=np.float32).tobytes()


def millimetres(image, depth, info):
    depth.data = (np.frombuffer(depth.data, np.float32) * 1000).tobytes()


def short_depth(image, depth, info):
    depth.data = b'short'


def colour_as_depth(image, depth, info):
    depth.encoding, depth.step, depth.data = image.encoding, image.step, image.data


def zeros(image, depth, info):
    info.k, info.p = [0.0] * 9, [0.0] * 12


def no_lens(image, depth, info):
    info.k[0], info.p[0] = 1e-300, 1e-300


def other_size(image, depth, info):
    info.width = 200


@pytest.mark.parametrize('edit, words', [
    (other_aspect, 'depth is 200x240 and the image 320x240'),
    (only_nan, 'depth: none of 76800 pixels has a value'),
    (short_depth, 'depth: data has 5 bytes, expected 307200'),
    (colour_as_depth, "depth: encoding 'rgb8' is not supported, expected one of 16UC1"),
    (zeros, 'camera_info: intrinsics: fx is 0.0'),
    (other_size, 'intrinsics are of a 200x240 image, the image is 320x240'),
])
def test_broken_depth_or_camera_costs_the_poses_only(rig, process, sticks, edit, words):
    since_s = time.monotonic()
    is_warned(rig, lambda: rig.publish(sticks, edit=edit), words)
    # Of an image whose own camera_info is lost the newest counts: from here on a broken one.
    result = rig.run(sticks, edit=edit)
    assert result['instances'].detections
    for one in result['instances'].detections:
        assert one.results[0].pose.covariance[0] == -1
        assert np.isnan(one.results[0].pose.pose.position.z)
        assert one.bbox.size.x == one.bbox.size.y == one.bbox.size.z == 0
    goes_on(rig, sticks)
    is_throttled(rig, process, words, since_s)


@pytest.mark.parametrize('edit, words', [
    (no_lens, 'camera_info: intrinsics: fx is 1e-300'),
    (millimetres, 'm away or more, as millimetres are that pass for metres'),
])
def test_what_no_camera_sees_costs_the_poses_only(rig, sticks, edit, words):
    """Of the same kind as one above, which the log has told already."""
    is_warned(rig, lambda: rig.publish(sticks, edit=edit), words)
    result = rig.run(sticks, edit=edit)
    assert result['instances'].detections and not has_poses(result)
    goes_on(rig, sticks)


def distorted(image, depth, info):
    info.d = [-0.3, 0.1, 0.0, 0.0, 0.0]


def of_another_camera(image, depth, info):
    info.header = Header(stamp=info.header.stamp, frame_id='other_camera')


def unregistered(image, depth, info):
    depth.header = Header(stamp=depth.header.stamp, frame_id='depth_camera')


@pytest.mark.parametrize('edit, words', [
    (distorted, 'camera_info: the lens moves the corners by'),
    (of_another_camera, "camera_info: its frame is 'other_camera'"),
    (unregistered, "depth: its frame is 'depth_camera'"),
])
def test_what_makes_poses_doubtful_is_told(rig, process, sticks, edit, words):
    warns_once(rig, process, sticks, edit, words)


def test_a_region_of_interest_shifts_the_poses(rig, sticks):
    """The same image as the right lower part of a larger one: the same points in space."""
    def cut_out(image, depth, info):
        info.width, info.height = 2 * info.width, 2 * info.height
        k = list(info.k)
        k[2], k[5] = k[2] + 320, k[5] + 240
        info.k = k
        info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height = 320, 240, 320, 240

    def positions(edit):
        rig.run(sticks, edit=edit, done=has_poses)
        # The first may have lost its depth or camera_info; then that of another image counted.
        result = rig.run(sticks, edit=edit, done=has_poses)
        return [(p.x, p.y, p.z) for p in (one.results[0].pose.pose.position
                                          for one in result['instances'].detections)]

    np.testing.assert_allclose(positions(cut_out), positions(None), atol=1e-6)


def test_depth_that_does_not_arrive_is_told(rig, process, sticks):
    goes_on(rig, sticks)
    status, _ = rig.publish_until(
        lambda: rig.publish(sticks, depth=False),
        lambda: rig.diagnostics(lambda status, _: 'no depth' in status.message))
    assert 'objects have no poses' in status.message
    assert not has_poses(rig.run(sticks, depth=False))
    goes_on(rig, sticks)


def test_depth_with_other_stamps_is_told_by_how_much(rig, sticks):
    def late(image, depth, info):
        depth.header = rig.header(stamp_to_ns(image.header.stamp) + 70_000_000)

    # 150 ms from image to image, by their stamps and however long it takes to publish them: the
    # nearest depth is 70 ms away, or 80 ms where some are lost. Nothing else is stamped so.
    stamps = itertools.count(rig.node.get_clock().now().nanoseconds + 10 ** 12, 150_000_000)
    rig.publish_until(
        lambda: rig.publish(sticks, stamp_ns=next(stamps), edit=late),
        lambda: rig.diagnostics(lambda status, _: re.search(
            r'the nearest is 0\.0[78]0 s away and slop_s is 0\.02', status.message)))
    goes_on(rig, sticks)


def test_camera_that_starts_its_clock_anew_does_not_stop_the_output(rig, sticks):
    second = 10 ** 9
    for start_s in (5000, 20, 3):
        stamps = iter(range(start_s * second, (start_s + 1000) * second, second // 5))
        rig.publish_until(
            lambda stamps=stamps: rig.publish(sticks, stamp_ns=next(stamps)),
            lambda start_s=start_s: any(
                has_poses(result) for result in (
                    rig.result(stamp) for stamp in list(rig.received['instances'])
                    if start_s * second <= stamp < (start_s + 1000) * second) if result))


def test_subscriber_that_asks_for_what_is_not_offered_is_told(rig, sticks):
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    told = f'a subscriber of {NAMESPACE}/instances asks for a DURABILITY'

    def is_told():
        """Subscribe anew: it is told when a subscriber comes, and over before long."""
        subscription = rig.node.create_subscription(
            Detection3DArray, 'instances', lambda _: None, latched)
        over_s = time.monotonic() + 2 * OVER_AFTER_S
        rig.diagnostics(lambda status, _: (
            told in status.message or time.monotonic() > over_s))
        rig.node.destroy_subscription(subscription)
        return told in rig.status.message

    rig.spin_until(is_told)


class TestWithoutCameraInfo:
    """A node that has never seen one."""

    def test_positions_are_nan_until_it_comes(self, ros, sticks):
        namespace = '/no_camera_info'
        with PerceptionProcess(namespace, {'device': 'cpu'}) as process:
            rig = Rig(namespace)
            rig.wait_until_active()
            assert not has_poses(rig.run(sticks, info=False))
            status, _ = rig.publish_until(
                lambda: rig.publish(sticks, info=False),
                lambda: rig.diagnostics(lambda status, _: 'camera_info' in status.message))
            assert 'none has arrived' in status.message
            goes_on(rig, sticks)
            rig.destroy()
            assert process.end() == 0


class TestCompressed:
    """image_transport:=compressed, use_depth:=always."""

    def test_good_and_broken(self, ros, sticks):
        namespace = '/compressed'
        with PerceptionProcess(namespace, {
                'device': 'cpu', 'image_transport': 'compressed',
                'use_depth': 'always'}) as process:
            rig = Rig(namespace, image_type=CompressedImage)
            rig.wait_until_active()
            goes_on(rig, sticks)
            words, since_s = 'image: 5 bytes of format', time.monotonic()
            rig.publish_until(
                lambda: rig.publish(sticks, edit=set_fields(data=b'short')),
                lambda: rig.diagnostics(lambda status, _: words in status.message))
            goes_on(rig, sticks)
            status, _ = rig.publish_until(
                lambda: rig.publish(sticks, depth=False),
                lambda: rig.diagnostics(lambda status, _: 'images are dropped' in status.message))
            assert status.level == DiagnosticStatus.ERROR
            goes_on(rig, sticks)
            is_throttled(rig, process, words, since_s)
            rig.destroy()
            assert process.end() == 0
