# SPDX-License-Identifier: Apache-2.0
"""Instances to markers for RViz: a box and a text each."""

from __future__ import annotations

import colorsys

from discinst_ros.instances import Instances
from discinst_ros.nodes.conversions import box_pose_to_msg
from geometry_msgs.msg import Point, Pose, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

#: Flat boxes are drawn so thick at least, metres.
MIN_THICKNESS_M = 0.001
TEXT_HEIGHT_M = 0.02
#: Turns of the colour circle from one label to the next: the golden section spreads them.
_HUE_STEP = 0.618034


def markers_to_msg(instances: Instances, header: Header) -> MarkerArray:
    """Return markers that replace all earlier ones; an instance without a pose has none."""
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    for instance in instances.instances:
        if instance.pose is None:
            continue
        red, green, blue = colorsys.hsv_to_rgb(instance.label * _HUE_STEP % 1.0, 0.8, 1.0)
        size = [max(float(extent), MIN_THICKNESS_M) for extent in instance.pose.size]
        position = instance.pose.box_center
        markers.append(Marker(
            header=header, ns='boxes', id=instance.label, type=Marker.CUBE, action=Marker.ADD,
            pose=box_pose_to_msg(instance.pose), scale=Vector3(x=size[0], y=size[1], z=size[2]),
            color=ColorRGBA(r=red, g=green, b=blue, a=0.5)))
        markers.append(Marker(
            header=header, ns='texts', id=instance.label, type=Marker.TEXT_VIEW_FACING,
            action=Marker.ADD, scale=Vector3(z=TEXT_HEIGHT_M),
            # In front of the box: the camera looks along z.
            pose=Pose(position=Point(x=float(position[0]), y=float(position[1]),
                                     z=float(position[2]) - max(size) / 2)),
            color=ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0),
            text=f'{instance.label}: {instance.score:.2f}'))
    return MarkerArray(markers=markers)
