# SPDX-License-Identifier: Apache-2.0
"""The commands ``ros2 topic list`` and ``ros2 topic echo``."""

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
import os
import sys
import time
from typing import Any

import yaml

DISCOVERY_S = 0.5
TOPIC_APPEARS_S = 5.0
#: Elements of arrays and texts that are shown.
TRUNCATE_LENGTH = 128


def add_to(commands: Any) -> None:
    """Declare the commands."""
    verbs = commands.add_parser('topic', help='Various topic related sub-commands').add_subparsers(
        metavar='VERB', required=True)
    parser = verbs.add_parser('list', help='Output a list of available topics')
    parser.set_defaults(main=list_topics)
    parser = verbs.add_parser('echo', help='Output messages from a topic')
    parser.add_argument('topic_name', help="Name of the ROS topic, like '/chatter'")
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
        for name, _ in sorted(node.get_topic_names_and_types()):
            if '/_' not in name:
                print(name)


def echo(args: Namespace) -> None:
    """Print a topic's messages as YAML."""
    import rclpy
    from rclpy.expand_topic_name import expand_topic_name
    with _node() as node:
        topic = expand_topic_name(args.topic_name, node.get_name(), node.get_namespace())
        _spin_until(node, lambda: node.get_publishers_info_by_topic(topic), TOPIC_APPEARS_S)
        shown = []

        def show(message: Any) -> None:
            text = yaml.safe_dump(_plain(message), allow_unicode=True, width=sys.maxsize,
                                  default_flow_style=False, sort_keys=False)
            print(text, end='---\n', flush=True)
            shown[:] = [text]

        node.create_subscription(_message_type(node, topic), topic, show, _qos(node, topic))
        while not (args.once and shown):
            rclpy.spin_once(node)


def _message_type(node: Any, topic: str) -> Any:
    """Return the class of a topic's messages."""
    types = dict(node.get_topic_names_and_types()).get(topic)
    if not types:
        raise RuntimeError(f'topic [{topic}] does not appear to be published yet\n'
                           'Could not determine the type for the passed topic')
    if len(types) > 1:
        raise RuntimeError(f"Cannot echo topic '{topic}', as it contains more than one type: "
                           f"[{', '.join(types)}]")
    package, _, name = types[0].split('/')
    try:
        return getattr(import_module(f'{package}.msg'), name)
    except (AttributeError, ImportError):
        raise RuntimeError('The passed message type is invalid') from None


def _qos(node: Any, topic: str) -> Any:
    """Return the profile that all publishers match."""
    from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
    offered = [info.qos_profile for info in node.get_publishers_info_by_topic(topic)]
    reliable = offered and all(qos.reliability == ReliabilityPolicy.RELIABLE for qos in offered)
    latched = offered and all(
        qos.durability == DurabilityPolicy.TRANSIENT_LOCAL for qos in offered)
    return QoSProfile(
        depth=5,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE)


def _plain(value: Any) -> Any:
    """Return a field's value as dictionaries, lists and scalars."""
    if hasattr(value, 'get_fields_and_field_types'):
        return {name: _plain(getattr(value, name)) for name in value.get_fields_and_field_types()}
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, bytes):
        value = value.decode('latin-1')
    more = len(value) > TRUNCATE_LENGTH
    if isinstance(value, str):
        return value[:TRUNCATE_LENGTH] + '...' if more else value
    values = value.tolist() if hasattr(value, 'tolist') else value
    return [_plain(one) for one in values[:TRUNCATE_LENGTH]] + (['...'] if more else [])
