# SPDX-License-Identifier: Apache-2.0
"""
pick_planner over DDS, with a made-up perception and a made-up cell.

When it looks, what it tries again and how it counts is what is tested. Which object and which
place are chosen is not, see test/core/test_picking.py; nor is a real cell.
"""

import re

from diagnostic_msgs.msg import DiagnosticStatus
from node_process import NodeProcess, PATIENCE_S, spin_until
from pick_rig import LiftingCell, middle, SHORT
import pytest


def test_empties_a_bin(executor, perception):
    """As a process: three plates, the highest first, and an exit code."""
    cell = LiftingCell(perception)
    executor.add_node(cell)
    perception.start()
    with NodeProcess('pick_planner', {
            'confirm_frames': 2, 'frame_timeout_s': PATIENCE_S}) as process:
        spin_until(executor, lambda: process.says('\nempty: '))
        assert process.wait() == 0
    assert process.says('empty: the bin is empty: 3 lifted in 3 tries')
    assert process.says('lifted plate 3: the seal holds') and 'Traceback' not in process.output
    assert cell.ids == [3, 2, 1]
    for target in cell.targets:
        pose = target.results[0].pose.pose
        position, turn = pose.position, pose.orientation
        assert (position.x, position.y, position.z) == pytest.approx(middle(int(target.id)),
                                                                     abs=0.004)
        # z of the pose points at the camera: the half turn has no part about z and none of w.
        assert (turn.x ** 2 + turn.y ** 2, turn.z, turn.w) == pytest.approx((1, 0, 0), abs=1e-3)
        assert target.header.frame_id == 'camera'
        assert target.bbox.size.x == pytest.approx(26 / 200 * position.z, rel=0.05)


def test_a_frame_from_before_the_answer_is_not_used(perception, cell, start):
    run = start(confirm_frames=1)
    run.meet(perception, cell)
    run.see(perception)
    run.until(lambda: cell.ids == [3])
    perception.plates = set()
    done_ns = perception.now_ns()
    cell.answer(True, done_ns=done_ns)
    run.answered()
    run.see(perception, done_ns)  # empty, and ends nothing: it shows the bin during the pick
    assert not run.planner.finished.done() and run.planner.frames.old == 1
    perception.plates = {1}
    run.see(perception, done_ns + 1)
    run.until(lambda: cell.ids == [3, 1])


def test_without_a_time_the_answer_counts_when_it_arrives(perception, cell, start):
    run = start(confirm_frames=1)
    run.meet(perception, cell)
    run.see(perception)
    run.until(lambda: cell.targets)
    before_ns = perception.now_ns()
    cell.answer(True)
    run.answered()
    perception.plates = set()
    run.see(perception, before_ns)
    assert not run.planner.finished.done()
    run.see(perception)
    assert run.code() == 0


def test_it_takes_several_frames_to_call_a_bin_empty(perception, cell, start):
    run = start(confirm_frames=3)
    run.meet(perception, cell)
    perception.plates = set()
    run.see(perception)
    run.see(perception)
    perception.plates = {2}
    run.see(perception)
    run.until(lambda: cell.ids == [2])
    perception.plates = set()
    cell.answer(True)
    run.answered()
    for _ in range(2):
        run.see(perception)
    assert not run.planner.finished.done()
    run.see(perception)
    assert run.code() == 0


def test_one_frame_many_times_makes_no_bin_empty(perception, cell, start):
    """Of a camera that hangs, or of a perception that sends again what it has."""
    run = start(confirm_frames=2)
    run.meet(perception, cell)
    perception.plates = set()
    stamp_ns = perception.now_ns()
    for _ in range(4):
        run.see(perception, stamp_ns)
    assert not run.planner.finished.done() and run.planner.frames.looked == 1
    run.see(perception)
    assert run.code() == 0


def test_what_failed_is_tried_again_after_the_others(perception, cell, start):
    run = start()
    run.meet(perception, cell)
    perception.plates = {2, 3}
    run.see(perception)
    run.until(lambda: cell.ids == [3])
    cell.answer(False)
    run.answered()
    run.see(perception)
    run.until(lambda: len(cell.targets) == 2)
    places = [target.results[0].pose.pose.position for target in cell.targets]
    away = abs(places[1].x - places[0].x) + abs(places[1].y - places[0].y)
    assert away > 0.01  # the same plate elsewhere, or the other one


def test_a_bin_that_cannot_be_emptied(perception, cell, start, capfd):
    run = start(tries_per_place=2, confirm_frames=2, cup_radius_m=0.022)
    run.meet(perception, cell)
    perception.plates = {1, 3}
    perception.start()
    for count in range(1, 5):
        run.until(lambda count=count: len(cell.targets) == count)
        cell.answer(False)
    assert run.code() == 3
    assert cell.ids == [3, 1, 3, 1]
    assert re.search('cannot_be_emptied: the bin cannot be emptied: 0 lifted in 4 tries; '
                     'object 1: its places have failed before; object 3: ', capfd.readouterr().out)


def test_no_answer(perception, cell, start, capfd):
    run = start(answer_timeout_s=SHORT)
    run.meet(perception, cell)
    run.see(perception)
    assert run.code() == 5
    assert ('no_answer: no answer on /pick_result within 0.3 s to the pick of object 3; does the '
            'cell run? (0 lifted in 0 tries)') in capfd.readouterr().out


def test_answers_to_something_else_are_left_out(perception, cell, start):
    run = start(confirm_frames=1)
    run.meet(perception, cell)
    run.see(perception)
    run.until(lambda: cell.targets)
    cell.send(DiagnosticStatus(level=DiagnosticStatus.OK, message='nothing said'))
    cell.answer(True, stamp_ns=1)
    cell.answer(False)
    run.answered()
    assert (run.planner._progress.tries, run.planner._progress.lifted) == (1, 0)


@pytest.mark.parametrize('parameters, words', [
    ({'approach': [0.0, 0.0, 0.0]}, 'expected three numbers that are a direction'),
    ({'tries_per_place': 0}, 'tries_per_place is 0, expected 1 to 100')])
def test_parameters_that_cannot_be(start, parameters, words):
    with pytest.raises(ValueError, match=words):
        start(**parameters)
