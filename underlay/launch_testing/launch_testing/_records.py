# SPDX-License-Identifier: Apache-2.0
"""What is recorded of the processes under test, and waiting for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import threading
from typing import Any

from launch._refusal import refuse_keywords
from launch.actions import ExecuteProcess

from ._processes import NoMatchingProcess, resolve
from .asserts import assertInStderr, assertInStdout, Expected


class Record:
    """Events of processes, in order."""

    def __init__(self) -> None:
        self._events: list[Any] = []
        self._changed = threading.Condition()

    def append(self, event: Any) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._events))

    def processes(self) -> list[ExecuteProcess]:
        return list(dict.fromkeys(event.action for event in self))

    def process_names(self) -> list[str]:
        return [action.process_details['name'] for action in self.processes()]

    def __getitem__(self, key: ExecuteProcess | str) -> Any:
        found = [event for event in self if key in (event.action, event.process_name)]
        if not found:
            raise KeyError(key)
        return found


class ProcInfo(Record):
    """The latest event of each process: that it started, then that it exited."""

    def __iter__(self) -> Iterator[Any]:
        return iter({event.action: event for event in list(self._events)}.values())

    def __getitem__(self, key: ExecuteProcess | str) -> Any:
        for event in self:
            if event.action is key or isinstance(key, str) and key in event.process_name:
                return event
        raise KeyError(key)


class _Active:
    """Adds waiting to a record, while the launch goes on."""

    def __init__(self, record: Record) -> None:
        vars(self).update(vars(record))  # the same events, the same condition

    def _wait_until(self, holds: Callable[[], Any], timeout: float) -> bool:
        def holds_yet() -> bool:
            try:
                return bool(holds())
            except (AssertionError, NoMatchingProcess):
                return False
        with self._changed:
            return self._changed.wait_for(holds_yet, timeout=timeout)


class ActiveProcInfo(_Active, ProcInfo):
    """Waits for processes to start and to end."""

    def assertWaitForStartup(self, process: Any, *, timeout: float = 10, **unknown: Any) -> None:
        refuse_keywords('launch_testing.proc_info.assertWaitForStartup', unknown)
        assert self._wait_until(lambda: resolve(self, process), timeout), (
            f"Timed out waiting for process '{process}' to start")

    def assertWaitForShutdown(self, process: Any, *, timeout: float = 10, **unknown: Any) -> None:
        refuse_keywords('launch_testing.proc_info.assertWaitForShutdown', unknown)
        assert self._wait_until(
            lambda: hasattr(self[resolve(self, process)[0]], 'returncode'), timeout), (
            f"Timed out waiting for process '{process}' to finish")


class ActiveOutput(_Active, Record):
    """Waits for output."""

    def waitFor(
        self, expected_output: Expected, process: Any = None, *, timeout: float = 10,
        stream: str = 'stderr', **kwargs: Any,
    ) -> bool:
        """Say whether the output came before the timeout; the default stream is upstream's."""
        assert_in = {'stdout': assertInStdout, 'stderr': assertInStderr}[stream]

        def holds() -> bool:
            assert_in(self, expected_output, process, **kwargs)
            return True
        return self._wait_until(holds, timeout)

    def assertWaitFor(self, *args: Any, **kwargs: Any) -> None:
        assert self.waitFor(*args, **kwargs), 'Waiting for output timed out'
