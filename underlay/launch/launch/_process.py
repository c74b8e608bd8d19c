# SPDX-License-Identifier: Apache-2.0
"""A process of the launch, from its start to its end."""

import asyncio
from dataclasses import dataclass
from signal import SIGINT, SIGKILL, Signals, SIGTERM
import traceback

from ._output import report, show
from .launch_context import LaunchContext

#: Seconds after the end of the launch (as upstream writes them), the signal that has not ended the
#: process by then, and the one it gets next.
ESCALATION = (('5', SIGINT, SIGTERM), ('10.0', SIGTERM, SIGKILL))

#: A grandchild may hold the pipes open: wait for their end little longer than for the child's.
PIPES_CLOSE_S = 1.0


#: Where what comes on stdout (1) and stderr (2) is shown: 'screen', 'log'.
Places = dict[int, tuple[str, ...]]


@dataclass(frozen=True)
class ProcessExited:
    """The process ended; a negative returncode is the signal that ended it."""

    process_name: str
    pid: int
    returncode: int


class Process(asyncio.SubprocessProtocol):
    """Starts a process, shows what it writes, reports its end and ends it with the launch."""

    def __init__(self, context: LaunchContext, name: str, places: Places) -> None:
        self._context, self._name, self._places = context, name, places
        self._unfinished = {1: b'', 2: b''}
        self._transport: asyncio.SubprocessTransport | None = None
        self._escalation: asyncio.Task[None] | None = None
        self._exited, self._closed = asyncio.Event(), asyncio.Event()

    async def run(self, cmd: list[str], env: dict[str, str]) -> ProcessExited | None:
        """Run the command to its end; return None if it cannot be started."""
        try:
            await asyncio.get_running_loop().subprocess_exec(lambda: self, *cmd, env=env)
        except Exception:
            report('ERROR', self._name,
                   f'exception occurred while executing process:\n{traceback.format_exc()}')
            return None
        await self._exited.wait()
        if self._escalation is not None:
            self._escalation.cancel()
        try:
            await asyncio.wait_for(self._closed.wait(), PIPES_CLOSE_S)
        except asyncio.TimeoutError:
            pass
        for fd, rest in self._unfinished.items():
            if rest:
                self._show(fd, rest)
        pid, returncode = self._transport.get_pid(), self._transport.get_returncode()
        self._transport.close()
        if returncode == 0:
            report('INFO', self._name, f'process has finished cleanly [pid {pid}]')
        else:
            words = ' '.join(word for word in cmd if word.strip())
            report('ERROR', self._name,
                   f"process has died [pid {pid}, exit code {returncode}, cmd '{words}'].")
        event = ProcessExited(self._name, pid, returncode)
        self._context.on_exit(event)
        return event

    def end(self, *, interrupt: bool) -> None:
        """Send SIGINT, unless the terminal did; then SIGTERM and SIGKILL when their time comes."""
        if self._transport.get_returncode() is None:
            if interrupt:
                self._send(SIGINT)
            self._escalation = asyncio.ensure_future(self._escalate())

    async def _escalate(self) -> None:
        waited_s = 0.0
        for after_s, last, following in ESCALATION:
            await asyncio.sleep(float(after_s) - waited_s)
            waited_s = float(after_s)
            report('ERROR', self._name,
                   f"process[{self._name}] failed to terminate '{after_s}' seconds after "
                   f"receiving '{last.name}', escalating to '{following.name}'")
            self._send(following)

    def _send(self, number: Signals) -> None:
        report('INFO', self._name, f"sending signal '{number.name}' to process[{self._name}]")
        try:
            self._transport.send_signal(number)
        except ProcessLookupError:  # it ended a moment ago; its exit is being reported
            pass

    def _show(self, fd: int, line: bytes) -> None:
        show(f"[{self._name}] {line.decode(errors='replace')}", self._places[fd])

    # What asyncio calls:

    def connection_made(self, transport: asyncio.SubprocessTransport) -> None:
        self._transport = transport
        report('INFO', self._name, f'process started with pid [{transport.get_pid()}]')
        self._context.process_started(self)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self._unfinished[fd] = (self._unfinished[fd] + data).split(b'\n')
        for line in lines:
            self._show(fd, line)
        self._context.on_output(self._name, fd, data)

    def process_exited(self) -> None:
        self._exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()
