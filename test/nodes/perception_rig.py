# SPDX-License-Identifier: Apache-2.0
"""
A perception_node in a process of its own, and a camera and a listener to drive it over DDS.

Whatever is waited for is waited for by spinning until it is there; patience ends in a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from discinst_ros.data.sample import Sample
from discinst_ros.nodes.calibration import intrinsics_to_msg
from discinst_ros.nodes.conversions import stamp_from_ns, stamp_to_ns
from discinst_ros.nodes.image_conversions import (
    depth_to_msg,
    image_to_compressed_msg,
    image_to_msg,
)
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from node_process import NodeProcess, spin_until
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2DArray, Detection3DArray, LabelInfo
from visualization_msgs.msg import MarkerArray

#: So often a camera publishes while something is waited for.
CAMERA_PERIOD_S = 0.15
#: What has no result then was lost on the way.
LOST_S = 5.0
#: A machine that is busy elsewhere may lose a message, or keep it for too long. Of so many tries
#: one succeeds there, too.
TRIES = 8

RELIABLE = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

CONFIGURE = Transition.TRANSITION_CONFIGURE
ACTIVATE = Transition.TRANSITION_ACTIVATE
DEACTIVATE = Transition.TRANSITION_DEACTIVATE
CLEANUP = Transition.TRANSITION_CLEANUP

#: What every result has.
RESULT = {'instances': Detection3DArray, 'instances/label_image': Image,
          'instances/detections_2d': Detection2DArray}
#: What only those who look get.
EXTRAS = {'instances/overlay': Image, 'instances/markers': MarkerArray,
          'instances/points': PointCloud2}


def has_poses(result: Mapping[str, Any]) -> bool:
    """Tell whether any object of a result has a pose."""
    return any(one.results[0].pose.covariance[0] >= 0 for one in result['instances'].detections)


class PerceptionProcess(NodeProcess):
    """A perception_node in a namespace; use it in a with statement."""

    def __init__(self, namespace: str, parameters: Mapping[str, Any]) -> None:
        """Start it."""
        super().__init__('perception_node', parameters, namespace=namespace)


@contextmanager
def running_perception(namespace: str, parameters: Mapping[str, Any]
                       ) -> Iterator[PerceptionProcess]:
    """Give a perception_node that ends well: without an error, and without a trace till then."""
    with PerceptionProcess(namespace, parameters) as process:
        yield process
        assert process.end() == 0
        assert 'Traceback' not in process.output


class Rig:
    """A camera, a listener and an operator for the perception_node of a namespace."""

    def __init__(self, namespace: str, *, camera_qos: QoSProfile = RELIABLE,
                 image_type: type = Image, image_topic: str = '', extras: bool = False) -> None:
        """
        Make them; a simulated clock is the test's to publish.

        :param image_topic: that of ``image_type``, unless given.
        """
        self.node = Node('rig', namespace=namespace)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self.namespace = namespace
        self.image = self.node.create_publisher(image_type, image_topic or (
            'image/compressed' if image_type is CompressedImage else 'image'), camera_qos)
        self.depth = self.node.create_publisher(Image, 'depth', camera_qos)
        self.camera_info = self.node.create_publisher(CameraInfo, 'camera_info', camera_qos)
        #: Newest status of the node, and all messages by topic and stamp.
        self.status: DiagnosticStatus | None = None
        self.diagnostics_stamp_ns = 0
        self.received: dict[str, dict[int, Any]] = {}
        self.topics = {**RESULT, **(EXTRAS if extras else {})}
        for topic, message in self.topics.items():
            self._listen(topic, message, RELIABLE)
        self._listen('instances/label_info', LabelInfo, LATCHED)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 50)

    # Waiting

    def spin_until(self, done: Callable[[], Any], *, what: str = '') -> Any:
        """Spin until something is true and return it."""
        return spin_until(self._executor, done, what)

    def publish_until(self, publish: Callable[[], Any], done: Callable[[], Any], *,
                      what: str = '') -> Any:
        """Publish again and again, as cameras do, until something is true."""
        timer = self.node.create_timer(CAMERA_PERIOD_S, publish)
        try:
            publish()
            return self.spin_until(done, what=what)
        finally:
            self.node.destroy_timer(timer)

    def wait_until_active(self) -> None:
        """Wait until the node listens to the camera and the listener to the node."""
        topics = self.topics
        self.spin_until(lambda: self.image.get_subscription_count() and all(
            self.node.count_publishers(f'{self.namespace}/{topic}') for topic in topics),
            what='an active node')

    # Camera

    def header(self, stamp_ns: int | None = None) -> Header:
        """Return a header with a stamp, that of now unless given."""
        now_ns = self.node.get_clock().now().nanoseconds
        return Header(frame_id='camera_color_optical_frame',
                      stamp=stamp_from_ns(now_ns if stamp_ns is None else stamp_ns))

    def publish(self, sample: Sample, *, stamp_ns: int | None = None, depth: bool = True,
                info: bool = True, encoding: str = '32FC1',
                edit: Callable[[Any, Any, Any], None] | None = None) -> int:
        """Publish a sample as a camera would, changed by ``edit``; return the stamp."""
        header = self.header(stamp_ns)
        messages: list[Any] = [
            intrinsics_to_msg(sample.intrinsics, header),
            depth_to_msg(sample.depth, header, encoding=encoding),
            image_to_compressed_msg(sample.image, header)
            if self.image.msg_type is CompressedImage else image_to_msg(sample.image, header)]
        if edit is not None:
            edit(messages[2], messages[1], messages[0])
        if info:
            self.camera_info.publish(messages[0])
        if depth:
            self.depth.publish(messages[1])
        self.image.publish(messages[2])
        return stamp_to_ns(header.stamp)

    def result(self, stamp_ns: int) -> dict[str, Any] | None:
        """Return all messages of a stamp, None while they are not complete."""
        messages = {topic: self.received[topic].get(stamp_ns) for topic in self.topics}
        return messages if all(messages.values()) else None

    def result_in_time(self, stamp_ns: int) -> dict[str, Any] | None:
        """Wait for all messages of a stamp, and return them; None where any was lost."""
        lost_s = time.monotonic() + LOST_S
        self.spin_until(lambda: self.result(stamp_ns) or time.monotonic() > lost_s)
        return self.result(stamp_ns)

    def run(self, sample: Sample, *, done: Callable[[dict[str, Any]], Any] = bool, **how: Any
            ) -> dict[str, Any]:
        """
        Publish a sample until one of its images has a result, and return that.

        :param done: whether it is a result that was waited for, as the first image of a camera may
            come before its depth and camera_info, or one of these be lost.
        """
        stamps: list[int] = []
        return self.publish_until(  # type: ignore[no-any-return]
            lambda: stamps.append(self.publish(sample, **how)),
            lambda: next((result for result in filter(None, map(self.result, stamps))
                          if done(result)), None), what='a result')

    # Operator

    def diagnostics(self, done: Callable[[DiagnosticStatus, dict[str, str]], Any]
                    ) -> tuple[DiagnosticStatus, dict[str, str]]:
        """Wait until the status and its values are as wanted; return them."""
        self.status = None

        def look() -> tuple[DiagnosticStatus, dict[str, str]] | None:
            if self.status is None:
                return None
            values = {value.key: value.value for value in self.status.values}
            return (self.status, values) if done(self.status, values) else None

        return self.spin_until(look, what='diagnostics')  # type: ignore[no-any-return]

    def next_diagnostics(self) -> tuple[DiagnosticStatus, dict[str, str]]:
        """Wait for a status that was made after this call; one may be on its way by now."""
        since_ns = self.node.get_clock().now().nanoseconds
        for _ in range(2):  # the first may have been thought out before, and stamped after
            found = self.diagnostics(
                lambda *_, since_ns=since_ns: self.diagnostics_stamp_ns > since_ns)
            since_ns = self.diagnostics_stamp_ns
        return found

    def ask(self, name: str) -> Any:
        """Call a Trigger service of the node; return the future of its answer."""
        client = self.node.create_client(Trigger, f'{self.namespace}/perception_node/{name}')
        self.spin_until(client.service_is_ready, what=name)
        return client.call_async(Trigger.Request())

    def call(self, service_type: Any, name: str, request: Any) -> Any:
        """Call a service of the node."""
        client = self.node.create_client(
            service_type, f'{self.namespace}/perception_node/{name}')
        try:
            self.spin_until(client.service_is_ready, what=name)
            future = client.call_async(request)
            self.spin_until(future.done, what=f'the answer of {name}')
            return future.result()
        finally:
            self.node.destroy_client(client)

    def change_state(self, transition: int) -> bool:
        """Ask for a transition; return whether it succeeded."""
        request = ChangeState.Request(transition=Transition(id=transition))
        return bool(self.call(ChangeState, 'change_state', request).success)

    def state(self) -> str:
        """Return the state of the node."""
        return str(self.call(GetState, 'get_state', GetState.Request()).current_state.label)

    def set_parameter(self, name: str, value: Any) -> Any:
        """Set a parameter; return the result."""
        request = SetParameters.Request(parameters=[
            Parameter(name, value=value).to_parameter_msg()])
        return self.call(SetParameters, 'set_parameters', request).results[0]

    def segment(self) -> Trigger.Response:
        """Ask for one frame."""
        return self.call(Trigger, 'segment', Trigger.Request())

    def destroy(self) -> None:
        """End."""
        self._executor.shutdown()
        self.node.destroy_node()

    def _listen(self, topic: str, message: Any, qos: QoSProfile) -> None:
        by_stamp = self.received.setdefault(topic, {})

        def keep(msg: Any) -> None:
            # The first marker speaks for the array
            header = msg.markers[0].header if topic.endswith('markers') else msg.header
            by_stamp[stamp_to_ns(header.stamp)] = msg

        self.node.create_subscription(message, topic, keep, qos)

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            if status.name == f'{self.namespace[1:]}/perception_node: instances':
                self.status = status
                self.diagnostics_stamp_ns = stamp_to_ns(msg.header.stamp)
