# SPDX-License-Identifier: Apache-2.0
"""Runs a node of the package as a process of its own, and waits for what it does."""

from __future__ import annotations

from collections.abc import Callable
import signal
import subprocess
import sys
import time
from typing import Any

from rclpy.executors import Executor

#: A patience that only a failing test uses up.
PATIENCE_S = 60.0


class NodeProcess:
    """A running ``discinst_ros.nodes.MODULE``; use it in a with statement."""

    def __init__(self, module: str, **parameters: Any) -> None:
        """Start it with parameters."""
        arguments = [word for name, value in parameters.items()
                     for word in ('-p', f'{name}:={value}')]
        self._process = subprocess.Popen(
            [sys.executable, '-m', f'discinst_ros.nodes.{module}', '--ros-args', *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.output = ''

    def wait(self) -> int:
        """Wait until it ends by itself; return the exit code."""
        self.output = self._process.communicate(timeout=PATIENCE_S)[0]
        return self._process.returncode

    def interrupt(self) -> int:
        """Press Ctrl-C; return the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self.wait()

    def __enter__(self) -> NodeProcess:
        return self

    def __exit__(self, *_: object) -> None:
        # Whoever is killed stays visible to the others for many seconds.
        if self._process.returncode is None:
            try:
                self.interrupt()
            finally:
                self._process.kill()


def spin_until(executor: Executor, done: Callable[[], Any]) -> bool:
    """Spin until something is true; return False when patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > deadline:
            return False
        executor.spin_once(timeout_sec=0.1)
    return True
