# SPDX-License-Identifier: Apache-2.0
"""
pick_planner over DDS, with a made-up perception and a made-up cell.

What it does with frames and answers that are late, false or missing is what is tested. Which
object and which place are chosen is not, see test/core/test_picking.py; nor is a real cell.
"""

from __future__ import annotations

import array
from collections.abc import Callable
import math
import re

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from discinst_ros.nodes.pick_messages import (
    pick_result_from_msg,
    pick_result_to_msg,
    PickResult,
    stamp_from_text,
)
from discinst_ros.nodes.pick_planner import PickPlanner
from discinst_ros.nodes.point_cloud import POINT, points_from_msg
from node_process import NodeProcess, spin_until
from pick_rig import Cell, LiftingCell, middle, Perception
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import PointCloud2
from vision_msgs.msg import Detection3D, Detection3DArray

#: Enough for whatever a test waits for itself; the planner's own patience where it must run out.
LONG, SHORT = 60.0, 0.3


@pytest.fixture
def perception(executor: SingleThreadedExecutor) -> Perception:
    node = Perception()
    executor.add_node(node)
    return node


@pytest.fixture
def cell(executor: SingleThreadedExecutor) -> Cell:
    node = Cell()
    executor.add_node(node)
    return node


class Run:
    """A planner, and what is waited for while everybody spins."""

    def __init__(self, executor: SingleThreadedExecutor, **parameters: object) -> None:
        given = {'frame_timeout_s': LONG, 'answer_timeout_s': LONG, **parameters}
        self.planner = PickPlanner(parameter_overrides=[
            Parameter(name, value=value) for name, value in given.items()])
        self._executor = executor
        executor.add_node(self.planner)

    def until(self, done: Callable[[], object], what: str = '') -> None:
        spin_until(self._executor, done, what)

    def meet(self, perception: Perception, cell: Cell) -> None:
        """Wait until everybody has found each other."""
        self.until(lambda: perception.is_heard() and not self.planner._missing_cell(), 'discovery')

    def see(self, perception: Perception, stamp_ns: int | None = None) -> None:
        """Show a frame and wait until the planner has it."""
        planner, before = self.planner, self.planner.fresh_frames + self.planner.stale_frames
        perception.show(stamp_ns)
        self.until(lambda: planner.fresh_frames + planner.stale_frames > before, 'a frame')

    def answered(self) -> None:
        self.until(lambda: self.planner._target is None, 'the answer')

    def code(self) -> int:
        self.until(self.planner.finished.done, 'the end')
        return int(self.planner.finished.result())


@pytest.fixture
def start(executor: SingleThreadedExecutor) -> Callable[..., Run]:
    return lambda **parameters: Run(executor, **parameters)


def test_empties_a_bin(executor, perception):
    """As a process: three plates, the highest first, and an exit code."""
    cell = LiftingCell(perception)
    executor.add_node(cell)
    perception.start()
    with NodeProcess('pick_planner', {'confirm_frames': 2}) as process:
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
    assert not run.planner.finished.done() and run.planner.stale_frames == 1
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


def test_the_camera_stops(perception, cell, start, capfd):
    run = start(frame_timeout_s=SHORT)
    run.meet(perception, cell)
    run.until(run.planner.finished.done)
    assert run.code() == 4
    assert 'no fresh frame for 0.3 s: /instances, its label image' in capfd.readouterr().out


def test_the_camera_stops_between_two_picks(perception, cell, start, capfd):
    run = start(frame_timeout_s=2 * SHORT)
    run.meet(perception, cell)
    run.see(perception)
    run.until(lambda: cell.targets)
    cell.answer(True)
    assert run.code() == 4
    said = capfd.readouterr().out
    assert 'no_frames: no fresh frame for 0.6 s' in said and '(1 lifted in 1 tries)' in said


def test_only_old_frames_come(perception, cell, start, capfd):
    run = start(frame_timeout_s=SHORT)
    run.meet(perception, cell)
    run.see(perception, 1)
    assert run.code() == 4
    assert re.search(r'no fresh frame for 0\.3 s: the newest was taken \d+\.\d+ s before .* has '
                     'the camera stopped, or is its clock another one', capfd.readouterr().out)


def test_frames_without_points_are_never_empty(perception, cell, start, capfd):
    run = start(frame_timeout_s=2 * SHORT, confirm_frames=1)
    run.meet(perception, cell)
    perception.plates = set()
    perception.show(points=False)
    assert run.code() == 4
    assert 'does it give no depth or camera_info?' in capfd.readouterr().out


@pytest.mark.parametrize('workspace, why', [
    ([-1.0, 1.0, -1.0, 1.0, 0.4, 0.7], r'0 of 9600 points lie in the workspace'),
    (None, r'half of the points are within 0\.25 m, before they were within 0\.60 m')])
def test_a_covered_camera_sees_no_empty_bin(perception, cell, start, capfd, workspace, why):
    """A hand 25 cm before the lens: frames are complete, and hold no object."""
    given = {} if workspace is None else {'workspace': workspace}
    run = start(frame_timeout_s=2 * SHORT, confirm_frames=2, **given)
    run.meet(perception, cell)
    run.see(perception)
    run.until(lambda: cell.targets)
    cell.answer(True)
    run.answered()
    perception.plates, perception.floor_m = set(), 0.25
    perception.start()
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


