# SPDX-License-Identifier: Apache-2.0
"""
The node's service over DDS: one request, one frame, or the reason why there is none.

Not verified here: with a simulated clock (test_sim_time.py).
"""

import json

from diagnostic_msgs.msg import DiagnosticStatus
import pytest

NAMESPACE = '/segment_service'


def test_segment_answers_with_a_frame_taken_after_the_request(rig, sticks):
    """Also while the node works on every image."""
    asked_ns = rig.node.get_clock().now().nanoseconds
    response = rig.publish_until(lambda: rig.publish(sticks), rig.segment)
    assert response.success
    reply = json.loads(response.message)
    stamp_ns = reply['stamp']['sec'] * 10 ** 9 + reply['stamp']['nanosec']
    assert stamp_ns >= asked_ns
    result = rig.spin_until(lambda: rig.result(stamp_ns))
    assert len(result['instances'].detections) == reply['count']


class TestOnDemand:
    """With continuous:=false."""

    @pytest.fixture(autouse=True)
    def on_demand(self, rig):
        assert rig.set_parameter('continuous', False).successful
        yield
        assert rig.set_parameter('continuous', True).successful
        assert rig.set_parameter('segment_timeout_s', 5.0).successful

    def test_one_request_one_frame(self, rig, sticks):
        response = rig.publish_until(lambda: rig.publish(sticks), rig.segment)
        assert response.success
        reply = json.loads(response.message)
        stamp_ns = reply['stamp']['sec'] * 10 ** 9 + reply['stamp']['nanosec']
        assert rig.spin_until(lambda: rig.result(stamp_ns))
        # The next request is another frame, and between the two there was none.
        rig.publish_until(lambda: rig.publish(sticks), rig.segment)
        # What was in work before, continuously, may still have come out before the first.
        def since():
            return [stamp for stamp in rig.received['instances'] if stamp >= stamp_ns]
        rig.spin_until(lambda: len(since()) >= 2)
        assert len(since()) == 2

    def test_the_limit_of_the_rate_is_not_for_requests(self, rig, sticks):
        assert rig.set_parameter('max_rate_hz', 0.01).successful
        try:
            for _ in range(2):
                assert rig.publish_until(lambda: rig.publish(sticks), rig.segment).success
        finally:
            assert rig.set_parameter('max_rate_hz', 0.0).successful

    def test_a_pause_of_depth_costs_the_poses_of_one_request(self, rig, sticks):
        """Between requests nobody wants an image, and still it is noticed that depth is back."""
        def posed(depth):
            response = rig.publish_until(lambda: rig.publish(sticks, depth=depth), rig.segment)
            assert response.success
            stamp = json.loads(response.message)['stamp']
            result = rig.spin_until(
                lambda: rig.result(stamp['sec'] * 10 ** 9 + stamp['nanosec']))
            return any(one.results[0].pose.covariance[0] >= 0
                       for one in result['instances'].detections)

        assert posed(True)
        assert not posed(False)
        rig.publish_until(lambda: rig.publish(sticks), lambda: rig.diagnostics(
            lambda status, _: status.level == DiagnosticStatus.OK), what='an end of the warning')
        assert posed(True)

    def test_no_image_ends_in_a_clear_message(self, rig):
        assert rig.set_parameter('segment_timeout_s', 0.3).successful
        response = rig.segment()
        assert not response.success
        assert 'within 0.3 s: no image arrived' in response.message

    @pytest.mark.parametrize('offset_s, words', [
        (-3600, "behind this node's clock"), (3600, "ahead of this node's clock")])
    def test_camera_with_another_clock_ends_in_a_clear_message(
            self, rig, sticks, offset_s, words):
        assert rig.set_parameter('segment_timeout_s', 1.0).successful

        def publish():
            now_ns = rig.node.get_clock().now().nanoseconds
            rig.publish(sticks, stamp_ns=now_ns + offset_s * 10 ** 9)

        response = rig.publish_until(publish, rig.segment)
        assert not response.success
        assert '3600' in response.message or '3599' in response.message
        assert words in response.message
        status, _ = rig.diagnostics(lambda status, _: words in status.message)
        assert status.level == DiagnosticStatus.WARN

    def test_a_broken_image_does_not_answer_but_the_next_does(self, rig, sticks):
        broken = iter([True, False])

        def publish():
            if next(broken, False):
                rig.publish(sticks, edit=lambda image, *_: setattr(image, 'step', 1))
            else:
                rig.publish(sticks)

        assert rig.publish_until(publish, rig.segment).success
