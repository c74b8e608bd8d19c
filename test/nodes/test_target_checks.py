# SPDX-License-Identifier: Apache-2.0
"""
What a cell asks of a target before it moves, and what it answers: messages alone, no node.

That a node asks it is tested in test_sim_cell.py.
"""

from __future__ import annotations

import math

from discinst_ros.nodes.conversions import stamp_from_ns
from discinst_ros.nodes.pick_messages import (
    pick_result_from_msg,
    pick_result_to_msg,
    PickResult,
)
from discinst_ros.nodes.target_checks import box_of, REMEMBERED, TargetChecks
import pytest
from vision_msgs.msg import Detection3D, ObjectHypothesisWithPose


def test_a_target_is_tried_once_and_only_of_what_the_bin_is_now() -> None:
    checks = TargetChecks('camera')

    def refusal(stamp: int, label: str) -> str:
        msg = Detection3D(id=label, results=[ObjectHypothesisWithPose()])
        msg.header.frame_id, msg.header.stamp = 'camera', stamp_from_ns(stamp)
        return checks.refusal(msg)

    assert 'none of the last' in refusal(10, 'a')
    checks.looked(10)
    assert refusal(10, 'a') == refusal(10, 'b') == ''
    assert 'the stamp 0.000000010 and the id a was there before' in refusal(10, 'a')
    checks.looked(11)
    assert refusal(11, 'a') == ''
    checks.picked(12)
    assert 'was there before' in refusal(11, 'a')
    assert 'the last pick ended at 0.000000012' in refusal(11, 'b')
    checks.looked(12)
    assert 'the last pick ended' in refusal(12, 'a')
    checks.looked(13)
    assert refusal(13, 'a') == ''
    for stamp in range(20, 20 + REMEMBERED):
        checks.looked(stamp)
    assert 'none of the last' in refusal(13, 'b') and refusal(20, 'b') == ''


@pytest.mark.parametrize('size, turn, words', [
    ((0.1, 0.1, 0.1), (0.0, 0.0, 0.0, 0.0), 'has an orientation that is no rotation, of length 0'),
    ((0.1, 0.1, 0.1), (0.0, 0.0, 0.0, 0.5), 'has an orientation that is no rotation, of length 0'),
    ((-0.1, -0.1, -0.1), (0.0, 0.0, 0.0, 1.0), 'has the size [-0.1, -0.1, -0.1]'),
    ((0.1, math.inf, 0.1), (0.0, 0.0, 0.0, 1.0), 'has values that are not finite'),
    ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), '')])
def test_a_box_that_cannot_be_is_no_leave_to_take_any_object(size, turn, words) -> None:
    """Only a target without any size, as one written by hand, is not compared with its object."""
    msg = Detection3D(id='7', results=[ObjectHypothesisWithPose()])
    msg.header.frame_id = 'camera'
    box = msg.bbox
    box.size.x, box.size.y, box.size.z = size
    turned = box.center.orientation
    turned.x, turned.y, turned.z, turned.w = turn
    checks = TargetChecks('camera')
    checks.looked(0)
    refusal = checks.refusal(msg)
    if words:
        assert f'the bbox of the target {words}' in refusal and 'of size 0' in refusal
    else:
        assert refusal == '' and box_of(msg) is None


def test_answer_says_what_fell_out() -> None:
    answer = PickResult(5, '7', True, 'object 2', object='2', spilled='1, 4')
    msg = pick_result_to_msg(answer)
    assert {one.key: one.value for one in msg.values}['spilled'] == '1, 4'
    assert pick_result_from_msg(msg) == answer
    # of a cell that does not say
    msg.values = [one for one in msg.values if one.key != 'spilled']
    assert pick_result_from_msg(msg).spilled == ''
