# SPDX-License-Identifier: Apache-2.0
"""What tests may ask of the processes under test."""

from collections import defaultdict
import re
import threading
from typing import Any

from launch._process import ProcessExited
from launch._refusal import refuse_keywords, StandIn

_ANSI_ESCAPE = re.compile(r'\x1b\[[0-9;?]*[ -/]*[@-~]')


class ProcInfo(StandIn):
    """How the processes ended."""

    def __init__(self) -> None:
        self.exits: list[ProcessExited] = []


class ProcOutput(StandIn):
    """What each process has written on stdout and stderr, and waiting for it."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, bytes]] = defaultdict(
            lambda: {'stdout': b'', 'stderr': b''})
        self._changed = threading.Condition()

    def append(self, process_name: str, fd: int, data: bytes) -> None:
        with self._changed:
            self._texts[process_name]['stdout' if fd == 1 else 'stderr'] += data
            self._changed.notify_all()

    def assertWaitFor(
        self, expected_output: str, process: str | None = None, *, timeout: float = 10,
        stream: str = 'stderr', strict_proc_matching: bool = True, **unknown: Any,
    ) -> None:
        """Wait until a process whose name contains a text has written another one."""
        refuse_keywords('launch_testing.proc_output.assertWaitFor', unknown)

        def found() -> bool:
            names = [name for name in self._texts if process is None or process in name]
            if process is not None and strict_proc_matching and len(names) > 1:
                raise Exception(f"Found multiple processes matching name '{process}': {names}")
            return any(
                expected_output in _ANSI_ESCAPE.sub('', self._texts[name][stream].decode(
                    errors='replace')) for name in names)
        with self._changed:
            assert self._changed.wait_for(found, timeout), 'Waiting for output timed out'
