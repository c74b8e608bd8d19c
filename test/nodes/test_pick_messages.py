# SPDX-License-Identifier: Apache-2.0
"""Targets and results of picks, to messages and back."""

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from discinst_ros.nodes.pick_messages import (
    pick_result_from_msg,
    pick_result_to_msg,
    PickResult,
    stamp_from_text,
)
import pytest


@pytest.mark.parametrize('result', [
    PickResult(12_000_000_005, '7', True, 'lifted', 'box 3', done_ns=13 * 10 ** 9),
    PickResult(0, '1', False, 'slipped'),
    PickResult(5, '2', False, 'outside of the bin', refused=True)])
def test_results_there_and_back(result):
    assert pick_result_from_msg(pick_result_to_msg(result)) == result


def test_the_words_of_a_result():
    msg = pick_result_to_msg(PickResult(12_000_000_005, '7', False, 'no seal', 'box 3'))
    assert (msg.level, msg.message) == (DiagnosticStatus.WARN, 'no seal')
    assert {value.key: value.value for value in msg.values}.items() >= {
        'stamp': '12.000000005', 'id': '7', 'object': 'box 3'}.items()


def test_results_that_say_nothing():
    with pytest.raises(ValueError, match='pick result without stamp and id'):
        pick_result_from_msg(DiagnosticStatus())
    with pytest.raises(ValueError, match="'12.5' is no stamp"):
        stamp_from_text('12.5')
    with pytest.raises(ValueError, match='without stamp'):
        pick_result_from_msg(DiagnosticStatus(values=[KeyValue(key='id', value='1')]))
