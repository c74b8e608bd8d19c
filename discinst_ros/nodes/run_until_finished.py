# SPDX-License-Identifier: Apache-2.0
"""
Runs a plain node as a process: until it has finished, or until SIGINT or SIGTERM.

A signal is only noted, so that the context stays valid for the callback that it interrupts,
and a second Ctrl-C (a terminal and a launch file send one each) does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import signal
import sys
from typing import Protocol

from discinst_ros.nodes.process import refusal
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

#: Python sees a signal only between two calls of the executor.
_SIGNAL_DELAY_S = 0.1


class FinishingNode(Protocol):
    """What a node needs to be run from here."""

    #: Done with the exit code when the node has nothing left to do.
    finished: Future

    def destroy_node(self) -> None:
        """Destroy the node."""
        ...


def run_until_finished(make_node: Callable[[], FinishingNode], arguments: Sequence[str]) -> int:
    """
    Spin a node and return its exit code; 0 after a signal.

    :param make_node: may raise ValueError or OSError with the sentence to print: exit code 1.
    :param arguments: to start ROS with, the program's name first.
    """
    # Not an event: its lock hangs where a second signal interrupts what the first one does.
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))
    try:
        rclpy.init(args=list(arguments), signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:
        print(f'bad ROS arguments: {error}', file=sys.stderr)
        return 2
    executor = SingleThreadedExecutor()
    try:
        node = make_node()
        executor.add_node(node)
        while not (signals or node.finished.done()):
            executor.spin_once(timeout_sec=_SIGNAL_DELAY_S)
        node.destroy_node()
        return int(node.finished.result()) if node.finished.done() else 0
    except ParameterException as error:
        print(f'{arguments[0]}: {refusal(error)}', file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f'{arguments[0]}: {error}', file=sys.stderr)
        return 1
    finally:
        executor.shutdown()
        rclpy.try_shutdown()
