# SPDX-License-Identifier: Apache-2.0
"""What the planner reads of a frame's objects, against the masks themselves."""

from discinst_ros.instances import Instance, Instances
from discinst_ros.nodes.conversions import detections_3d_to_msg, stamp_from_ns
from discinst_ros.nodes.instance_client import InstanceFrame
from discinst_ros.nodes.pick_frame import read_instances
import numpy as np
from std_msgs.msg import Header


def test_pixels_of_each_object_are_counted():
    """One of them, of the highest id, has none."""
    labels = np.random.default_rng(0).choice([0, 1, 5], (6, 8)).astype(np.uint16)
    instances = tuple(Instance(label, 1, 0.5, (0, 0, 1, 1), 0) for label in (1, 5, 900))
    detections = detections_3d_to_msg(Instances(labels, instances), Header())
    frame = InstanceFrame(stamp_from_ns(1), 'camera', detections, labels)
    found = read_instances(frame)
    assert [one.label for one in found] == [1, 5, 900]
    assert [one.pixel_count for one in found] == [
        int(frame.mask(detection).sum()) for detection in detections.detections]
    assert found[-1].pixel_count == 0 and all(one.pose is None for one in found)
