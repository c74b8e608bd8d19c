# SPDX-License-Identifier: Apache-2.0
"""
Tells what perception_node sees: a line per image, and the newest picture of each.

Where nothing arrives it says why. An image has the name that replay_camera gives it, or that of
its frame.
"""

from __future__ import annotations

from collections.abc import Sequence
import sys
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from discinst_ros.data.pictures import PictureFolder
from discinst_ros.nodes.conversions import stamp_to_ns
from discinst_ros.nodes.image_conversions import image_from_msg, MessageError
from discinst_ros.nodes.instance_client import InstanceClient, InstanceFrame
from discinst_ros.nodes.node_arguments import node_arguments
from discinst_ros.nodes.parameter_spec import AT_START, Spec
from discinst_ros.nodes.replay_camera import IMAGE_KEY, STATUS_NAME
from discinst_ros.nodes.report_line import report_line
from discinst_ros.nodes.run_until_finished import run_until_finished
from discinst_ros.nodes.stamp_join import StampJoin
from discinst_ros.nodes.start_parameters import declare_start_parameters
from discinst_ros.writable import path_of
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import Image

SPECS = (
    Spec('duration_s', 0.0, 'Seconds from the first image until the report is complete; 0 stands '
         'for until Ctrl-C.',
         limits=(0.0, 1e6), changes=AT_START),
    Spec('output_dir', 'demo', 'Folder for the pictures.', changes=AT_START),
)
#: After so long without an image the reason is given, and again after so long.
SILENCE_S, AGAIN_S = 5.0, 10.0
#: So much longer the first image may take: the network is loaded meanwhile.
START_S = 20.0
#: Names of so many images are remembered.
_NAMES = 100


class InstanceReport(Node):
    """Prints and keeps pictures; logs only what is wrong."""

    def __init__(self) -> None:
        """
        Subscribe.

        :raises ValueError: for a parameter that cannot be.
        :raises OSError: where the folder for the pictures cannot be made.
        """
        super().__init__('instance_report')
        parameters = declare_start_parameters(self, SPECS)
        self._pictures = PictureFolder(path_of(parameters['output_dir']))
        self._duration_s: float = parameters['duration_s']
        #: Done with the exit code when the report is complete.
        self.finished: Future = Future()
        self._images = 0
        self._ends_s = time.monotonic() + self._duration_s + START_S
        self._heard_s = time.monotonic()
        self._explained_s = float('-inf')
        self._names: dict[int, str] = {}
        self._perception = f'{self.get_namespace()}/perception_node: instances'.lstrip('/')
        self._perception_says = ''

        self._line = StampJoin(2, self._print)
        self._client = InstanceClient(self, lambda frame: self._line.add(
            0, stamp_to_ns(frame.stamp), frame))
        self.create_subscription(DiagnosticArray, 'instances/timings', lambda msg: self._line.add(
            1, stamp_to_ns(msg.header.stamp), msg), 5)
        self.create_subscription(Image, 'instances/overlay', self._keep_picture, 5)
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        # The report is for people: its time is theirs, also where a simulation has its own.
        self.create_timer(0.1, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _print(self, frame: InstanceFrame, timings: DiagnosticArray) -> None:
        self._heard_s = time.monotonic()
        if not self._images:
            self._ends_s = self._heard_s + self._duration_s
        self._images += 1
        centers = [detection.bbox.center.position for detection in frame.detections.detections]
        timings_ms = {value.key.removesuffix('_ms'): float(value.value)
                      for value in timings.status[0].values}
        print(report_line(self._name(stamp_to_ns(frame.stamp), frame.frame_id),
                          [(center.x, center.y, center.z) for center in centers], timings_ms),
              flush=True)

    def _keep_picture(self, msg: Image) -> None:
        name = self._name(stamp_to_ns(msg.header.stamp), msg.header.frame_id)
        try:
            self._pictures.keep(name, image_from_msg(msg))
        except (OSError, MessageError) as error:
            self.get_logger().error(f'no picture of {name}: {error}', throttle_duration_sec=10.0)

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            if status.name == self._perception:
                self._perception_says = status.message
            elif status.name == STATUS_NAME:
                self._remember(stamp_to_ns(msg.header.stamp), status)

    def _remember(self, stamp_ns: int, status: DiagnosticStatus) -> None:
        values = {value.key: value.value for value in status.values}
        if IMAGE_KEY not in values:  # of another node that calls itself so
            return
        self._names[stamp_ns] = values[IMAGE_KEY]
        if len(self._names) > _NAMES:
            del self._names[next(iter(self._names))]

    def _name(self, stamp_ns: int, frame_id: str) -> str:
        return self._names.get(stamp_ns, frame_id or 'image')

    def _look(self) -> None:
        """End in time, and break the silence."""
        now_s = time.monotonic()
        if self._duration_s and now_s >= self._ends_s:
            self.finished.set_result(self._conclude())
        elif now_s - self._heard_s >= SILENCE_S and now_s - self._explained_s >= AGAIN_S:
            self._explained_s = now_s
            self.get_logger().warning(self._why_silent())

    def _why_silent(self) -> str:
        """Return why no images are reported."""
        topic = self.resolve_topic_name('instances')
        if not self.count_publishers(topic):
            return f'nobody publishes {topic} yet: perception_node is starting, or is not running'
        return f'nothing arrives on {topic}: perception_node says {self._perception_says!r}'

    def _conclude(self) -> int:
        """Say what it comes to; return the exit code."""
        if not self._images:
            self.get_logger().error(f'no image was reported: {self._why_silent()}')
            return 1
        print(f'{self._images} images; the newest picture of each is in {self._pictures.folder}/',
              flush=True)
        return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Report until the time is up or until Ctrl-C; an end without any image is a failure."""
    return run_until_finished(InstanceReport, node_arguments(
        'instance_report', 'Tell what perception_node sees.', SPECS, argv))


if __name__ == '__main__':
    sys.exit(main())
