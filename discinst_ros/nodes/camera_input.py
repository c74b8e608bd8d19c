# SPDX-License-Identifier: Apache-2.0
"""
What perception_node subscribes to, and why nothing arrives.

Subscriptions are best effort and ask for nothing else, so whatever quality of service a camera
offers will do. A camera_info that was published once, before, comes only to who asks for it: so
where a publisher keeps its last one, there is a second subscription.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Any

from discinst_ros.nodes.camera_infos import CameraInfos
from discinst_ros.nodes.conversions import stamp_to_ns
from discinst_ros.nodes.topic_types import refuse_other_type, type_name
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

CAMERA_QOS = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
#: For the last words of those who keep them.
LATCHED_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                         durability=DurabilityPolicy.TRANSIENT_LOCAL)

IMAGE_TYPES = {'raw': Image, 'compressed': CompressedImage}
#: What image_transport appends to the name of an image's topic.
_SUFFIX = '/compressed'


@dataclass
class _Topic:
    name: str
    type_name: str
    subscription: Subscription
    #: Of the steady clock: when the last message arrived, at first when we subscribed.
    heard_s: float


class CameraInput:
    """The camera's topics while the node is active."""

    def __init__(self, node: Node, *, image_transport: str, depth: bool,
                 on_image: Callable[[Any], None], on_depth: Callable[[Any], None]) -> None:
        """
        Subscribe.

        :param image_transport: raw or compressed.
        :param depth: whether to subscribe to depth.
        :raises ValueError: where topics of different types are remapped to one name.
        """
        self._node = node
        self._topics: dict[str, _Topic] = {}
        self._camera_infos = CameraInfos()
        self._latched: Subscription | None = None
        self._transport = image_transport
        image = node.resolve_topic_name('image')
        if image_transport == 'compressed' and not image.endswith(_SUFFIX):
            image += _SUFFIX

        def on_image_with_depth(msg: Any) -> None:
            self._expect_camera_info(stamp_to_ns(msg.header.stamp))
            on_image(msg)

        try:
            self._subscribe('camera_info', CameraInfo, self._on_camera_info)
            self._look_for_latched()
            self._subscribe('image', IMAGE_TYPES[image_transport],
                            on_image_with_depth if depth else on_image, name=image)
            if depth:
                self._subscribe('depth', Image, on_depth)
        except ValueError:
            self.destroy()
            raise
        #: Whether the name of the image's topic says so, as those of image_proc do. It outlives
        #: the topics, as the worker may still ask for it.
        self.is_rectified = any(
            part.startswith('image_rect') for part in self.name('image').split('/'))

    def name(self, topic: str) -> str:
        """Return the full name that a topic is remapped to."""
        return self._topics[topic].name

    def camera_info(self, stamp_ns: int) -> CameraInfo | None:
        """
        Return the calibration of the image of a stamp, None where there is none at all.

        It may wait a moment, so it is not for the executor to call.
        """
        info: CameraInfo | None = self._camera_infos.of_image(stamp_ns)
        return info

    def publishers(self, topic: str) -> int:
        """Return how many publish on a topic; 0 for one that is not subscribed to."""
        entry = self._topics.get(topic)
        return 0 if entry is None else self._node.count_publishers(entry.name)

    def silence(self, topic: str, silence_s: float) -> str | None:
        """Return why nothing arrives on a topic, None where something does."""
        entry = self._topics.get(topic)
        if entry is None or time.monotonic() - entry.heard_s < silence_s:
            return None
        publishers = self._node.get_publishers_info_by_topic(entry.name)
        text = (f'no {topic} for {time.monotonic() - entry.heard_s:.0f} s on {entry.name} '
                f'(publishers: {len(publishers)})')
        others = {publisher.topic_type for publisher in publishers} - {entry.type_name}
        if others:
            text += f'; {", ".join(sorted(others))} is published there, not {entry.type_name}'
            if topic == 'image':
                text += f': {self._other_transport(entry.name)}'
        elif publishers:
            text += '; is the camera publishing, and does its image pass the transport?'
        elif topic == 'image' and self._is_on_other_transport(entry.name):
            text += f'; the camera has another transport: {self._other_transport(entry.name)}'
        else:
            text += '; is the camera running and the topic remapped?'
        return text

    def _other_transport(self, name: str) -> str:
        """Return what to set for images of the other transport."""
        if self._transport == 'compressed':
            return 'set image_transport to raw'
        there = '' if name.endswith(_SUFFIX) or not self._node.count_publishers(name) else (
            f' and remap image{_SUFFIX} to {name}')
        return f'set image_transport to compressed{there}'

    def _is_on_other_transport(self, name: str) -> bool:
        """Tell whether images are published where the other transport would listen."""
        other = (name.removesuffix(_SUFFIX) if self._transport == 'compressed'
                 else name + _SUFFIX)
        return other != name and self._node.count_publishers(other) > 0

    def destroy(self) -> None:
        """Unsubscribe."""
        for entry in self._topics.values():
            self._node.destroy_subscription(entry.subscription)
        self._topics.clear()
        if self._latched is not None:
            self._node.destroy_subscription(self._latched)
            self._latched = None

    def _on_camera_info(self, msg: CameraInfo) -> None:
        self._camera_infos.add(msg, stamp_to_ns(msg.header.stamp))

    def _on_latched(self, msg: CameraInfo) -> None:
        self._camera_infos.add(msg, stamp_to_ns(msg.header.stamp), latched=True)

    def _expect_camera_info(self, stamp_ns: int) -> None:
        """Take notice of an image."""
        if not self._camera_infos.note_image(stamp_ns):
            self._look_for_latched()

    def _look_for_latched(self) -> None:
        """
        Ask for the last camera_info of a publisher that keeps it.

        Only of such a one, as any other would warn of a subscription that it cannot serve.
        """
        name = self.name('camera_info')
        if self._latched is None and any(
                publisher.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
                for publisher in self._node.get_publishers_info_by_topic(name)):
            # nor is anything to be told here of publishers beside it that keep none
            self._latched = self._node.create_subscription(
                CameraInfo, name, self._on_latched, LATCHED_QOS,
                event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False))

    def _subscribe(self, topic: str, message: Any, callback: Callable[[Any], None], *,
                   name: str | None = None) -> None:
        """Subscribe to a topic, or to one of another name in its place."""
        name = self._node.resolve_topic_name(name or topic)
        refuse_other_type(self._node, topic, name, message)

        def hear(msg: Any) -> None:
            entry.heard_s = time.monotonic()
            callback(msg)

        entry = _Topic(name, type_name(message), self._node.create_subscription(
            message, name, hear, CAMERA_QOS), time.monotonic())
        self._topics[topic] = entry
