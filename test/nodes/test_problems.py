# SPDX-License-Identifier: Apache-2.0
"""
What is logged, how often, and what /diagnostics makes of it.

Not verified here: that the node reports what it should; see test_bad_input.py.
"""

from types import SimpleNamespace

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from discinst_ros.nodes import diagnostics
from discinst_ros.nodes.diagnostics import diagnostics_to_msg, FrameStatistics, status
from discinst_ros.nodes.problems import LOG_AGAIN_S, OVER_AFTER_S, Problems, sentence
import pytest


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def log():
    return []


@pytest.fixture
def problems(clock, log):
    return Problems(lambda text: log.append(('warning', text)),
                    lambda text: log.append(('error', text)), clock=clock)


def test_logged_once_then_again_after_a_while_with_the_count(problems, clock, log):
    for _ in range(5):
        problems.report('kind', 'step is 3')
    clock.now += LOG_AGAIN_S
    problems.report('kind', 'step is 4')
    assert log == [('warning', 'step is 3'), ('warning', 'step is 4 (seen 6 times)')]


def test_kinds_are_logged_each(problems, log):
    problems.report('one', 'a')
    problems.report('other', 'b', fatal=True)
    assert log == [('warning', 'a'), ('error', 'b')]


def test_a_problem_ends_by_itself_unless_it_is_lasting(problems, clock):
    problems.report('passing', 'a')
    problems.report('lasting', 'b', lasting=True)
    assert [one.sentence for one in problems.active()] == ['a', 'b']
    clock.now += OVER_AFTER_S
    assert [one.sentence for one in problems.active()] == ['b']
    problems.clear('lasting')
    assert problems.active() == []
    assert problems.last == 'b'


def test_a_lasting_problem_that_is_seen_in_passing_too_lasts(problems, clock):
    problems.report('kind', 'a', lasting=True)
    problems.report('kind', 'b')
    clock.now += OVER_AFTER_S
    assert [one.sentence for one in problems.active()] == ['b']


def test_a_cleared_problem_that_comes_back_is_logged_again(problems, log):
    problems.report('kind', 'a')
    problems.clear('kind')
    problems.report('kind', 'a')
    assert len(log) == 2


def test_levels(problems):
    assert status([], stale=False, fine='working') == (DiagnosticStatus.OK, 'working')
    problems.report('one', 'a')
    assert status(problems.active(), stale=False, fine='') == (DiagnosticStatus.WARN, 'a')
    assert status(problems.active(), stale=True, fine='')[0] == DiagnosticStatus.STALE
    problems.report('two', 'b', fatal=True)
    assert status(problems.active(), stale=True, fine='') == (DiagnosticStatus.ERROR, 'b; a')


def test_statistics_are_medians_and_counts(clock, monkeypatch):
    monkeypatch.setattr(diagnostics, 'time', SimpleNamespace(monotonic=clock))
    statistics = FrameStatistics()
    for network_s in (0.01, 0.02, 0.09):
        clock.now += 0.5
        statistics.add({'network': network_s, 'wait': 0.001}, objects=4)
    statistics.drop('a newer image came', 2)
    statistics.drop('zero size', 0)
    values = statistics.values()
    assert values['rate_hz'] == '2.0'
    assert values['network_ms'] == '20.0'
    assert values['wait_ms'] == '1.0'
    assert values['poses_ms'] == '0.0'
    assert values['total_ms'] == '21.0'
    assert (values['frames'], values['objects'], values['dropped']) == ('3', '4', '2')
    assert values['dropped: a newer image came'] == '2'
    assert 'dropped: zero size' not in values


def test_statistics_before_the_first_frame():
    values = FrameStatistics().values()
    assert (values['rate_hz'], values['frames'], values['dropped']) == ('0.0', '0', '0')
    assert 'network_ms' not in values


def test_message():
    msg = diagnostics_to_msg('node: x', 'cpu', DiagnosticStatus.WARN, 'text', {'a': '1'},
                             Time(sec=3))
    assert msg.header.stamp.sec == 3
    one = msg.status[0]
    assert (one.name, one.hardware_id, one.level, one.message) == (
        'node: x', 'cpu', DiagnosticStatus.WARN, 'text')
    assert [(value.key, value.value) for value in one.values] == [('a', '1')]


def test_sentence_is_one_line_and_names_what_does_not_explain_itself():
    assert sentence(ValueError('a\n b')) == 'a b'
    assert sentence(KeyError('x')) == "KeyError: 'x'"
