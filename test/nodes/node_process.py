# SPDX-License-Identifier: Apache-2.0
"""Runs an entry point of the package in a process of its own, and waits for what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from rclpy.executors import Executor

#: Only a failing test uses it up.
PATIENCE_S = 80.0


class NodeProcess:
    """``python -m discinst_ros NAME``; use it in a with statement."""

    def __init__(self, name: str, parameters: Mapping[str, Any], *, namespace: str = '/',
                 remappings: Mapping[str, str] | None = None) -> None:
        """Start it."""
        words = [word for option, assignments in (('-p', parameters), ('-r', remappings or {}))
                 for key, value in assignments.items() for word in (option, f'{key}:={value}')]
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'discinst_ros', name, '--ros-args', '-r', f'__ns:={namespace}',
             *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))})
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return ''.join(self._lines)

    def says(self, pattern: str) -> bool:
        """Tell whether a regular expression occurs in the output."""
        return re.search(pattern, self.output) is not None

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def wait(self) -> int:
        """Wait until it ends by itself, return the exit code."""
        code = self._process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal once, wait for the end, return the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)

    def __enter__(self) -> NodeProcess:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            # Who is killed stays visible to the others for many seconds.
            self.end()
        finally:
            self._process.kill()


def spin_until(executor: Executor, done: Callable[[], Any], what: str = '') -> Any:
    """Spin until something is true and return it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (result := done()):
        assert time.monotonic() < deadline, f'waited in vain for {what or done}'
        executor.spin_once(timeout_sec=0.05)
    return result
