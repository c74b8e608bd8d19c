# SPDX-License-Identifier: Apache-2.0
"""The commands ``ros2 topic list`` and ``ros2 topic echo``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
import os
import time
from typing import Any

from .yaml_text import to_yaml

DISCOVERY_S = 0.5
TOPIC_APPEARS_S = 5.0


def add_to(commands: Any) -> None:
    """Declare the commands."""
    verbs = commands.add_parser('topic', help='Various topic related sub-commands').add_subparsers(
        metavar='VERB', required=True)
    parser = verbs.add_parser('list', help='Output a list of available topics')
    parser.add_argument(
        '-t', '--show-types', action='store_true', help='Additionally show the topic type')
    parser.set_defaults(main=list_topics)
    parser = verbs.add_parser('echo', help='Output messages from a topic')
    parser.add_argument('topic_name', help="Name of the ROS topic, like '/chatter'")
    parser.add_argument(
        'message_type', nargs='?', help="Type of the ROS message, like 'std_msgs/msg/String'")
    parser.add_argument('--qos-reliability', choices=['reliable', 'best_effort'],
                        help='by default as the publishers have it')
    parser.add_argument('--qos-durability', choices=['transient_local', 'volatile'],
                        help='by default as the publishers have it')
    parser.add_argument('--field', help="a field of the message, like 'header.stamp'")
    parser.add_argument('-f', '--full-length', action='store_true', help='truncate nothing')
    parser.add_argument('-l', '--truncate-length', type=int, default=128,
                        help='elements of arrays and texts that are shown')
    parser.add_argument('--no-arr', action='store_true', help="Don't print array fields")
    parser.add_argument('--once', action='store_true', help='Print one message and then exit.')
    parser.set_defaults(main=echo)


@contextmanager
def _node() -> Iterator[Any]:
    """Give a node that ends with the command."""
    import rclpy
    from rclpy.executors import ExternalShutdownException
    rclpy.init()
    node = rclpy.create_node(f'_ros2cli_{os.getpid()}', start_parameter_services=False)
    try:
        yield node
    except ExternalShutdownException:  # rclpy's own answer to Ctrl-C
        raise KeyboardInterrupt from None
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def _spin_until(node: Any, holds: Callable[[], Any], timeout_s: float) -> None:
    """Let the node discover others until it knows enough or the time is over."""
    import rclpy
    end = time.monotonic() + timeout_s
    while not holds() and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.05)


def list_topics(args: Namespace) -> None:
    """Print the topics that are not hidden."""
    with _node() as node:
        _spin_until(node, lambda: False, DISCOVERY_S)
        for name, types in sorted(node.get_topic_names_and_types()):
            if '/_' not in name:
                print(f"{name} [{', '.join(types)}]" if args.show_types else name)


def echo(args: Namespace) -> None:
    """Print a topic's messages as YAML."""
    import rclpy
    with _node() as node:
        message_type = _message_type(node, args)
        done = []

        def show(message: Any) -> None:
            for name in args.field.split('.') if args.field else ():
                if not hasattr(message, name):
                    raise RuntimeError(f"Invalid field '{args.field}': no '{name}'")
                message = getattr(message, name)
            if hasattr(message, 'get_fields_and_field_types'):
                limit = None if args.full_length else args.truncate_length
                print(to_yaml(message, limit, args.no_arr), end='---\n', flush=True)
            else:
                print(message, end='\n---\n', flush=True)
            done.append(args.once)

        node.create_subscription(message_type, args.topic_name, show, _qos(node, args))
        while not any(done):
            rclpy.spin_once(node)


def _message_type(node: Any, args: Namespace) -> Any:
    """Return the message class that was given or that is published."""
    from rclpy.expand_topic_name import expand_topic_name
    topic = expand_topic_name(args.topic_name, node.get_name(), node.get_namespace())

    def types() -> list[str]:
        return dict(node.get_topic_names_and_types()).get(topic, [])

    _spin_until(node, lambda: types() and node.get_publishers_info_by_topic(topic),
                DISCOVERY_S if args.message_type else TOPIC_APPEARS_S)
    if args.message_type is None and not types():
        raise RuntimeError(f'topic [{args.topic_name}] does not appear to be published yet\n'
                           'Could not determine the type for the passed topic')
    if args.message_type is None and len(types()) > 1:
        raise RuntimeError(f"Cannot echo topic '{args.topic_name}', as it contains more than one "
                           f"type: [{', '.join(types())}]")
    try:
        package, _, name = (args.message_type or types()[0]).split('/')
        return getattr(import_module(f'{package}.msg'), name)
    except (AttributeError, ImportError, ValueError):
        raise RuntimeError('The passed message type is invalid') from None


def _qos(node: Any, args: Namespace) -> Any:
    """Return the profile that was asked for, or one that all publishers match."""
    from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
    offered = [info.qos_profile for info in node.get_publishers_info_by_topic(args.topic_name)]
    chosen = args.qos_reliability or args.qos_durability
    reliable = args.qos_reliability == 'reliable' if chosen else offered and all(
        profile.reliability == ReliabilityPolicy.RELIABLE for profile in offered)
    latched = args.qos_durability == 'transient_local' if chosen else offered and all(
        profile.durability == DurabilityPolicy.TRANSIENT_LOCAL for profile in offered)
    return QoSProfile(
        depth=5,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=(
            DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE))