def edit_points(cloud: PointCloud2, **fields: float) -> None:
    """Change fields of every other point of a cloud."""
    points = points_from_msg(cloud).copy()
    for name, value in fields.items():
        points[name][::2] = value
    cloud.data = array.array('B', points.tobytes())


def no_results(detections: Detection3DArray, _: PointCloud2) -> None:
    detections.detections[0].results = []


def named_box(detections: Detection3DArray, _: PointCloud2) -> None:
    detections.detections[0].id = 'box'


def nan_score(detections: Detection3DArray, _: PointCloud2) -> None:
    detections.detections[0].results[0].hypothesis.score = math.nan


def nan_covariance(detections: Detection3DArray, _: PointCloud2) -> None:
    detections.detections[0].results[0].pose.covariance[0] = math.nan


def no_turn(detections: Detection3DArray, _: PointCloud2) -> None:
    detections.detections[0].results[0].pose.pose.orientation.w = 2.0


def other_fields(_: Detection3DArray, cloud: PointCloud2) -> None:
    cloud.fields = cloud.fields[:3]


def half_a_point(_: Detection3DArray, cloud: PointCloud2) -> None:
    cloud.data = cloud.data[:POINT.itemsize * 3 // 2]


def endless_label(_: Detection3DArray, cloud: PointCloud2) -> None:
    edit_points(cloud, label=2 ** 32 - 1)


@pytest.mark.parametrize('spoil, words', [
    (no_results, '/instances: detections: id 1 has no results'),
    (named_box, "/instances: detections: an id is 'box', expected a value of the label image"),
    (nan_score, '/instances: object 1: its score is nan, expected 0 to 1'),
    (nan_covariance, '/instances: object 1: its covariance has nan, expected finite numbers'),
    (no_turn, '/instances: object 1: its quaternion has the length '),
    (other_fields, "/instances/points: point cloud has fields ['x', 'y', 'z'] in 20 bytes"),
    (half_a_point, '/instances/points: buffer size must be a multiple'),
    (endless_label, '/instances/points: a label is 4294967295, expected 65535 at most')])
def test_a_frame_that_cannot_be_read_is_left_out(perception, cell, start, capfd, spoil, words):
    """It does not end the planner, makes no bin empty, and is the reason when no other comes."""
    run = start(frame_timeout_s=2 * SHORT, confirm_frames=1)
    run.meet(perception, cell)
    perception.spoil = spoil
    perception.start()
    assert run.code() == 4 and not cell.targets
    said = capfd.readouterr()
    assert f'no_frames: no frame that can be used for 0.6 s: {words}' in said.out
    assert (said.out + said.err).count('a frame is left out, ' + words) == 1, 'throttled'


def test_it_goes_on_after_a_frame_that_cannot_be_read(perception, cell, start):
    run = start(confirm_frames=1)
    run.meet(perception, cell)
    perception.spoil = nan_score
    perception.show()
    run.until(lambda: run.planner._malformed, 'the frame')
    perception.spoil = lambda detections, cloud: 0
    run.see(perception)
    run.until(lambda: cell.ids == [3])
    assert run.planner._malformed == ''


@pytest.mark.parametrize('fields', [
    {'x': math.nan}, {'z': 0.0}, {'z': -0.5}, {'x': 0.0, 'y': 0.0, 'z': 0.0}])
def test_points_that_are_none_are_dropped(perception, cell, start, capfd, fields):
    """Every other column of a plate is left, which is enough for a pick."""
    run = start()
    run.meet(perception, cell)
    perception.spoil = lambda detections, cloud: edit_points(cloud, **fields)
    run.see(perception)
    run.until(lambda: cell.ids == [3])
    position = cell.targets[0].results[0].pose.pose.position
    assert (position.x, position.y, position.z) == pytest.approx(middle(3), abs=0.006)
    said = capfd.readouterr()
    assert re.search(r'/instances/points: 4800 of 9600 points are left out, which are not finite '
                     r'or not before the camera, for instance x, y, z = \[', said.out + said.err)


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
    run.meet(perception, cell)
    other.meet(perception, cell)
    run.until(run.planner._other_planners, 'discovery')
    run.until(other.planner._other_planners, 'discovery')
    perception.show()
    run.until(lambda: 'waiting: /pick_target has 2 publishers, but a cell is for one planner alone'
              in ''.join(capfd.readouterr()))
    assert not cell.targets
    other.planner.destroy_node()
    run.until(lambda: not run.planner._other_planners(), 'the end of the other one')
    run.see(perception)
    run.until(lambda: cell.ids == [3])


def test_another_planner_that_stays(perception, cell, start, capfd):
    cell.create_publisher(Detection3D, 'pick_target', 1)
    perception.start()
    assert start(frame_timeout_s=SHORT).code() == 5 and not cell.targets
    assert 'no_answer: ' in capfd.readouterr().out


@pytest.mark.parametrize('parameters, words', [
    ({'approach': [0.0, 0.0, 0.0]}, 'expected three numbers that are a direction'),
    ({'tries_per_place': 0}, 'tries_per_place is 0, expected 1 to 100')])
def test_parameters_that_cannot_be(start, parameters, words):
    with pytest.raises(ValueError, match=words):
        start(**parameters)


# Messages

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
