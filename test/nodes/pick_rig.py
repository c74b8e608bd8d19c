# SPDX-License-Identifier: Apache-2.0
"""A made-up perception and cell: a bin of plates that a test shows and empties, and a planner."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from discinst_ros.geometry.camera import deproject
from discinst_ros.geometry.surface import pose_of_mask
from discinst_ros.instances import Instance, Instances, Intrinsics
from discinst_ros.nodes.conversions import detections_3d_to_msg, stamp_from_ns, stamp_to_ns
from discinst_ros.nodes.image_conversions import label_image_to_msg
from discinst_ros.nodes.pick_faults import missing_cell, other_planners
from discinst_ros.nodes.pick_messages import pick_result_to_msg, PickResult
from discinst_ros.nodes.pick_planner import PickPlanner
from discinst_ros.nodes.point_cloud import points_to_msg
from node_process import spin_until
import numpy as np
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header
from vision_msgs.msg import Detection3D, Detection3DArray

CAMERA = Intrinsics(200.0, 200.0, 79.5, 29.5, 160, 60)
FLOOR_M = 0.6
#: Where the plates lie: by label the first column, and the depth; 26 pixels are some 6 cm.
PLATES = {1: (6, 0.5), 2: (66, 0.48), 3: (126, 0.46)}
_SIDE_PX = 26
#: Enough for whatever a test waits for itself; the planner's own patience where it must run out.
LONG, SHORT = 60.0, 0.3


def middle(label: int) -> tuple[float, float, float]:
    """Return the middle of a plate in metres, by hand."""
    column, depth = PLATES[label]
    return ((column + (_SIDE_PX - 1) / 2 - CAMERA.cx) * depth / CAMERA.fx,
            (17 + (_SIDE_PX - 1) / 2 - CAMERA.cy) * depth / CAMERA.fy, depth)


class Perception(Node):
    """Publishes what is in the bin when told to, or 20 times per second."""

    def __init__(self) -> None:
        super().__init__('perception_node')
        self.plates = set(PLATES)
        self.floor_m = FLOOR_M
        #: What a broken perception does to its messages.
        self.spoil: Callable[[Detection3DArray, PointCloud2], object] = lambda detections, cloud: 0
        self._instances = self.create_publisher(Detection3DArray, 'instances', 1)
        self._label_image = self.create_publisher(Image, 'instances/label_image', 1)
        self._points = self.create_publisher(PointCloud2, 'instances/points', 1)

    def start(self) -> None:
        self.create_timer(0.05, self.show)

    def now_ns(self) -> int:
        return self.get_clock().now().nanoseconds

    def is_heard(self) -> bool:
        return all(publisher.get_subscription_count() for publisher in (
            self._instances, self._label_image, self._points))

    def show(self, stamp_ns: int | None = None, *, points: bool = True) -> None:
        """Publish a frame, stamped now unless given."""
        header = Header(stamp=stamp_from_ns(stamp_ns or self.now_ns()), frame_id='camera')
        labels = np.zeros((CAMERA.height, CAMERA.width), np.uint16)
        depth = np.full(labels.shape, self.floor_m, np.float32)
        for label in self.plates:
            column, plate_m = PLATES[label]
            window = np.s_[17:17 + _SIDE_PX, column:column + _SIDE_PX]
            labels[window], depth[window] = label, plate_m
        instances = tuple(
            Instance(label, 1, 0.9, (0, 0, 1, 1), _SIDE_PX ** 2,
                     pose_of_mask(depth, labels == label, CAMERA))
            for label in sorted(self.plates))
        detections = detections_3d_to_msg(Instances(labels, instances), header)
        cloud = points_to_msg(deproject(depth, CAMERA), np.zeros((*labels.shape, 3), np.uint8),
                              labels, header)
        self.spoil(detections, cloud)
        self._label_image.publish(label_image_to_msg(labels, header))
        if points:
            self._points.publish(cloud)
        self._instances.publish(detections)


class Cell(Node):
    """Keeps the targets it is told, and answers as a test does."""

    def __init__(self) -> None:
        super().__init__('cell')
        self.targets: list[Detection3D] = []
        self._results = self.create_publisher(DiagnosticStatus, 'pick_result', 10)
        self.create_subscription(Detection3D, 'pick_target', self.told, 10)

    def told(self, target: Detection3D) -> None:
        self.targets.append(target)

    @property
    def ids(self) -> list[int]:
        return [int(target.id) for target in self.targets]

    def answer(self, lifted: bool, *, done_ns: int | None = None, stamp_ns: int | None = None
               ) -> None:
        """Answer the newest target."""
        target = self.targets[-1]
        self.send(pick_result_to_msg(PickResult(
            stamp_ns or stamp_to_ns(target.header.stamp), target.id, lifted,
            'the seal holds' if lifted else 'no seal', f'plate {target.id}', done_ns=done_ns)))

    def send(self, msg: DiagnosticStatus) -> None:
        self._results.publish(msg)


class LiftingCell(Cell):
    """Takes out of the bin whatever it is told to."""

    def __init__(self, perception: Perception) -> None:
        super().__init__()
        self._perception = perception

    def told(self, target: Detection3D) -> None:
        super().told(target)
        self._perception.plates.discard(int(target.id))
        self.answer(True)


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

    def meet(self, perception: Perception, cell: Cell, *, alone: bool = True) -> None:
        """
        Wait until everybody has found each other.

        :param alone: and until the planner of another test, of another process, is forgotten.
        """
        self.until(lambda: perception.is_heard() and self.has_cell()
                   and not (alone and self.others()), 'discovery')

    def hurry(self, frame_timeout_s: float) -> None:
        """
        Give it little patience, from now on.

        From the start on it might be over before the first frame that a test shows is looked at.
        """
        self.planner._frame_timeout_s = frame_timeout_s

    def has_cell(self) -> bool:
        return not missing_cell(self.planner._targets, self.planner._results)

    def others(self) -> str:
        return other_planners(self.planner, self.planner._targets)

    def see(self, perception: Perception, stamp_ns: int | None = None) -> None:
        """Show a frame and wait until the planner has it."""
        frames = self.planner.frames
        before = frames.looked + frames.old
        perception.show(stamp_ns)
        self.until(lambda: frames.looked + frames.old > before, 'a frame')

    def answered(self) -> None:
        self.until(lambda: self.planner._target is None, 'the answer')

    def code(self) -> int:
        self.until(self.planner.finished.done, 'the end')
        return int(self.planner.finished.result())
