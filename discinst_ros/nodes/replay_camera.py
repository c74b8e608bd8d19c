# SPDX-License-Identifier: Apache-2.0
"""
A camera made of files: publishes images, depth and camera_info as a camera driver would.

All messages of one image carry one stamp, from the node's clock. A status in ``/diagnostics`` with
the same stamp names the image.
"""

from __future__ import annotations

from collections.abc import Sequence
import sys

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.sample import Sample
from discinst_ros.data.sources import open_source, SOURCE_NAMES
from discinst_ros.nodes.camera_publisher import CAMERA_SPECS, CameraPublisher
from discinst_ros.nodes.node_arguments import node_arguments
from discinst_ros.nodes.parameter_spec import AT_START, Spec
from discinst_ros.nodes.run_until_finished import run_until_finished
from discinst_ros.nodes.start_parameters import declare_start_parameters
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import Header

#: The name of the status, and the key under which it has the name of the image.
STATUS_NAME, IMAGE_KEY = 'replay_camera', 'image'

SPECS = (
    Spec('source', 'demo', f'What to replay: {", ".join(SOURCE_NAMES)}, or a folder of images.',
         changes=AT_START),
    Spec('rate_hz', 1.0, "Images per second of the node's clock.", limits=(0.01, 1000.0),
         changes=AT_START),
    Spec('loop', True, 'Start again after the last image. Otherwise the first image waits for a '
         'subscriber and the node ends after the last.', changes=AT_START),
    *CAMERA_SPECS,
)


class ReplayCamera(Node):
    """Publishes the images of a source one after the other."""

    def __init__(self) -> None:
        """
        Declare parameters, open the source and start the timer.

        :raises ValueError: for a parameter that cannot be, a source that cannot be replayed.
        """
        super().__init__('replay_camera')
        parameters = declare_start_parameters(self, SPECS)
        source: str = parameters['source']
        rate_hz: float = parameters['rate_hz']
        self._loop: bool = parameters['loop']
        self._frame_id: str = parameters['frame_id']
        self._source_name = source
        self._samples = open_source(source)
        self._next = 0
        #: Done with the exit code when nothing is left to replay.
        self.finished: Future = Future()
        self._camera = CameraPublisher(self, reliable=parameters['reliable'])
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self.create_timer(1 / rate_hz, self._tick)
        self.get_logger().info(
            f"replaying {len(self._samples)} images of '{source}' at {rate_hz:g} Hz on "
            f'{self._camera.topic}')

    def _tick(self) -> None:
        """Publish the next image."""
        if self._next == len(self._samples):
            if not self._loop:
                self.finished.set_result(0)
                return
            self._next = 0
        if not self._loop and self._next == 0 and not self._camera.is_heard:
            return
        index, self._next = self._next, self._next + 1
        try:
            sample = self._samples[index]
        except FolderError as error:
            self.get_logger().error(f'{error}; it is left out', throttle_duration_sec=10.0)
            return
        self._publish(sample)

    def _publish(self, sample: Sample) -> None:
        """Publish an image, and before it its name."""
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self._frame_id)
        self._diagnostics.publish(DiagnosticArray(header=header, status=[DiagnosticStatus(
            level=DiagnosticStatus.OK, name=STATUS_NAME, message=f'published {sample.name}',
            hardware_id=self._source_name,
            values=[KeyValue(key=IMAGE_KEY, value=sample.name)])]))
        self._camera.publish(sample, header)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the camera until it has replayed everything, or until Ctrl-C."""
    return run_until_finished(ReplayCamera, node_arguments(
        STATUS_NAME, 'Publish images as a camera would.', SPECS, argv))


if __name__ == '__main__':
    sys.exit(main())
