# SPDX-License-Identifier: Apache-2.0
"""
An example to copy: a planner that empties a bin, and knows of it what perception_node publishes.

It looks, chooses an object, tells the cell, waits for the answer, and looks again, at an image
taken after the answer. It ends when the bin is empty, or says in one sentence why it cannot go on.
What to pick is decided in :mod:`discinst_ros.picking`, which knows no ROS.
"""

from __future__ import annotations

from collections.abc import Sequence
import math
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from discinst_ros.nodes.conversions import stamp_to_ns
from discinst_ros.nodes.instance_client import InstanceClient, InstanceFrame
from discinst_ros.nodes.node_arguments import node_arguments
from discinst_ros.nodes.pick_faults import missing_cell, no_frame, other_planners
from discinst_ros.nodes.pick_frame import FrameReader, LOG_AGAIN_S
from discinst_ros.nodes.pick_messages import (
    is_answer,
    pick_result_from_msg,
    pick_target_to_msg,
    PickResult,
)
from discinst_ros.nodes.pick_parameters import gripper_of, patience_of, SPECS, workspace_of
from discinst_ros.nodes.run_until_finished import run_until_finished
from discinst_ros.nodes.stamp_join import StampJoin
from discinst_ros.nodes.start_parameters import declare_start_parameters
from discinst_ros.picking.choose import Option
from discinst_ros.picking.fresh import Freshness
from discinst_ros.picking.progress import Outcome, Progress
import numpy as np
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import PointCloud2
from vision_msgs.msg import Detection3D

#: How often the time that is left is looked at.
_LOOK_S = 0.1


