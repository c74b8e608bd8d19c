# SPDX-License-Identifier: Apache-2.0
"""
What perception_node subscribes to, and why nothing arrives.

Subscriptions are best effort and ask for nothing else, so whatever quality of service a camera
offers will do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Any

from discinst_ros.nodes.conversions import stamp_to_ns
from discinst_ros.nodes.frame_sync import CAPACITY
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

CAMERA_QOS = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)

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
        """
        self._node = node
        self._topics: dict[str, _Topic] = {}
        #: The newest ones by stamp, the newest of all last.
        self._camera_infos: dict[int, CameraInfo] = {}
        self._transport = image_transport
        image = node.resolve_topic_name('image')
        if image_transport == 'compressed' and not image.endswith(_SUFFIX):
            image += _SUFFIX
        self._subscribe('image', IMAGE_TYPES[image_transport], on_image, name=image)
        if depth:
            self._subscribe('depth', Image, on_depth)
        self._subscribe('camera_info', CameraInfo, self._on_camera_info)

    def name(self, topic: str) -> str:
        """Return the full name that a topic is remapped to."""
        return self._topics[topic].name

    @property
    def is_rectified(self) -> bool:
        """Whether the name of the image's topic says so, as those of image_proc do."""
        return any(part.startswith('image_rect') for part in self.name('image').split('/'))

    def camera_info(self, stamp_ns: int) -> CameraInfo | None:
        """
        Return the calibration of the image of a stamp, None where there is none at all.

        The one of its stamp counts, as the next image may have another size or zoom; a camera
        that tells its calibration now and then is taken at its newest word.
        """
        infos = dict(self._camera_infos)
        return infos.get(stamp_ns) or next(reversed(infos.values()), None)

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

    def _on_camera_info(self, msg: CameraInfo) -> None:
        stamp_ns = stamp_to_ns(msg.header.stamp)
        self._camera_infos.pop(stamp_ns, None)
        self._camera_infos[stamp_ns] = msg
        if len(self._camera_infos) > CAPACITY:
            del self._camera_infos[next(iter(self._camera_infos))]

    def _subscribe(self, topic: str, message: Any, callback: Callable[[Any], None], *,
                   name: str | None = None) -> None:
        """Subscribe to a topic, or to one of another name in its place."""
        name = self._node.resolve_topic_name(name or topic)

        def hear(msg: Any) -> None:
            entry.heard_s = time.monotonic()
            callback(msg)

        package, kind = message.__module__.split('.')[0], message.__name__
        entry = _Topic(name, f'{package}/msg/{kind}', self._node.create_subscription(
            message, name, hear, CAMERA_QOS), time.monotonic())
        self._topics[topic] = entry
