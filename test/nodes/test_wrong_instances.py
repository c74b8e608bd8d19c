# SPDX-License-Identifier: Apache-2.0
"""
pick_planner and sim_cell as processes, and between them a perception that is wrong.

It shows the truth of the cell, which the same cell in this process tells, altered: nothing may be
lifted by it. The truth as it is lifts, so that it is what was altered that fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from diagnostic_msgs.msg import DiagnosticStatus
from discinst_ros.benchmark.picking_bin import by_truth
from discinst_ros.geometry.camera import deproject
from discinst_ros.nodes.conversions import detections_3d_to_msg
from discinst_ros.nodes.image_conversions import label_image_to_msg
from discinst_ros.nodes.pick_messages import pick_result_from_msg, PickResult
from discinst_ros.nodes.point_cloud import points_to_msg
from discinst_ros.scenes.cell import make_cell
from node_process import NodeProcess, PATIENCE_S, spin_until
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image, PointCloud2
from vision_msgs.msg import Detection3DArray

pytest.importorskip('mujoco', reason='MuJoCo is not installed: pip install mujoco')
pytestmark = pytest.mark.usefixtures('graphics_library')
HEAP = {'seed': 5, 'kind': 'bin', 'count': 3, 'width': 320, 'height': 240}
MOVED_M = (0.0, 0.0, -0.1)
TRIES = 3


class Perception(Node):
    """Answers each image of the cell with what it shows, altered."""

    def __init__(self, alter: Callable[[Detection3DArray], None], moved_m: tuple[float, ...]
                 ) -> None:
        super().__init__('perception_node')
        cell = make_cell(**HEAP)
        self._sample = cell.look()
        self._found = by_truth(cell)(self._sample)
        cell.close()
        self._alter, self._moved_m = alter, np.array(moved_m)
        self.answers: list[PickResult] = []
        self._instances = self.create_publisher(Detection3DArray, 'instances', 1)
        self._label_image = self.create_publisher(Image, 'instances/label_image', 1)
        self._points = self.create_publisher(PointCloud2, 'instances/points', 1)
        self.create_subscription(Image, 'camera/color/image_raw', self._show,
                                 qos_profile_sensor_data)
        self.create_subscription(DiagnosticStatus, 'pick_result', lambda msg: self.answers.append(
            pick_result_from_msg(msg)), 10)

    def _show(self, image: Image) -> None:
        labels, sample = self._found.label_image, self._sample
        points = (deproject(sample.depth, sample.intrinsics) + self._moved_m).astype(np.float32)
        moved = replace(self._found, instances=tuple(
            replace(one, pose=replace(one.pose, position=one.pose.position + self._moved_m,
                                      box_center=one.pose.box_center + self._moved_m))
            for one in self._found.instances))
        detections = detections_3d_to_msg(moved, image.header)
        self._alter(detections)
        self._label_image.publish(label_image_to_msg(labels, image.header))
        self._points.publish(points_to_msg(points, sample.image, labels, image.header))
        self._instances.publish(detections)


def swap(name: str) -> Callable[[Detection3DArray], None]:
    """Return what gives a field of each detection to the next."""
    def alter(msg: Detection3DArray) -> None:
        values = [getattr(one, name) for one in msg.detections]
        for one, value in zip(msg.detections, values[1:] + values[:1], strict=True):
            setattr(one, name, value)
    return alter


def leave(msg: Detection3DArray) -> None:
    """Change nothing."""


@pytest.mark.parametrize('alter, moved_m, tries, refused', [
    pytest.param(leave, (0.0, 0.0, 0.0), 1, False, id='true'),
    # masks of one object and pose of another: the planner sees that by itself
    pytest.param(swap('id'), (0.0, 0.0, 0.0), 0, False, id='ids of others'),
    pytest.param(swap('bbox'), (0.0, 0.0, 0.0), TRIES, True, id='boxes of others'),
    pytest.param(leave, MOVED_M, TRIES, False, id='all 10 cm too near'),
])
def test_what_is_wrong_lifts_nothing(executor, alter, moved_m, tries, refused) -> None:
    perception = Perception(alter, moved_m)
    executor.add_node(perception)
    true = tries == 1
    with NodeProcess('sim_cell', HEAP) as cell, NodeProcess('pick_planner', {
            'confirm_frames': 1, 'max_tries': tries or TRIES, 'frame_timeout_s': PATIENCE_S,
            'answer_timeout_s': PATIENCE_S}) as planner:
        spin_until(executor, lambda: planner.says(r'\n\w+: .* lifted in \d'), 'the end')
        assert planner.wait() == (6 if tries else 3), planner.output
        assert planner.says(f'{int(true)} lifted in {tries} tries'), planner.output
        spin_until(executor, lambda: len(perception.answers) == tries, 'all answers')
        assert cell.end() == 0
    assert [one.lifted for one in perception.answers] == [true] * tries
    assert all(one.refused is refused for one in perception.answers), perception.answers
    assert tries or planner.says('its pose is .* mm from the middle of its points')
