# SPDX-License-Identifier: Apache-2.0
"""Why a planner waits in vain, in sentences: for a cell, for other planners, for a fresh frame."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.subscription import Subscription


def missing_cell(targets: Publisher, results: Subscription) -> str:
    """Return what is missing of the cell, empty where it is there."""
    if not targets.get_subscription_count():
        return f'nobody listens on {targets.topic_name}; is the cell running?'
    if not results.get_publisher_count():
        return f'nobody answers on {results.topic_name}; is the cell running?'
    return ''


def other_planners(node: Node, targets: Publisher) -> str:
    """Return who else tells the cell what to pick, empty where nobody does."""
    others = node.count_publishers(targets.topic_name) - 1
    if others <= 0:
        return ''
    return (f'{targets.topic_name} has {others + 1} publishers, but a cell is for one planner '
            'alone; is another one running, or was one killed a moment ago?')


def no_frame(node: Node, points: Subscription, timeout_s: float, *, unseen: str, malformed: str,
             old: str) -> str:
    """
    Return why there was no fresh frame.

    :param points: the subscription of the points, one part of a frame.
    :param timeout_s: how long none came.
    :param unseen: why the newest frame does not show the bin, empty where it does.
    :param malformed: why the newest frame cannot be read, empty where it can.
    :param old: why the newest frame is not fresh, empty where none came since.
    """
    if unseen:
        return (f'the camera has seen nothing of the bin for {timeout_s:g} s: {unseen}; is '
                'something before it?')
    if malformed:
        return f'no frame that can be used for {timeout_s:g} s: {malformed}'
    began = f'no fresh frame for {timeout_s:g} s'
    if old:
        return f'{began}: {old}; has the camera stopped, or is its clock another one?'
    instances = node.resolve_topic_name('instances')
    if not node.count_publishers(instances):
        return f'{began}: nobody publishes {instances}; is perception_node running?'
    return (f'{began}: {instances}, its label image and {points.topic_name} do not arrive with '
            'one stamp; has the camera stopped, or does it give no depth or camera_info?')
