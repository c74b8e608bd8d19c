# SPDX-License-Identifier: Apache-2.0
"""
What a cell asks of a target before it moves, and what it answers: messages alone, no node.

That a node asks it is tested in test_sim_cell.py.
"""

from __future__ import annotations

from discinst_ros.nodes.conversions import stamp_from_ns
from discinst_ros.nodes.pick_messages import (
    pick_result_from_msg,
    pick_result_to_msg,
    PickResult,
)
from discinst_ros.nodes.target_checks import REMEMBERED, TargetChecks
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


def test_answer_says_what_fell_out() -> None:
    answer = PickResult(5, '7', True, 'object 2', object='2', spilled='1, 4')
    msg = pick_result_to_msg(answer)
    assert {one.key: one.value for one in msg.values}['spilled'] == '1, 4'
    assert pick_result_from_msg(msg) == answer
    # of a cell that does not say
    msg.values = [one for one in msg.values if one.key != 'spilled']
    assert pick_result_from_msg(msg).spilled == ''
