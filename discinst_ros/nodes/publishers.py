# SPDX-License-Identifier: Apache-2.0
"""
What perception_node publishes per image.

What only people look at is made while somebody subscribes to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from discinst_ros.geometry.camera import deproject
from discinst_ros.instances import Instances
from discinst_ros.nodes.conversions import (
    detections_2d_to_msg,
    detections_3d_to_msg,
    label_info_to_msg,
)
from discinst_ros.nodes.diagnostics import timings_to_msg
from discinst_ros.nodes.frame_input import FrameInput
from discinst_ros.nodes.image_conversions import image_to_msg, label_image_to_msg
from discinst_ros.nodes.markers import markers_to_msg
from discinst_ros.nodes.point_cloud import points_to_msg
from discinst_ros.nodes.problems import Problems
from discinst_ros.nodes.topic_types import refuse_other_type
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, qos_policy_name_from_kind, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray, Detection3DArray, LabelInfo
from visualization_msgs.msg import MarkerArray

LATEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                     durability=DurabilityPolicy.TRANSIENT_LOCAL)


class InstancePublishers:
    """The publishers of a configured node."""

    def __init__(self, node: Node, problems: Problems) -> None:
        """
        Create them.

        :raises ValueError: where topics of different types are remapped to one name.
        """
        self._node = node
        self._problems = problems
        self._publishers: list[Publisher] = []
        try:
            self._instances = self._create(Detection3DArray, 'instances')
            self._label_image = self._create(Image, 'instances/label_image')
            self._detections_2d = self._create(Detection2DArray, 'instances/detections_2d')
            self._label_info = self._create(LabelInfo, 'instances/label_info', LATCHED)
            self._overlay = self._create(Image, 'instances/overlay')
            self._markers = self._create(MarkerArray, 'instances/markers')
            self._points = self._create(PointCloud2, 'instances/points')
            self._timings = self._create(DiagnosticArray, 'instances/timings')
        except ValueError:
            self.destroy()
            raise
        self._topic = self._instances.topic_name

    def why_not_alone(self) -> str | None:
        """Return what to do about others who publish instances, too; None where nobody does."""
        publishers = self._node.get_publishers_info_by_topic(self._topic)
        if len(publishers) < 2:
            return None
        names = sorted(f'{one.node_namespace.rstrip("/")}/{one.node_name}' for one in publishers)
        return (f'{self._topic} has {len(names)} publishers ({", ".join(names)}), so who listens '
                'mixes up their objects; end all but one, or give them namespaces; one that is '
                'inactive does no harm')

    def publish_label_info(self, class_names: Sequence[str], threshold: float) -> None:
        """Publish what the class ids mean, for everyone who comes later as well."""
        header = Header(stamp=self._node.get_clock().now().to_msg())
        self._label_info.publish(label_info_to_msg(class_names, threshold, header))

    def publish(self, header: Header, data: FrameInput, instances: Instances) -> None:
        """Publish the result for the image with this header."""
        # The list of objects comes last: who has it finds the rest of its stamp on the way.
        self._label_image.publish(label_image_to_msg(instances.label_image, header))
        self._detections_2d.publish(detections_2d_to_msg(instances, header))
        self._instances.publish(detections_3d_to_msg(instances, header))
        if self._overlay.get_subscription_count():
            # Here and not above: what draws takes long to import, for who never looks.
            from discinst_ros.visualization import draw_overlay

            picture = draw_overlay(data.rgb, instances, data.intrinsics)
            self._overlay.publish(image_to_msg(picture, header))
        if self._markers.get_subscription_count():
            self._markers.publish(markers_to_msg(instances, header))
        if (data.depth is not None and data.intrinsics is not None
                and self._points.get_subscription_count()):
            self._points.publish(points_to_msg(
                deproject(data.depth, data.intrinsics), data.rgb, instances.label_image, header))

    def publish_timings(self, header: Header, timings_s: Mapping[str, float]) -> None:
        """Publish where the time of an image went, after everything else."""
        if self._timings.get_subscription_count():
            self._timings.publish(timings_to_msg(timings_s, header))

    def destroy(self) -> None:
        """Destroy them."""
        for publisher in self._publishers:
            self._node.destroy_publisher(publisher)
        self._publishers.clear()

    def _create(self, message: Any, topic: str, qos: QoSProfile = LATEST) -> Publisher:
        name = self._node.resolve_topic_name(topic)
        refuse_other_type(self._node, topic, name, message)

        def refuse(event: Any) -> None:
            policy = qos_policy_name_from_kind(event.last_policy_kind)
            self._problems.report(
                f'incompatible QoS on {name}', f'a subscriber of {name} asks for a {policy} that '
                'is not offered and gets nothing; subscribe reliable and volatile, keep last 1')

        publisher = self._node.create_publisher(
            message, topic, qos, event_callbacks=PublisherEventCallbacks(incompatible_qos=refuse))
        self._publishers.append(publisher)
        return publisher
