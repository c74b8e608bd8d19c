# SPDX-License-Identifier: Apache-2.0
"""Runs a plain node as a process: until it has finished, or until SIGINT or SIGTERM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import signal
import sys
from typing import Protocol

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.task import Future


class FinishingNode(Protocol):
    """What a node needs to be run from here."""

    #: Done with the exit code when the node has nothing left to do.
    finished: Future


def run_until_finished(make_node: Callable[[], FinishingNode], arguments: Sequence[str]) -> int:
    """
    Spin a node and return its exit code; 0 after a signal.

    :param make_node: may raise ValueError or OSError with the sentence to print: exit code 1.
    :param arguments: to start ROS with, the program's name first.
    """
    name = arguments[0]
    # rclpy's own handlers end the context, and with it the spinning. Python's would raise
    # KeyboardInterrupt on top, wherever a second Ctrl-C strikes.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        rclpy.init(args=list(arguments))
    except RuntimeError as error:
        print(f'{name}: bad ROS arguments: {error}', file=sys.stderr)
        return 2
    try:
        node = make_node()
        rclpy.spin_until_future_complete(node, node.finished)
        return int(node.finished.result()) if node.finished.done() else 0
    except ExternalShutdownException:
        return 0
    except (ValueError, OSError) as error:
        print(f'{name}: {error}', file=sys.stderr)
        return 1
    finally:
        rclpy.try_shutdown()
