# SPDX-License-Identifier: Apache-2.0
"""
For planners: the objects with their masks, as they come or on demand.

As they come, called back by whoever spins the node::

    client = InstanceClient(node, lambda frame: print(len(frame.detections.detections)))

On demand, from wherever it suits, a callback of the node included::

    frame = InstanceClient(node).segment()
    for detection in frame.detections.detections:
        pixels = frame.mask(detection)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
import threading
import time

from builtin_interfaces.msg import Time
from discinst_ros.nodes.conversions import segment_reply_from_text, stamp_to_ns
from discinst_ros.nodes.image_conversions import label_image_from_msg, MessageError
from discinst_ros.nodes.stamp_join import CAPACITY, StampJoin
from discinst_ros.nodes.states import STARTING
import numpy as np
import numpy.typing as npt
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection3D, Detection3DArray

#: What to join, by the names that perception_node publishes them under.
_TOPICS = ((Detection3DArray, 'instances'), (Image, 'instances/label_image'))
_QUEUE = 5
#: What goes on being wrong is logged again after so long.
_LOG_AGAIN_S = 10.0
#: How often a wait looks again at what wakes nobody, the services of other nodes.
_LOOK_S = 0.05
#: A frame that was announced and has not come for so long is lost: ask for another. A publisher
#: that is there is discovered sooner.
_LOST_S = 2.0


class SegmentError(RuntimeError):
    """perception_node refused to segment; the sentence is its own."""


@dataclass(frozen=True)
class InstanceFrame:
    """The objects of one image."""

    #: When the image was taken.
    stamp: Time
    #: The camera's optical frame, in which all poses are.
    frame_id: str
    detections: Detection3DArray
    #: H×W uint16, 0 = background; other values are ids of the detections.
    label_image: npt.NDArray[np.uint16]

    def mask(self, detection: Detection3D) -> npt.NDArray[np.bool_]:
        """Return which pixels belong to a detection, H×W bool."""
        return self.label_image == int(detection.id)


class InstanceClient:
    """
    Follows a perception_node for another node.

    Callbacks run in the executor of the caller's node. :meth:`segment` spins entities of its own
    in the calling thread, so it works whether or not anything spins the caller's node, and also
    from within a callback; that executor's other callbacks then wait until it returns.
    """

    def __init__(self, node: Node, callback: Callable[[InstanceFrame], None] | None = None, *,
                 perception_node: str = 'perception_node') -> None:
        """
        Subscribe for the callback, if there is one.

        Names are resolved as the node resolves its own: its namespace and remappings count.

        :param callback: called with each frame.
        :param perception_node: the name of the node to follow, with its namespace where that is
            another one: ``/cam1/perception_node``, whose topics are ``/cam1/instances`` and so on.
        """
        self._node = node
        self._service = node.resolve_service_name(f'{perception_node}/segment')
        beside = perception_node[:perception_node.rfind('/') + 1]
        self._topics = [node.resolve_topic_name(beside + topic) for _, topic in _TOPICS]
        self._asker: _Asker | None = None
        self._asking = threading.Lock()
        self._subscriptions = [] if callback is None else _subscribe(
            node, self._topics, callback)

    def segment(self, timeout_s: float = 10.0) -> InstanceFrame:
        """
        Ask for one frame and return it; its image was taken after this call.

        :raises TimeoutError: where none came in time; the sentence says what was missing.
        :raises SegmentError: where perception_node refused, for instance while it is not active.
        """
        with self._asking:
            if self._asker is None:
                self._asker = _Asker(self._node, self._service, self._topics)
            return self._asker.ask(timeout_s)

    def destroy(self) -> None:
        """Stop following."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()
        if self._asker is not None:
            self._asker.destroy()
            self._asker = None


class _Asker:
    """A node and an executor that nobody else spins."""

    def __init__(self, node: Node, service: str, topics: Sequence[str]) -> None:
        # Global arguments would rename it to its owner's name; names are resolved by the owner.
        self._node = Node(f'{node.get_name()}_segment', namespace=node.get_namespace(),
                          context=node.context, use_global_arguments=False, enable_rosout=False,
                          start_parameter_services=False)
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(self._node)
        self._service = service
        self._client = self._node.create_client(Trigger, service)
        self._frames: dict[int, InstanceFrame] = {}
        self._subscriptions = _subscribe(self._node, topics, self._keep)

    def ask(self, timeout_s: float) -> InstanceFrame:
        deadline = time.monotonic() + timeout_s
        if not self._wait(self._client.service_is_ready, deadline):
            raise TimeoutError(f'{self._service} is not there after {timeout_s:g} s; is '
                               'perception_node running?')
        # Who is not configured publishes nothing, but answers why. Half of the time is for that.
        now_s = time.monotonic()
        self._wait(self._has_publishers, min(now_s + _LOST_S, (now_s + deadline) / 2))
        failure = 'did not answer'
        while (reply := self._request(deadline)) is not None:
            if reply.success:
                failure = 'answered, but its frame did not arrive on ' + ' and '.join(
                    subscription.topic_name for subscription in self._subscriptions)
                stamp_ns, _ = segment_reply_from_text(reply.message)
                if self._wait(partial(self._frames.__contains__, stamp_ns),
                              min(deadline, time.monotonic() + _LOST_S)):
                    frame = self._frames[stamp_ns]
                    self._frames.clear()
                    return frame
            elif reply.message == STARTING:
                failure = 'did not finish loading its weights'
                self._wait(self._has_publishers, min(deadline, time.monotonic() + _LOST_S))
            else:
                raise SegmentError(reply.message)
        raise TimeoutError(f'{self._service} {failure} within {timeout_s:g} s')

    def _request(self, deadline: float) -> Trigger.Response | None:
        """Ask once; return the answer, None after the deadline."""
        if time.monotonic() >= deadline:
            return None
        reply = self._client.call_async(Trigger.Request())
        if not self._wait(reply.done, deadline):
            self._client.remove_pending_request(reply)
            return None
        return reply.result()

    def destroy(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()

    def _has_publishers(self) -> bool:
        return all(subscription.get_publisher_count() for subscription in self._subscriptions)

    def _keep(self, frame: InstanceFrame) -> None:
        self._frames[stamp_to_ns(frame.stamp)] = frame
        if len(self._frames) > CAPACITY:
            del self._frames[next(iter(self._frames))]

    def _wait(self, done: Callable[[], bool], deadline: float) -> bool:
        """Spin until something is true; return whether it became so in time."""
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._executor.spin_once(timeout_sec=min(left, _LOOK_S))
        return True


def _subscribe(subscriber: Node, topics: Sequence[str],
               callback: Callable[[InstanceFrame], None]) -> list[Subscription]:
    """Subscribe to the topics whose full names these are."""
    def joined(detections: Detection3DArray, label_image: Image) -> None:
        try:
            labels = label_image_from_msg(label_image)
        except MessageError as error:
            subscriber.get_logger().warning(f'a frame is left out, {topics[1]}: {error}',
                                            throttle_duration_sec=_LOG_AGAIN_S)
            return
        callback(InstanceFrame(
            stamp=label_image.header.stamp, frame_id=label_image.header.frame_id,
            detections=detections, label_image=labels))

    join = StampJoin(len(_TOPICS), joined)
    return [
        subscriber.create_subscription(
            message_type, topic,
            lambda message, part=part: join.add(part, stamp_to_ns(message.header.stamp), message),
            _QUEUE)
        for part, ((message_type, _), topic) in enumerate(zip(_TOPICS, topics, strict=True))]
