# SPDX-License-Identifier: Apache-2.0
"""
Runs a managed node as a process until it is told to stop, and ends cleanly.

SIGINT and SIGTERM only put something into a queue that the main thread waits for, while the node
spins in another thread. So the context is still valid when the node releases what it holds,
nothing is cut short, and a second Ctrl-C (a terminal and a launch file send one each) does no
harm.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence
from queue import SimpleQueue
import signal
import sys
import threading
from typing import Protocol

import rclpy
from rclpy.exceptions import InvalidHandle, ParameterException
from rclpy.executors import Executor, MultiThreadedExecutor
from rclpy.signals import SignalHandlerOptions

#: So long a node may take to release what it holds.
RELEASE_TIMEOUT_S = 15.0


class ReleasableNode(Protocol):
    """What a node needs to be run from here."""

    def begin_release(self) -> threading.Event:
        """Begin to release everything; the event is set when that is done."""
        ...

    def destroy_node(self) -> None:
        """Destroy the node."""
        ...


def run(make_node: Callable[[], ReleasableNode], arguments: Sequence[str], *,
        threads: int) -> int:
    """
    Spin a node until SIGINT or SIGTERM.

    :param arguments: to start ROS with, the program's name first.
    :param threads: of the executor; callbacks that may wait need one each.
    :return: the exit code: 0 after a clean end, 1 where a callback failed or the node could not be
        made, 2 for bad arguments.
    """
    # Not an event: its lock hangs where a signal comes while the main thread holds it.
    stop: SimpleQueue[None] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.put(None))
    # An interpreter that ends gives up these handlers, and then takes its time over torch. A
    # launch that loses patience meanwhile would make a failure of a clean end.
    atexit.register(_ignore_signals)
    try:
        rclpy.init(args=list(arguments),
                   signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:
        print(f'bad ROS arguments: {error}', file=sys.stderr)
        return 2
    try:
        node = make_node()
    except ParameterException as error:
        print(refusal(error), file=sys.stderr)
        rclpy.try_shutdown()
        return 1
    executor = MultiThreadedExecutor(num_threads=threads)
    executor.add_node(node)
    failures: list[BaseException] = []
    ended = threading.Event()
    spinner = threading.Thread(
        target=_spin, args=(executor, stop, ended, failures), name='spinner', daemon=True)
    spinner.start()
    stop.get()
    released = failures or node.begin_release().wait(RELEASE_TIMEOUT_S)
    ended.set()
    executor.wake()
    spinner.join()
    for failure in failures:
        print(f'callback failed: {type(failure).__name__}: {failure}', file=sys.stderr)
    # Executor.shutdown() destroys what callbacks of the pool wake it by, and MultiThreadedExecutor
    # has no public way to let those end before.
    executor._executor.shutdown()
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown()
    return 0 if released and not failures else 1


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def refusal(error: ParameterException) -> str:
    """Return the sentence for a parameter of rclpy's own that has a value of another type."""
    return f"parameter refused: {' '.join(str(error).split())}; correct it or leave it out"


def _spin(executor: Executor, stop: SimpleQueue[None], ended: threading.Event,
          failures: list[BaseException]) -> None:
    """Spin until the end, or until a callback fails and so stops the process."""
    last = False
    while not last:
        last = ended.is_set()
        if last:
            # What callbacks came to is taken only by a turn that has something to do. Otherwise
            # rclpy complains of exceptions that nobody retrieved.
            executor.create_task(_nothing)
        try:
            executor.spin_once(timeout_sec=0.0 if last else 1.0)
        except InvalidHandle:
            # A callback in another thread destroyed an entity that the executor had just listed.
            # A turn takes one such; there may be more.
            last = False
        except BaseException as error:
            failures.append(error)
            stop.put(None)
            return


def _nothing() -> None:
    """Do nothing, for a turn of the executor."""