class PickPlanner(Node):
    """Empties a bin; :attr:`finished` is done with the exit code when it is over."""

    def __init__(self, **options: Any) -> None:
        """
        Subscribe.

        :param options: of rclpy's Node.
        :raises ValueError: for a parameter that cannot be.
        """
        super().__init__('pick_planner', **options)
        given = declare_start_parameters(self, SPECS)
        self._progress = Progress(gripper_of(given), patience_of(given))
        self._frame_timeout_s: float = given['frame_timeout_s']
        self._answer_timeout_s: float = given['answer_timeout_s']
        #: Done with the exit code, see :class:`Outcome`.
        self.finished: Future = Future()
        #: What the cell was told and has not answered; None while looking.
        self._target: Detection3D | None = None
        #: Which frames show what the last pick has left.
        self.frames = Freshness(self.get_clock().now().nanoseconds)
        #: Of the steady clock, when the wait began that is going on.
        self._since_s = time.monotonic()

        self._targets = self.create_publisher(Detection3D, 'pick_target', 1)
        self._results = self.create_subscription(
            DiagnosticStatus, 'pick_result', self._on_result, 10)
        # A frame is complete with its points, so that one without depth is never 'empty'.
        self._join = StampJoin(2, self._on_frame)
        self._client = InstanceClient(self, lambda frame: self._join.add(
            0, stamp_to_ns(frame.stamp), frame))
        self._points = self.create_subscription(
            PointCloud2, 'instances/points', lambda msg: self._join.add(
                1, stamp_to_ns(msg.header.stamp), msg), 5)
        self._reader = FrameReader(self, self._points, workspace_of(given))
        # A camera or a clock of a simulation that stops must not stop the patience.
        self.create_timer(_LOOK_S, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_frame(self, frame: InstanceFrame, cloud: PointCloud2) -> None:
        """Choose, if this is a frame that was waited for."""
        stamp_ns = stamp_to_ns(frame.stamp)
        if self.finished.done() or self._target is not None:
            return
        if not self.frames.is_new(stamp_ns):
            return
        if missing_cell(self._targets, self._results):
            return
        if others := other_planners(self, self._targets):
            self.get_logger().warning(f'waiting: {others}', throttle_duration_sec=LOG_AGAIN_S)
            return
        seen = self._reader.read(frame, cloud)
        if seen is None or (self._reader.unseen and not seen[0]):
            # No objects that can be, or none and no bin either: wait for a frame that shows it.
            self._progress.interrupted()
            return
        instances, points, labels = seen
        self.frames.look(stamp_ns)
        self._since_s = time.monotonic()
        chosen = self._progress.look(instances, points, labels)
        if isinstance(chosen, Outcome):
            self._finish(chosen, self._progress.sentence(chosen))
        elif chosen is not None:
            self._pick(chosen, frame)

    def _pick(self, chosen: Option, frame: InstanceFrame) -> None:
        """Tell the cell."""
        assert chosen.place is not None
        label = str(chosen.instance.label)
        detection = next(one for one in frame.detections.detections if one.id == label)
        self._target = pick_target_to_msg(detection, chosen.place)
        x, y, z = chosen.place.position
        self.get_logger().info(
            f'picking object {label} of {len(frame.detections.detections)} at ({x:.3f}, {y:.3f}, '
            f'{z:.3f}) m, tilted by {math.degrees(chosen.place.tilt_rad):.0f}°, value '
            f'{chosen.value:.3f}')
        self._targets.publish(self._target)

    def _on_result(self, msg: DiagnosticStatus) -> None:
        """Take the answer of the cell, and look again."""
        try:
            result = pick_result_from_msg(msg)
        except ValueError as error:
            self.get_logger().warning(f'{self._results.topic_name}: {error}')
            return
        if self._target is None or not is_answer(result, self._target):
            self.get_logger().warning(
                f'an answer about object {result.id}, which was not asked for, is left out')
            return
        self._count(result, self._target)
        self._target = None
        self._reader.forget()
        arrived_ns = self.get_clock().now().nanoseconds
        self.frames.begin(arrived_ns if result.done_ns is None else result.done_ns)
        self._since_s = time.monotonic()

    def _count(self, result: PickResult, target: Detection3D) -> None:
        if result.lifted:
            self._progress.succeeded()
            self.get_logger().info(f'lifted {result.object or "an object"}: {result.message}')
            return
        position = target.results[0].pose.pose.position
        self._progress.failed(np.array([position.x, position.y, position.z]))
        self.get_logger().warning(f'object {target.id} was not lifted: {result.message}')

    def _watch(self) -> None:
        """End what waits for too long."""
        waited_s = time.monotonic() - self._since_s
        if self.finished.done():
            return
        if self._target is not None:
            if waited_s >= self._answer_timeout_s:
                self._finish(Outcome.NO_ANSWER, (
                    f'no answer on {self._results.topic_name} within {self._answer_timeout_s:g} s '
                    f'to the pick of object {self._target.id}; does the cell run?'))
        elif waited_s >= self._frame_timeout_s:
            missing = (missing_cell(self._targets, self._results)
                       or other_planners(self, self._targets))
            self._finish(Outcome.NO_ANSWER if missing else Outcome.NO_FRAMES, missing or no_frame(
                self, self._points, self._frame_timeout_s, unseen=self._reader.unseen,
                malformed=self._reader.malformed, old=self.frames.why))

    def _finish(self, outcome: Outcome, sentence: str) -> None:
        """Say how it ended and end."""
        if outcome == Outcome.EMPTY:
            self.get_logger().info(sentence)
        else:
            if outcome in (Outcome.NO_FRAMES, Outcome.NO_ANSWER):
                sentence += f' ({self._progress.sentence(outcome)})'
            self.get_logger().error(sentence)
        print(f'{outcome.name.lower()}: {sentence}', flush=True)
        self.finished.set_result(int(outcome))


def main(argv: Sequence[str] | None = None) -> int:
    """Empty a bin; the exit code is that of the outcome, 0 for an empty bin or after Ctrl-C."""
    return run_until_finished(PickPlanner, node_arguments(
        'pick_planner', 'Empty a bin: choose what to pick from what perception_node sees.', SPECS,
        argv))


if __name__ == '__main__':
    sys.exit(main())
