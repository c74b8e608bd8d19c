# SPDX-License-Identifier: Apache-2.0
"""A frame of perception_node as the planner reads it: objects, points, and the labels of these."""

from __future__ import annotations

from discinst_ros.instances import Instance
from discinst_ros.nodes.conversions import label_and_result, object_pose_from_msg
from discinst_ros.nodes.instance_client import InstanceFrame
from discinst_ros.nodes.point_cloud import points_from_msg
from discinst_ros.picking.check import before_camera, check_instances, check_labels
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import PointCloud2
from vision_msgs.msg import Detection3D


def read_instances(frame: InstanceFrame) -> list[Instance]:
    """
    Return the objects of a frame.

    :raises ValueError: for what no object can be, with its field and the value seen.
    """
    instances = [_instance(one, frame) for one in frame.detections.detections]
    check_instances(instances)
    return instances


def read_points(cloud: PointCloud2) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint32], str]:
    """
    Return what is before the camera.

    :return: N×3 metres, (N,) their labels, and which points were left out: a few words, empty
        where there are none.
    :raises ValueError: for another cloud than perception_node publishes.
    """
    cells = points_from_msg(cloud)
    check_labels(cells['label'])
    points = np.stack([cells['x'], cells['y'], cells['z']], axis=1)
    kept = before_camera(points)
    odd = '' if kept.all() else (
        f'{np.count_nonzero(~kept)} of {len(points)} points are left out, which are not finite or '
        f'not before the camera, for instance x, y, z = {points[~kept][0].tolist()}')
    return points[kept], cells['label'][kept], odd


def _instance(detection: Detection3D, frame: InstanceFrame) -> Instance:
    """Return what the planner needs of a detection; class and box in pixels it does not."""
    label, result = label_and_result(detection)
    return Instance(
        label=label, class_id=1, score=result.hypothesis.score, box=(0, 0, 0, 0),
        pixel_count=int(frame.mask(detection).sum()), pose=object_pose_from_msg(detection))
