# SPDX-License-Identifier: Apache-2.0
"""
The topics of a camera driver, filled from samples.

The image goes out as rgb8, and as JPEG on the topic's ``/compressed`` while somebody listens
there; the depth as 16UC1 millimetres; each only where the sample has it.
"""

from __future__ import annotations

from discinst_ros.data.sample import Sample
from discinst_ros.nodes import camera_topics
from discinst_ros.nodes.calibration import intrinsics_to_msg
from discinst_ros.nodes.image_conversions import (
    depth_to_msg,
    image_to_compressed_msg,
    image_to_msg,
)
from discinst_ros.nodes.parameter_spec import AT_START, Spec
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

#: Parameters of a node that publishes as a camera.
CAMERA_SPECS = (
    Spec('reliable', False, 'Publish images reliably instead of best effort as sensors do.',
         changes=AT_START),
    Spec('frame_id', 'camera_color_optical_frame', 'Frame of the images.', changes=AT_START),
)


class CameraPublisher:
    """Publishes samples on the topics of :mod:`discinst_ros.nodes.camera_topics`."""

    def __init__(self, node: Node, *, reliable: bool) -> None:
        """
        Create the publishers.

        :param reliable: publish reliably instead of best effort as sensors do.
        """
        qos = QoSProfile(depth=5) if reliable else qos_profile_sensor_data
        self._image = node.create_publisher(Image, camera_topics.IMAGE, qos)
        self._compressed = node.create_publisher(
            CompressedImage, f'{self._image.topic_name}/compressed', qos)
        self._depth = node.create_publisher(Image, camera_topics.DEPTH, qos)
        self._camera_info = node.create_publisher(CameraInfo, camera_topics.CAMERA_INFO, qos)

    @property
    def topic(self) -> str:
        """The topic of the image."""
        return str(self._image.topic_name)

    @property
    def is_heard(self) -> bool:
        """Tell whether anybody listens to the image."""
        return (self._image.get_subscription_count() > 0
                or self._compressed.get_subscription_count() > 0)

    def publish(self, sample: Sample, header: Header) -> None:
        """Publish an image; what tells of it goes first, so that it is there when it arrives."""
        if sample.intrinsics is not None:
            self._camera_info.publish(intrinsics_to_msg(sample.intrinsics, header))
        if sample.depth is not None:
            self._depth.publish(depth_to_msg(sample.depth, header, encoding='16UC1'))
        self._image.publish(image_to_msg(sample.image, header))
        if self._compressed.get_subscription_count() > 0:
            self._compressed.publish(
                image_to_compressed_msg(sample.image, header, image_format='jpg'))
