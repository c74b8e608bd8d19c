# SPDX-License-Identifier: Apache-2.0
"""
The node's service over DDS: one request, one frame, or the reason why there is none.

Not verified here: with a simulated clock (test_sim_time.py).
"""

import re

from diagnostic_msgs.msg import DiagnosticStatus
from discinst_ros.nodes.conversions import segment_reply_from_text
from perception_rig import has_poses, TRIES
import pytest

NAMESPACE = '/segment_service'


@pytest.fixture(autouse=True)
def patient(rig):
    """Let a request wait as long as a busy machine may need; tests of less set it themselves."""
    assert rig.set_parameter('segment_timeout_s', 60.0).successful


def segmented(rig, publish, stamps):
    """Ask for a frame, and for another where it is lost; return its count and all of it."""
    for _ in range(TRIES):
        asked_ns = rig.node.get_clock().now().nanoseconds
        response = rig.publish_until(publish, rig.segment)
        assert response.success, response.message
        stamp_ns, count = segment_reply_from_text(response.message)
        assert stamp_ns >= asked_ns
        stamps.append(stamp_ns)
        result = rig.result_in_time(stamp_ns)
        if result:
            return count, result
    pytest.fail('no frame arrives')


def test_segment_answers_with_a_frame_taken_after_the_request(rig, sticks):
    """Also while the node works on every image."""
    count, result = segmented(rig, lambda: rig.publish(sticks), [])
    assert len(result['instances'].detections) == count


class TestOnDemand:
    """With continuous:=false."""

    @pytest.fixture(autouse=True)
    def on_demand(self, rig):
        assert rig.set_parameter('continuous', False).successful
        yield
        assert rig.set_parameter('continuous', True).successful

    def test_one_request_one_frame(self, rig, sticks):
        stamps = []
        for _ in range(2):
            segmented(rig, lambda: rig.publish(sticks), stamps)
        # The next request is another frame, and between the two there was none.
        assert len(set(stamps)) == len(stamps)
        # What was in work before, continuously, may still have come out before the first.
        assert {stamp for stamp in rig.received['instances'] if stamp >= stamps[0]} <= set(stamps)

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
            return has_poses(segmented(rig, lambda: rig.publish(sticks, depth=depth), [])[1])

        # The first image of a camera may come before its depth.
        rig.spin_until(lambda: posed(True), what='poses')
        for _ in range(TRIES):
            assert not posed(False)
            rig.publish_until(lambda: rig.publish(sticks), lambda: rig.diagnostics(
                lambda status, _: status.level == DiagnosticStatus.OK),
                what='an end of the warning')
            # Its depth may be lost, but not each time.
            if posed(True):
                return
        pytest.fail('no request after a pause has poses')

    def test_no_image_ends_in_a_clear_message(self, rig):
        assert rig.set_parameter('segment_timeout_s', 0.3).successful

        def told():
            response = rig.segment()
            assert not response.success
            return 'within 0.3 s: no image arrived' in response.message

        # One of another test may still be on its way.
        rig.spin_until(told)

    @pytest.mark.parametrize('offset_s, words', [
        (-3600, "behind this node's clock"), (3600, "ahead of this node's clock")])
    def test_camera_with_another_clock_ends_in_a_clear_message(
            self, rig, sticks, offset_s, words):
        assert rig.set_parameter('segment_timeout_s', 1.0).successful

        def publish():
            now_ns = rig.node.get_clock().now().nanoseconds
            rig.publish(sticks, stamp_ns=now_ns + offset_s * 10 ** 9)

        def told():
            """Ask again: no image may arrive in time, and a warning is over before long."""
            response = rig.segment()
            assert not response.success
            stamped = re.search(rf'the last stamped (\d+\.\d+) s {words}', response.message)
            return stamped and float(stamped[1]) == pytest.approx(3600, abs=60) and (
                rig.status is not None and words in rig.status.message
                and rig.status.level == DiagnosticStatus.WARN)

        rig.publish_until(publish, told)

    def test_a_broken_image_does_not_answer_but_the_next_does(self, rig, sticks):
        broken = iter([True, False])

        def publish():
            if next(broken, False):
                rig.publish(sticks, edit=lambda image, *_: setattr(image, 'step', 1))
            else:
                rig.publish(sticks)

        assert rig.publish_until(publish, rig.segment).success
