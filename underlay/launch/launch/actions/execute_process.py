# SPDX-License-Identifier: Apache-2.0
"""Run a process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from itertools import count
import os
from signal import Signals
import traceback
from typing import Any

from ..action import Action
from ..event_handlers import OnProcessExit, OnShutdown, Reaction
from ..events import _ProcessExited, _ProcessIO, _ProcessStarted, Shutdown
from ..launch_context import LaunchContext
from ..logging import get_logger, get_output_loggers
from ..substitutions import LaunchConfiguration, perform, SomeSubstitutions

_process_numbers = count(1)

SIGTERM_TIMEOUT = LaunchConfiguration('sigterm_timeout', default='5')
SIGKILL_TIMEOUT = LaunchConfiguration('sigkill_timeout', default='5')

#: A grandchild may hold the pipes open: wait for their end little longer than for the child's.
PIPES_CLOSE_S = 1.0


class ExecuteProcess(Action):
    """Starts a process, shows what it writes, reports its end and ends it with the launch."""

    def __init__(
        self, *, cmd: Iterable[SomeSubstitutions], name: SomeSubstitutions | None = None,
        additional_env: Mapping[SomeSubstitutions, SomeSubstitutions] | None = None,
        sigterm_timeout: SomeSubstitutions = SIGTERM_TIMEOUT,
        sigkill_timeout: SomeSubstitutions = SIGKILL_TIMEOUT,
        output: SomeSubstitutions = 'log', on_exit: Reaction = None, **kwargs: Any,
    ) -> None:
        """
        Take the command, one entry per word.

        :param output: 'screen', 'log' (stderr on the screen, both in launch.log) or 'both'
        :param sigterm_timeout: seconds from SIGINT to SIGTERM
        :param sigkill_timeout: seconds from SIGTERM to SIGKILL
        """
        super().__init__(**kwargs)
        self.cmd = list(cmd)
        self._name, self._additional_env = name, additional_env or {}
        self._timeouts = sigterm_timeout, sigkill_timeout
        self._output = os.environ.get('OVERRIDE_LAUNCH_PROCESS_OUTPUT', output)
        self._on_exit = on_exit
        self.process_details: dict[str, Any] | None = None
        self._transport: asyncio.SubprocessTransport | None = None
        self._shutdown: Shutdown | None = None
        self._timers: list[asyncio.TimerHandle] = []

    def execute(self, context: LaunchContext) -> None:
        if self.process_details is not None:
            raise RuntimeError(f"{self.process_details['name']}: executed more than once")
        cmd = [perform(context, word) for word in self.cmd]
        name = os.path.basename(cmd[0]) if self._name is None else perform(context, self._name)
        env = {perform(context, key): perform(context, value)
               for key, value in self._additional_env.items()}
        self.process_details = {'action': self, 'name': f'{name}-{next(_process_numbers)}',
                                'cmd': cmd, 'env': {**context.environment, **env}}
        if context.is_shutdown:
            return
        for handler in (OnShutdown(on_shutdown=self._on_shutdown),
                        OnProcessExit(target_action=self, on_exit=self._on_exit)):
            context.register_event_handler(handler)
        context._start(self._run(
            context, _Pipes(context, self.process_details, perform(context, self._output))))

    def get_sub_entities(self) -> list[Any]:
        return OnProcessExit(on_exit=self._on_exit).get_sub_entities()

    async def _run(self, context: LaunchContext, pipes: _Pipes) -> None:
        """Start the process and follow it to its end."""
        details = self.process_details
        logger = get_logger(details['name'])
        try:
            self._transport, _ = await asyncio.get_running_loop().subprocess_exec(
                lambda: pipes, *details['cmd'], env=details['env'])
        except Exception:
            logger.error(f'exception occurred while executing process:\n{traceback.format_exc()}')
            return
        if self._shutdown is not None:  # it came while the process was being started
            self._on_shutdown(self._shutdown, context)
        await pipes.exited.wait()
        try:
            await asyncio.wait_for(pipes.closed.wait(), PIPES_CLOSE_S)
        except asyncio.TimeoutError:
            pass
        pipes.flush()
        for timer in self._timers:
            timer.cancel()
        returncode = self._transport.get_returncode()
        self._transport.close()
        if returncode == 0:
            logger.info(f"process has finished cleanly [pid {details['pid']}]")
        else:
            logger.error(f"process has died [pid {details['pid']}, exit code {returncode}, "
                         f"cmd '{' '.join(word for word in details['cmd'] if word.strip())}'].")
        context.emit_event_sync(_ProcessExited(returncode=returncode, **details))

    def _on_shutdown(self, event: Shutdown, context: LaunchContext) -> None:
        """Send SIGINT, unless the terminal did; then SIGTERM and SIGKILL when their time comes."""
        self._shutdown = event
        if self._transport is None or self._transport.get_returncode() is not None:
            return
        sigterm_s, sigkill_s = (perform(context, timeout) for timeout in self._timeouts)
        if context.noninteractive or not event.due_to_sigint:
            self._send(Signals.SIGINT)
        sum_s = float(sigterm_s) + float(sigkill_s)
        for after_s, last, following in ((sigterm_s, Signals.SIGINT, Signals.SIGTERM),
                                         (sum_s, Signals.SIGTERM, Signals.SIGKILL)):
            self._timers.append(asyncio.get_running_loop().call_later(
                float(after_s), self._escalate, after_s, last, following))

    def _escalate(self, after_s: str | float, last: Signals, following: Signals) -> None:
        name = self.process_details['name']
        get_logger(name).error(
            f"process[{name}] failed to terminate '{after_s}' seconds after receiving "
            f"'{last.name}', escalating to '{following.name}'")
        self._send(following)

    def _send(self, number: Signals) -> None:
        name = self.process_details['name']
        get_logger(name).info(f"sending signal '{number.name}' to process[{name}]")
        try:
            self._transport.send_signal(number)
        except ProcessLookupError:  # it ended a moment ago; its exit is being reported
            pass


class _Pipes(asyncio.SubprocessProtocol):
    """Receives what a process writes: logs it by lines and emits it as it comes."""

    def __init__(self, context: LaunchContext, details: dict[str, Any], output: str) -> None:
        self._context, self._details = context, details
        self._loggers = dict(zip((1, 2), get_output_loggers(details['name'], output)))
        self._unfinished = {1: b'', 2: b''}
        self.exited, self.closed = asyncio.Event(), asyncio.Event()

    def connection_made(self, transport: asyncio.SubprocessTransport) -> None:
        self._details['pid'] = transport.get_pid()
        get_logger(self._details['name']).info(
            f"process started with pid [{self._details['pid']}]")
        self._context.emit_event_sync(_ProcessStarted(**self._details))

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self._unfinished[fd] = (self._unfinished[fd] + data).split(b'\n')
        for line in lines:
            self._log(fd, line)
        self._context.emit_event_sync(_ProcessIO(
            text=data, from_stdout=fd == 1, from_stderr=fd == 2, **self._details))

    def flush(self) -> None:
        for fd, rest in self._unfinished.items():
            if rest:
                self._log(fd, rest)

    def _log(self, fd: int, line: bytes) -> None:
        text = line.decode(errors='replace')
        self._loggers[fd].info(f"[{self._details['name']}] {text}")

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
