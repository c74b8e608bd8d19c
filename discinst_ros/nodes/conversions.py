# SPDX-License-Identifier: Apache-2.0
"""
Instances to vision_msgs and back: pure functions.

The words of the interface: the id of a detection is the value of its pixels in the label image,
as text; the class_id of its one hypothesis is the text of ``VisionClass.class_id``; an instance
without a trustworthy pose has position NaN, size 0 and ``covariance[0] = -1``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import json
import math
import re

from builtin_interfaces.msg import Time
from discinst_ros.instances import Instance, Instances, ObjectPose
from discinst_ros.nodes.image_conversions import label_image_from_msg, MessageError
from geometry_msgs.msg import Point, Pose, PoseWithCovariance, Quaternion, Vector3
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox2D,
    BoundingBox3D,
    Detection2D,
    Detection2DArray,
    Detection3D,
    Detection3DArray,
    LabelInfo,
    ObjectHypothesis,
    ObjectHypothesisWithPose,
    VisionClass,
)

NANOSECONDS = 1_000_000_000


def detections_3d_to_msg(instances: Instances, header: Header) -> Detection3DArray:
    """Return one detection per instance, also for those without a pose."""
    return Detection3DArray(header=header, detections=[
        Detection3D(header=header, id=str(instance.label), results=[_hypothesis(instance)],
                    bbox=_box_3d(instance.pose))
        for instance in instances.instances])


def detections_2d_to_msg(instances: Instances, header: Header) -> Detection2DArray:
    """Return one detection per instance; centre ± half the size are the half-open pixel box."""
    return Detection2DArray(header=header, detections=[
        Detection2D(header=header, id=str(instance.label), results=[_hypothesis(instance)],
                    bbox=_box_2d(instance.box))
        for instance in instances.instances])


def instances_from_msgs(detections_3d: Detection3DArray, detections_2d: Detection2DArray,
                        label_image: Image) -> Instances:
    """
    Return what the three messages of one stamp say.

    :raises MessageError: where their stamps or ids differ, or a detection is incomplete.
    """
    stamps = {stamp_to_ns(msg.header.stamp) for msg in (detections_3d, detections_2d, label_image)}
    if len(stamps) > 1:
        raise MessageError('stamps differ', f'instances: the stamps {sorted(stamps)} of the '
                           'detections and the label image differ')
    boxes = {detection.id: _box_2d_from_msg(detection.bbox)
             for detection in detections_2d.detections}
    labels = label_image_from_msg(label_image)
    pixel_counts = np.bincount(labels.ravel())
    found = []
    for detection in detections_3d.detections:
        label, result = label_and_result(detection)
        if detection.id not in boxes or label >= len(pixel_counts):
            raise MessageError('ids differ', f'instances: id {detection.id} is not in the 2D '
                               'detections or the label image')
        found.append(Instance(
            label=label, class_id=int(result.hypothesis.class_id), score=result.hypothesis.score,
            box=boxes[detection.id], pixel_count=int(pixel_counts[label]),
            pose=object_pose_from_msg(detection)))
    return Instances(label_image=labels, instances=tuple(found))


def label_and_result(detection: Detection3D) -> tuple[int, ObjectHypothesisWithPose]:
    """Return a detection's label and its hypothesis; :class:`MessageError` without either."""
    if not re.fullmatch(r'[1-9][0-9]{0,4}', detection.id):
        raise MessageError('id is no label', f'detections: an id is {detection.id!r}, expected a '
                           'value of the label image')
    if not detection.results:
        raise MessageError('no results', f'detections: id {detection.id} has no results')
    return int(detection.id), detection.results[0]


def object_pose_from_msg(detection: Detection3D) -> ObjectPose | None:
    """Return the pose of a detection, None where it has none; raises as the function above."""
    _, result = label_and_result(detection)
    pose, covariance, box = result.pose.pose, result.pose.covariance, detection.bbox
    if covariance[0] < 0:
        return None
    turn = pose.orientation
    return ObjectPose(
        position=_xyz(pose.position), quaternion=np.array([turn.x, turn.y, turn.z, turn.w]),
        box_center=_xyz(box.center.position), size=_xyz(box.size),
        covariance=np.array(covariance, dtype=np.float64).reshape(6, 6))


