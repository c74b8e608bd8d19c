# SPDX-License-Identifier: Apache-2.0
"""
What is recorded of the processes under test, and waiting for it.
"""

from __future__ import annotations

import threading
from typing import Any, Callable, Iterator

from launch.actions import ExecuteProcess
from launch.events.process import ProcessExited, ProcessIO, RunningProcessEvent

from .asserts import Expected, assertInStderr, assertInStdout
from .util import NoMatchingProcessException, resolveProcesses


class ProcInfoHandler:
    """
    The latest event of each process: ProcessStarted, then ProcessExited.
    """

    def __init__(self) -> None:
        self._events: dict[ExecuteProcess, RunningProcessEvent] = {}

    def append(self, event: RunningProcessEvent) -> None:
        self._events[event.action] = event

    def __iter__(self) -> Iterator[RunningProcessEvent]:
        return iter(list(self._events.values()))

    def processes(self) -> list[ExecuteProcess]:
        return list(self._events)

    def process_names(self) -> list[str]:
        return [event.process_name for event in self]

    def __getitem__(self, key: ExecuteProcess | str) -> RunningProcessEvent:
        for event in self:
            if event.action is key or isinstance(key, str) and key in event.process_name:
                return event
        raise KeyError(key)


class IoHandler:
    """
    What the processes wrote, in order.
    """

    def __init__(self) -> None:
        self._events: list[ProcessIO] = []

    def append(self, event: ProcessIO) -> None:
        self._events.append(event)

    def __iter__(self) -> Iterator[ProcessIO]:
        return iter(list(self._events))

    def processes(self) -> list[ExecuteProcess]:
        return list(dict.fromkeys(event.action for event in self))

    def process_names(self) -> list[str]:
        return list(dict.fromkeys(event.process_name for event in self))

    def __getitem__(self, key: ExecuteProcess | str) -> list[ProcessIO]:
        found = [event for event in self if key in (event.action, event.process_name)]
        if not found:
            raise KeyError(key)
        return found


class _Active:
    """
    Adds waiting, while the launch still records.
    """

    def __init__(self, recorded: Any) -> None:
        self._recorded = recorded
        self._changed = threading.Condition()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recorded, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._recorded)

    def __getitem__(self, key: Any) -> Any:
        return self._recorded[key]

    def append(self, event: Any) -> None:
        with self._changed:
            self._recorded.append(event)
            self._changed.notify_all()

    def _wait_until(self, holds: Callable[[], bool], timeout: float) -> bool:
        def holds_yet() -> bool:
            try:
                return holds()
            except (AssertionError, NoMatchingProcessException):
                return False
        with self._changed:
            return self._changed.wait_for(holds_yet, timeout=timeout)


class ActiveProcInfoHandler(_Active):
    """
    Waits for processes to start and to end.
    """

    def _resolved(self, process: Any, cmd_args: Any) -> RunningProcessEvent:
        return self[resolveProcesses(self, process=process, cmd_args=cmd_args)[0]]

    def assertWaitForStartup(
        self, process: Any, cmd_args: Any = None, *, timeout: float = 10,
    ) -> None:
        assert self._wait_until(lambda: bool(self._resolved(process, cmd_args)), timeout), (
            f"Timed out waiting for process '{process}' to start")

    def assertWaitForShutdown(
        self, process: Any, cmd_args: Any = None, *, timeout: float = 10,
    ) -> None:
        assert self._wait_until(
            lambda: isinstance(self._resolved(process, cmd_args), ProcessExited), timeout), (
            f"Timed out waiting for process '{process}' to finish")


class ActiveIoHandler(_Active):
    """
    Waits for output.
    """

    def waitFor(
        self, expected_output: Expected, process: Any = None, cmd_args: Any = None, *,
        timeout: float = 10, stream: str = 'stderr', **kwargs: Any,
    ) -> bool:
        """
        Say whether the output came before the timeout; the default stream is upstream's.
        """
        assert_in = {'stdout': assertInStdout, 'stderr': assertInStderr}[stream]

        def holds() -> bool:
            assert_in(self, expected_output, process, cmd_args, **kwargs)
            return True
        return self._wait_until(holds, timeout)

    def assertWaitFor(self, *args: Any, **kwargs: Any) -> None:
        assert self.waitFor(*args, **kwargs), 'Waiting for output timed out'
