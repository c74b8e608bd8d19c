# SPDX-License-Identifier: Apache-2.0
"""
What an active node does with the images of its camera.

Messages arrive in the executor, are paired into frames and handed to the worker's thread; that
runs the model and publishes.
"""

from __future__ import annotations

import threading
import time
import traceback
from typing import Any

from discinst_ros.geometry.workspace import Workspace
from discinst_ros.nodes.camera_input import CameraInput
from discinst_ros.nodes.conversions import stamp_to_ns
from discinst_ros.nodes.diagnostics import FrameStatistics
from discinst_ros.nodes.frame_input import frame_input
from discinst_ros.nodes.frame_sync import Frame, FrameSync, PATIENCE_S
from discinst_ros.nodes.frame_worker import FrameWorker
from discinst_ros.nodes.image_conversions import MessageError
from discinst_ros.nodes.model import Model
from discinst_ros.nodes.parameters import Parameters
from discinst_ros.nodes.problems import Problems, sentence
from discinst_ros.nodes.publishers import InstancePublishers
from discinst_ros.nodes.segment_request import SegmentRequest
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node


class Pipeline:
    """Camera in, instances out, until it is stopped."""

    def __init__(self, node: Node, model: Model, publishers: InstancePublishers,
                 parameters: Parameters, problems: Problems,
                 statistics: FrameStatistics) -> None:
        """
        Subscribe and start to work.

        :raises ValueError: where topics of different types are remapped to one name.
        """
        self._node = node
        self._model = model
        self._publishers = publishers
        self._parameters = parameters
        self._problems = problems
        self._statistics = statistics
        self._request: SegmentRequest | None = None
        self._request_lock = threading.Lock()
        self._ending = False
        use_depth = parameters['use_depth']
        self._sync = FrameSync(slop_s=parameters['slop_s'], use_depth=use_depth)
        # The thread comes after what can be refused, so that none is left behind.
        self._camera = CameraInput(
            node, image_transport=parameters['image_transport'],
            depth=use_depth != 'never', on_image=self._on_image, on_depth=self._on_depth)
        self._worker = FrameWorker(self._work, min_period_s=self._min_period_s)
        # Of the steady clock: a simulated one may stand still.
        self._expiry = node.create_timer(
            PATIENCE_S / 4, self._on_expiry, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def image_topic(self) -> str:
        """The full name of the topic of the images."""
        return self._camera.name('image')

    def silence(self) -> str | None:
        """Return why no images arrive, None where they do."""
        return self._camera.silence('image', self._parameters['silence_s'])

    def segment(self, requested_ns: int) -> tuple[int, int]:
        """
        Wait for the instances of an image that is taken after a time of the node's clock.

        :return: the stamp of the image and the number of its instances.
        :raises TimeoutError: where there is none in time; the sentence says why.
        """
        timeout_s = self._parameters['segment_timeout_s']
        request = SegmentRequest(requested_ns)
        with self._request_lock:
            self._request = request
            if self._ending:
                request.cancel()
        count = request.wait(timeout_s)
        self._request = None
        if count is None or request.stamp_ns is None:
            raise TimeoutError(request.why_not(timeout_s))
        return request.stamp_ns, count

    def end_requests(self) -> None:
        """Let :meth:`segment` wait no longer, now and later."""
        with self._request_lock:
            self._ending = True
            request = self._request
        if request is not None:
            request.cancel()

    def stop(self) -> None:
        """Unsubscribe and finish the frame in work."""
        self._node.destroy_timer(self._expiry)
        self._camera.destroy()
        self.end_requests()
        if not self._worker.stop():
            self._problems.report('frame in work', 'the image in work was not finished in time',
                                  fatal=True)

    # In the executor

    def _on_image(self, msg: Any) -> None:
        stamp_ns = stamp_to_ns(msg.header.stamp)
        if not stamp_ns:
            self._problems.report('image without stamp', 'image: its stamp is 0, so nothing tells '
                                  'which depth belongs to it; let the driver stamp its images')
        request = self._request
        wanted = request is not None and request.wants(
            stamp_ns, self._node.get_clock().now().nanoseconds)
        self._sync.slop_s = self._parameters['slop_s']
        if wanted or self._parameters['continuous']:
            self._hand_over(self._sync.add_image(
                msg, stamp_ns, time.monotonic(),
                depth_offered=self._camera.publishers('depth') > 0))
        else:
            self._sync.note_image(stamp_ns, time.monotonic())

    def _on_depth(self, msg: Any) -> None:
        self._hand_over(self._sync.add_depth(msg, stamp_to_ns(msg.header.stamp),
                                             time.monotonic()))

    def _on_expiry(self) -> None:
        self._hand_over(self._sync.expire(time.monotonic()))

    def _hand_over(self, frame: Frame | None) -> None:
        """Say what is missing, and pass a complete frame to the worker."""
        self._statistics.drop('no depth within slop_s', self._sync.take_dropped())
        if self._sync.lacks_depth(time.monotonic()):
            self._problems.report('no depth', self._why_no_depth(),
                                  fatal=self._sync.use_depth == 'always')
        if frame is None:
            return
        request = self._request
        claimed = request is not None and request.claim(frame.stamp_ns)
        if claimed or self._parameters['continuous']:
            displaced = self._worker.offer(frame, at_once=claimed)
            if displaced is not None:
                self._drop(displaced, 'a newer image came', 'a newer image came before its turn')
                if request is not None:
                    request.claim(frame.stamp_ns)

    def _why_no_depth(self) -> str:
        fate = ('images are dropped' if self._sync.use_depth == 'always'
                else 'objects have no poses')
        late_s = self._sync.late_s()
        if late_s is not None:
            return (f'depth arrives {late_s:.1f} s after its image, {fate}: an image waits '
                    f'{PATIENCE_S:g} s; see to what is slow, the driver, the registration or the '
                    'network')
        miss_s = self._sync.nearest_miss_s()
        if miss_s is None or not self._camera.publishers('depth'):
            return (f"no depth arrives on {self._camera.name('depth')} (publishers: "
                    f"{self._camera.publishers('depth')}), {fate}; see to the camera or set "
                    'use_depth')
        return (f'no depth belongs to the images, {fate}: the nearest is '
                f'{miss_s:.3f} s away and slop_s is {self._sync.slop_s:g}')

    # In the worker's thread

    def _work(self, frame: Frame) -> None:
        """Turn a frame into messages; nothing that is wrong with it may end the thread."""
        try:
            count = self._segment_and_publish(frame)
        except MessageError as error:
            self._refuse(frame, error.kind, error)
        except ValueError as error:
            self._refuse(frame, 'image refused', error)
        except Exception as error:
            self._refuse(frame, 'internal error', error, fatal=True)
            self._node.get_logger().debug(traceback.format_exc())
        else:
            # once, as segment() may end its request meanwhile
            request = self._request
            if request is not None:
                request.answer(frame.stamp_ns, count)

    def _segment_and_publish(self, frame: Frame) -> int:
        started_s = time.monotonic()
        data = frame_input(frame, self._camera.camera_info(frame.stamp_ns), self._report,
                           rectified=self._camera.is_rectified)
        decoded_s = time.monotonic()
        workspace = Workspace(tuple(self._parameters['workspace']))
        instances = workspace.crop(
            self._model.segment(data).scoring(self._parameters['min_score']))
        segmented_s = time.monotonic()
        self._publishers.publish(frame.image.header, data, instances)
        timings_s = dict(instances.timings_s)
        timings_s['wait'] = started_s - frame.received_s
        timings_s['preprocess'] = timings_s.get('preprocess', 0.0) + decoded_s - started_s
        timings_s['publish'] = time.monotonic() - segmented_s
        self._statistics.add(timings_s, len(instances.instances))
        self._publishers.publish_timings(frame.image.header, timings_s)
        return len(instances.instances)

    def _report(self, error: MessageError) -> None:
        self._problems.report(error.kind, str(error))

    def _refuse(self, frame: Frame, kind: str, error: Exception, *, fatal: bool = False) -> None:
        self._problems.report(kind, sentence(error), fatal=fatal)
        self._drop(frame, kind, sentence(error))

    def _drop(self, frame: Frame, reason: str, why: str) -> None:
        self._statistics.drop(reason)
        request = self._request
        if request is not None:
            request.fail(frame.stamp_ns, why)

    def _min_period_s(self) -> float:
        rate_hz: float = self._parameters['max_rate_hz']
        return 1 / rate_hz if rate_hz > 0 else 0.0
