# SPDX-License-Identifier: Apache-2.0
"""Which type a topic of a node has: a name carries one."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node


def type_name(message: Any) -> str:
    """Return the name of a type of messages as ROS writes it, 'sensor_msgs/msg/Image'."""
    return f'{message.__module__.split(".")[0]}/msg/{message.__name__}'


def refuse_other_type(node: Node, topic: str, name: str, message: Any) -> None:
    """
    Refuse a name under which the node has a topic of another type; DDS does so without a reason.

    :param topic: as the node calls it.
    :param name: its full name, to which it may be remapped.
    :raises ValueError: naming both types.
    """
    for other in (*node.publishers, *node.subscriptions):
        if other.topic_name == name and other.msg_type is not message:
            raise ValueError(
                f'{topic} is remapped to {name}, which cannot carry {type_name(message)}: another '
                f'topic of this node has that name, of {type_name(other.msg_type)}; remap one of '
                'the two to a name of its own')
