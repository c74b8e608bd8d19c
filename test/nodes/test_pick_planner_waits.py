# SPDX-License-Identifier: Apache-2.0
"""
What pick_planner says and does where it waits: for a camera, perception, a cell, another planner.

Over DDS, with a made-up perception and a made-up cell.
"""

import re

from pick_rig import LONG, SHORT
import pytest
from vision_msgs.msg import Detection3D


def test_the_camera_stops(perception, cell, start, capfd):
    run = start(frame_timeout_s=SHORT)
    run.meet(perception, cell)
    run.until(run.planner.finished.done)
    assert run.code() == 4
    assert 'no fresh frame for 0.3 s: /instances, its label image' in capfd.readouterr().out


def test_the_camera_stops_between_two_picks(perception, cell, start, capfd):
    run = start()
    run.meet(perception, cell)
    run.see(perception)
    run.until(lambda: cell.targets)
    run.hurry(2 * SHORT)
    cell.answer(True)
    assert run.code() == 4
    said = capfd.readouterr().out
    assert 'no_frames: no fresh frame for 0.6 s' in said and '(1 lifted in 1 tries)' in said


def test_only_old_frames_come(perception, cell, start, capfd):
    run = start()
    run.meet(perception, cell)
    run.see(perception, 1)
    run.hurry(SHORT)
    assert run.code() == 4
    assert re.search(r'no fresh frame for 0\.3 s: the newest was taken \d+\.\d+ s before .* has '
                     'the camera stopped, or is its clock another one', capfd.readouterr().out)


def test_frames_without_points_are_never_empty(perception, cell, start, capfd):
    run = start(confirm_frames=1)
    run.meet(perception, cell)
    perception.plates = set()
    perception.show(points=False)
    run.until(lambda: run.planner._join._waiting, 'all but the points')
    run.hurry(2 * SHORT)
    assert run.code() == 4
    assert 'does it give no depth or camera_info?' in capfd.readouterr().out


@pytest.mark.parametrize('workspace, why', [
    ([-1.0, 1.0, -1.0, 1.0, 0.4, 0.7], r'0 of 9600 points lie in the workspace'),
    (None, r'half of the points are within 0\.25 m, before they were within 0\.60 m')])
def test_a_covered_camera_sees_no_empty_bin(perception, cell, start, capfd, workspace, why):
    """A hand 25 cm before the lens: frames are complete, and hold no object."""
    given = {} if workspace is None else {'workspace': workspace}
    run = start(confirm_frames=2, **given)
    run.meet(perception, cell)
    run.see(perception)
    run.until(lambda: cell.targets)
    cell.answer(True)
    run.answered()
    perception.plates, perception.floor_m = set(), 0.25
    perception.start()
    run.until(lambda: run.planner._reader.unseen, 'a frame')
    run.hurry(2 * SHORT)
    assert run.code() == 4
    assert re.search(r'no_frames: the camera has seen nothing of the bin for 0\.6 s: ' + why
                     + r'; is something before it\? \(1 lifted in 1 tries\)',
                     capfd.readouterr().out)


def test_no_perception(cell, start, capfd):
    assert start(frame_timeout_s=2 * SHORT).code() in (4, 5)
    assert 'perception_node running' in capfd.readouterr().out


def test_no_cell(perception, start, capfd):
    perception.start()
    assert start(frame_timeout_s=SHORT).code() == 5
    assert 'nobody listens on /pick_target; is the cell running?' in capfd.readouterr().out


def test_frames_that_disagree_end_it(perception, cell, start, capfd):
    """Two with a plate that is too small for the cup, one without, and so on."""
    run = start(cup_radius_m=0.05)
    run.meet(perception, cell)
    for count in range(15):
        assert not run.planner.finished.done()
        perception.plates = {1} if count % 3 < 2 else set()
        run.see(perception)
    assert run.code() == 3 and not cell.targets
    assert '15 frames disagree whether anything is left; object 1: ' in capfd.readouterr().out


def test_another_planner(perception, cell, start, capfd):
    """Both wait, and the one that is left goes on; whoever waits too long says why."""
    run, other = start(), start(frame_timeout_s=LONG)
    run.meet(perception, cell, alone=False)
    other.meet(perception, cell, alone=False)
    run.until(run.others, 'discovery')
    run.until(other.others, 'discovery')
    perception.show()
    run.until(lambda: 'waiting: /pick_target has 2 publishers, but a cell is for one planner alone'
              in ''.join(capfd.readouterr()))
    assert not cell.targets
    other.planner.destroy_node()
    run.until(lambda: not run.others(), 'the end of the other one')
    run.see(perception)
    run.until(lambda: cell.ids == [3])


def test_another_planner_that_stays(perception, cell, start, capfd):
    cell.create_publisher(Detection3D, 'pick_target', 1)
    perception.start()
    assert start(frame_timeout_s=SHORT).code() == 5 and not cell.targets
    assert 'no_answer: ' in capfd.readouterr().out