def label_info_to_msg(class_names: Sequence[str], threshold: float, header: Header) -> LabelInfo:
    """Return the names of the classes by their index, the background's included."""
    return LabelInfo(header=header, threshold=threshold, class_map=[
        VisionClass(class_id=index, class_name=name) for index, name in enumerate(class_names)])


def class_names_from_msg(msg: LabelInfo) -> dict[int, str]:
    """Return the names of the classes by their id."""
    return {entry.class_id: entry.class_name for entry in msg.class_map}


def segment_reply_to_text(stamp_ns: int, count: int) -> str:
    """Return what ``~/segment`` answers: JSON with the stamp of the frame and the count."""
    sec, nanosec = divmod(stamp_ns, NANOSECONDS)
    return json.dumps({'stamp': {'sec': sec, 'nanosec': nanosec}, 'count': count})


def segment_reply_from_text(text: str) -> tuple[int, int]:
    """
    Return the stamp in nanoseconds and the count that ``~/segment`` answered.

    :raises ValueError: where the text is no such answer.
    """
    try:
        reply = json.loads(text)
        stamp = reply['stamp']
        return int(stamp['sec']) * NANOSECONDS + int(stamp['nanosec']), int(reply['count'])
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f'segment reply {text!r} is not the JSON of a stamp and a '
                         'count') from error


def stamp_to_ns(stamp: Time) -> int:
    """Return the nanoseconds of a stamp."""
    return int(stamp.sec) * NANOSECONDS + int(stamp.nanosec)


def stamp_from_ns(stamp_ns: int) -> Time:
    """Return the stamp of so many nanoseconds."""
    sec, nanosec = divmod(stamp_ns, NANOSECONDS)
    return Time(sec=sec, nanosec=nanosec)


def pose_to_msg(pose: ObjectPose | None) -> Pose:
    """Return the pose; without one the position is NaN."""
    if pose is None:
        return Pose(position=Point(x=math.nan, y=math.nan, z=math.nan))
    return Pose(position=Point(**_named('xyz', pose.position)),
                orientation=Quaternion(**_named('xyzw', pose.quaternion)))


def box_pose_to_msg(pose: ObjectPose | None) -> Pose:
    """Return the pose of the box; without one the position is NaN."""
    return pose_to_msg(pose and replace(pose, position=pose.box_center))


def _xyz(msg: Point | Vector3) -> npt.NDArray[np.float64]:
    return np.array([msg.x, msg.y, msg.z])


def _hypothesis(instance: Instance) -> ObjectHypothesisWithPose:
    covariance = np.zeros(36)
    if instance.pose is None:
        covariance[0] = -1.0
    else:
        covariance[:] = np.ravel(instance.pose.covariance)
    return ObjectHypothesisWithPose(
        hypothesis=ObjectHypothesis(class_id=str(instance.class_id), score=float(instance.score)),
        pose=PoseWithCovariance(pose=pose_to_msg(instance.pose), covariance=covariance))


def _box_3d(pose: ObjectPose | None) -> BoundingBox3D:
    size = Vector3() if pose is None else Vector3(**_named('xyz', pose.size))
    return BoundingBox3D(center=box_pose_to_msg(pose), size=size)


def _box_2d(box: tuple[int, int, int, int]) -> BoundingBox2D:
    x0, y0, x1, y1 = box
    msg = BoundingBox2D(size_x=float(x1 - x0), size_y=float(y1 - y0))
    msg.center.position.x = (x0 + x1) / 2
    msg.center.position.y = (y0 + y1) / 2
    return msg


def _box_2d_from_msg(msg: BoundingBox2D) -> tuple[int, int, int, int]:
    x, y = msg.center.position.x, msg.center.position.y
    return (round(x - msg.size_x / 2), round(y - msg.size_y / 2),
            round(x + msg.size_x / 2), round(y + msg.size_y / 2))


def _named(names: str, values: npt.NDArray[np.float64]) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, values, strict=True)}
