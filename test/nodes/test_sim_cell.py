# SPDX-License-Identifier: Apache-2.0
"""
sim_cell in a process of its own, seen and told over DDS.

What a target comes to is compared with the same cell in this process; that its physics are right
is tested in test/core/test_cell.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from diagnostic_msgs.msg import DiagnosticStatus
from discinst_ros.benchmark.picking_bin import by_truth
from discinst_ros.geometry.camera import deproject
from discinst_ros.nodes.conversions import detections_3d_to_msg, stamp_from_ns, stamp_to_ns
from discinst_ros.nodes.image_conversions import depth_from_msg
from discinst_ros.nodes.pick_messages import pick_result_from_msg, pick_target_to_msg, PickResult
from discinst_ros.picking import choose
from discinst_ros.scenes.cell import make_cell
from discinst_ros.scenes.heaps.engine import missing_libraries
from geometry_msgs.msg import Point, Quaternion, Vector3
from node_process import NodeProcess, spin_until
import numpy as np
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection3D, ObjectHypothesisWithPose

pytest.importorskip('mujoco', reason='MuJoCo is not installed: pip install mujoco')
pytestmark = pytest.mark.usefixtures('graphics_library')
HEAP = {'seed': 10, 'kind': 'bin', 'count': 3, 'width': 480, 'height': 400}
FRAME = 'camera_color_optical_frame'


class Planner(Node):
    """Keeps what the camera sends and the cell answers."""

    def __init__(self) -> None:
        super().__init__('planner')
        self.heard: dict[str, dict[int, object]] = {}
        for message, topic in ((Image, 'camera/color/image_raw'),
                               (Image, 'camera/aligned_depth_to_color/image_raw'),
                               (CameraInfo, 'camera/color/camera_info')):
            heard = self.heard[topic] = {}
            self.create_subscription(
                message, topic, lambda msg, heard=heard: heard.update(
                    {stamp_to_ns(msg.header.stamp): msg}), qos_profile_sensor_data)
        self.answers: list[PickResult] = []
        self.create_subscription(DiagnosticStatus, 'pick_result', lambda msg: self.answers.append(
            pick_result_from_msg(msg)), 10)
        self.targets = self.create_publisher(Detection3D, 'pick_target', 1)

    def complete(self) -> list[int]:
        """Return the stamps that have come on all topics."""
        return sorted(set.intersection(*(set(one) for one in self.heard.values())))


@pytest.fixture
def planner(ros) -> Iterator[tuple[Planner, SingleThreadedExecutor]]:
    node, executor = Planner(), SingleThreadedExecutor()
    executor.add_node(node)
    yield node, executor
    executor.shutdown()
    node.destroy_node()


def detection(position, quaternion, *, stamp, label='1', frame=FRAME) -> Detection3D:
    msg = Detection3D(id=label, results=[ObjectHypothesisWithPose()])
    msg.header.frame_id, msg.header.stamp = frame, stamp_from_ns(stamp)
    x, y, z = map(float, position)
    qx, qy, qz, qw = map(float, quaternion)
    msg.results[0].pose.pose.position = Point(x=x, y=y, z=z)
    msg.results[0].pose.pose.orientation = Quaternion(x=qx, y=qy, z=qz, w=qw)
    return msg


def test_cell_shows_and_picks(planner) -> None:
    """A true target is lifted, wrong ones are refused or fail; images show what is left."""
    node, executor = planner
    twin = make_cell(**HEAP)
    sample = twin.look()
    found = by_truth(twin)(sample)
    seen = np.isfinite(sample.depth)
    best = choose(found.instances, deproject(sample.depth, sample.intrinsics)[seen],
                  found.label_image[seen]).best
    place, largest = best.place, np.bincount(sample.labels[sample.labels > 0]).argmax()
    ids = map(str, count(1))

    with NodeProcess('sim_cell', {**HEAP, 'reliable': True}) as cell:
        def tell(msg: Detection3D) -> PickResult:
            node.answers.clear()
            node.targets.publish(msg)
            return spin_until(executor, lambda: node.answers and node.answers[0], 'an answer')

        stamp = spin_until(executor, lambda: node.complete() and node.complete()[0], 'a frame')
        depth = depth_from_msg(node.heard['camera/aligned_depth_to_color/image_raw'][stamp])
        assert depth.shape == (HEAP['height'], HEAP['width'])
        assert np.array_equal(np.isnan(depth), np.isnan(sample.depth))
        # each frame has noise of its own, some millimetres, and where steps are the other side
        assert np.nanmedian(np.abs(depth - sample.depth)) < 0.004
        spin_until(executor, lambda: node.targets.get_subscription_count(), 'the cell to listen')

        def target(position, quaternion, **kwargs) -> Detection3D:
            return detection(position, quaternion,
                             **{'stamp': stamp, 'label': next(ids), **kwargs})

        def fresh(answer: PickResult) -> int:
            return spin_until(executor, lambda: next((
                one for one in node.complete() if one > answer.done_ns), 0), 'a fresh frame')

        other_frame = tell(target(place.position, place.quaternion, frame='map'))
        assert other_frame.refused and "'map'" in other_frame.message
        outside = tell(target((0, 0, 9), (1, 0, 0, 0)))
        assert outside.refused and outside.message.endswith(
            'the target (0.000, 0.000, 9.000) m is outside of the bin')
        assert tell(target((0, 0, 0), (0, 0, 0, 0))).refused
        empty = Detection3D(id='5')
        empty.header.frame_id = FRAME
        assert tell(empty).refused
        for odd in (7, stamp - 10 ** 10, stamp + 1, stamp + 10 ** 12):
            unknown = tell(target(place.position, place.quaternion, stamp=odd))
            assert unknown.refused and 'none of the last 1000 has it' in unknown.message
        for part, field in (('size', 'x'), ('orientation', 'w'), ('position', 'y')):
            broken = target(place.position, place.quaternion)
            broken.bbox.size = Vector3(x=0.2, y=0.2, z=0.2)
            setattr(getattr(broken.bbox if part == 'size' else broken.bbox.center, part), field,
                    np.nan)
            refused = tell(broken)
            assert refused.refused and 'bbox of the target has values that are not' in (
                refused.message)
        away = target(place.position, place.quaternion)
        away.bbox.center.position = Point(x=float(place.position[0]) + 0.1,
                                          y=float(place.position[1]), z=float(place.position[2]))
        away.bbox.size = Vector3(x=0.12, y=0.2, z=0.2)
        outside = tell(away)
        assert outside.refused and f'4.0 cm outside the box of object {away.id}' in outside.message
        around_all = target(place.position, place.quaternion)
        around_all.bbox.center.position = away.bbox.center.position
        around_all.bbox.size = Vector3(x=1.0, y=1.0, z=1.0)
        wrong = tell(around_all)
        assert wrong.refused and wrong.message.endswith(
            f'would be on object {best.instance.label}, and object {largest} is meant')
        again = tell(around_all)
        assert again.refused and f'the id {around_all.id} was there before' in again.message
        # too small to be normalised
        broken = target(place.position, place.quaternion)
        broken.bbox.size = Vector3(x=0.2, y=0.2, z=0.2)
        broken.bbox.center.orientation = Quaternion(x=0.0, y=0.0, z=0.0, w=1e-200)
        assert 'an orientation that is no rotation, of length 0.000' in tell(broken).message
        # of no box there need not be a position, as where an object has no pose
        unplaced = target(place.position - (0, 0, 0.03), place.quaternion)
        unplaced.bbox.center.position.x = np.nan
        in_the_air = tell(unplaced)
        assert not in_the_air.lifted and not in_the_air.refused
        old = tell(target(place.position, place.quaternion))
        assert old.refused and 'the last pick ended at' in old.message

        stamp = fresh(in_the_air)
        whole = detections_3d_to_msg(found, Header(
            stamp=stamp_from_ns(stamp), frame_id=FRAME)).detections[best.instance.label - 1]
        assert whole.id == str(best.instance.label)
        answer = tell(pick_target_to_msg(whole, place))
        assert (answer.stamp_ns, answer.id, answer.lifted) == (stamp, whole.id, True), answer
        outcome = twin.pick(place.position, place.quaternion)
        assert answer.object == ', '.join(map(str, outcome.lifted))
        assert best.instance.label in outcome.lifted
        assert answer.spilled == '' and fresh(answer)
        assert cell.end() == 0
    twin.close()


def test_fewer_objects_than_asked_for_are_told_at_start(executor) -> None:
    reason = '9 objects lie in the bin, not 40: 30 do not fit in and 1 fell out'
    with NodeProcess('sim_cell', {'seed': 2, 'count': 40, 'parts': 'mixed'}) as cell:
        spin_until(executor, lambda: cell.says(reason), 'the reason')
        assert cell.end() == 0


@pytest.mark.parametrize('name, value, expected', [
    ('kind', 'table', "kind.*'table'"), ('height', 8, 'height is 8, expected 32 to 4096')])
def test_wrong_parameter_ends_it_with_a_sentence(ros, name, value, expected) -> None:
    with NodeProcess('sim_cell', {name: value}) as cell:
        assert cell.wait() == 1
        assert cell.says(expected) and not cell.says('Traceback')


def test_no_library_to_draw_with_ends_it_with_the_package_to_install(ros, monkeypatch) -> None:
    platform = next((name for name in ('osmesa', 'egl') if missing_libraries(name)), None)
    if platform is None:
        pytest.skip('this machine has all libraries to draw with')
    monkeypatch.setenv('MUJOCO_GL', platform)
    with NodeProcess('sim_cell', {}) as cell:
        assert cell.wait() == 1
        assert cell.says('sim_cell: .* cannot be loaded: apt-get install lib(osmesa6|egl1)')
        assert not cell.says('Traceback')
