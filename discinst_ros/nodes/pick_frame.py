# SPDX-License-Identifier: Apache-2.0
"""A frame of perception_node as the planner reads it: objects, points, and the labels of these."""

from __future__ import annotations

from collections.abc import Sequence

from discinst_ros.geometry.workspace import Workspace
from discinst_ros.instances import Instance
from discinst_ros.nodes.conversions import label_and_result, object_pose_from_msg
from discinst_ros.nodes.instance_client import InstanceFrame
from discinst_ros.nodes.point_cloud import points_from_msg
from discinst_ros.picking.check import (
    before_camera,
    check_apart,
    check_instances,
    check_known,
    check_labels,
)
from discinst_ros.picking.sight import Sight
import numpy as np
import numpy.typing as npt
from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import PointCloud2
from vision_msgs.msg import Detection3D

#: What goes on is logged again after so long.
LOG_AGAIN_S = 10.0
#: Objects, N×3 points in metres, and (N,) the labels of these.
Seen = tuple[list[Instance], npt.NDArray[np.float32], npt.NDArray[np.uint32]]


class FrameReader:
    """Reads frames, and remembers of the newest what was wrong with it."""

    def __init__(self, node: Node, points: Subscription, workspace: Workspace) -> None:
        """
        Begin with a bin that was never seen.

        :param node: logs, and names the topics.
        :param points: the subscription of the points, one part of a frame.
        :param workspace: the box that perception looks at.
        """
        self._node, self._points = node, points
        self._sight = Sight(workspace)
        self.forget()

    def forget(self) -> None:
        """Begin anew after a pick."""
        #: Why the newest frame does not show the bin, and why it cannot be read; empty where it
        #: does and can.
        self.unseen = self.malformed = ''

    def read(self, frame: InstanceFrame, cloud: PointCloud2) -> Seen | None:
        """Return what is seen; None, with a warning, where it cannot be."""
        log = self._node.get_logger()
        topic = self._node.resolve_topic_name('instances')
        try:
            instances = read_instances(frame)
            topic = self._points.topic_name
            points, labels, odd = read_points(cloud, instances)
        except ValueError as error:
            self.unseen, self.malformed = '', f'{topic}: {error}'
            log.warning(f'a frame is left out, {self.malformed}',
                        throttle_duration_sec=LOG_AGAIN_S)
            return None
        self.malformed = ''
        if odd:
            log.warning(f'{topic}: {odd}', throttle_duration_sec=LOG_AGAIN_S)
        self.unseen = self._sight.fault(points, frame.label_image.size)
        return instances, points, labels


def read_instances(frame: InstanceFrame) -> list[Instance]:
    """
    Return the objects of a frame.

    :raises ValueError: for what no object can be, with its field and the value seen.
    """
    # Counted once for all: a mask of each of hundreds takes as long as all that is chosen.
    pixels = np.bincount(frame.label_image.ravel())
    instances = [_instance(one, pixels) for one in frame.detections.detections]
    check_instances(instances)
    check_known(frame.label_image, instances)
    return instances


def read_points(cloud: PointCloud2, instances: Sequence[Instance]
                ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint32], str]:
    """
    Return what is before the camera.

    :param instances: the objects of the frame, as :func:`read_instances` returns them.
    :return: N×3 metres, (N,) their labels, and which points were left out: a few words, empty
        where there are none.
    :raises ValueError: for another cloud than perception_node publishes, or than a camera sees.
    """
    cells = points_from_msg(cloud)
    check_labels(cells['label'])
    check_known(cells['label'], instances)
    points = np.stack([cells['x'], cells['y'], cells['z']], axis=1)
    kept = before_camera(points)
    check_apart(points[kept])
    odd = '' if kept.all() else (
        f'{np.count_nonzero(~kept)} of {len(points)} points are left out, which are not finite or '
        f'not before the camera, for instance x, y, z = {points[~kept][0].tolist()}')
    return points[kept], cells['label'][kept], odd


def _instance(detection: Detection3D, pixels: npt.NDArray[np.intp]) -> Instance:
    """Return what the planner needs of a detection; class and box in pixels it does not."""
    label, result = label_and_result(detection)
    return Instance(
        label=label, class_id=1, score=result.hypothesis.score, box=(0, 0, 0, 0),
        pixel_count=int(pixels[label]) if label < len(pixels) else 0,
        pose=object_pose_from_msg(detection))
