# SPDX-License-Identifier: Apache-2.0
"""The loop that runs a launch."""

from __future__ import annotations

import asyncio
import logging
from signal import SIGINT, Signals, SIGQUIT, SIGTERM
import threading
import traceback
from typing import Any

from .events import _VisitRequested, Shutdown
from .launch_context import LaunchContext
from .launch_description import LaunchDescription
from .logging import get_logger, log_dir


class LaunchService:
    """Visits launch descriptions and handles events until nothing is left to do."""

    def __init__(
        self, *, argv: Any = None, noninteractive: bool = False, debug: bool = False,
    ) -> None:
        """
        Prepare a context.

        :param argv: the arguments of the launch command, which nothing here reads
        :param noninteractive: no terminal passes Ctrl-C on to the children, so launch must
        :param debug: show the tracebacks of exceptions in launch files
        """
        self.context = LaunchContext(noninteractive=noninteractive)
        self._logger = get_logger('launch')
        self._logger.setLevel(logging.DEBUG if debug else logging.INFO)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._return_code = 0

    def include_launch_description(self, launch_description: LaunchDescription) -> None:
        """Visit a launch description once the service runs."""
        self.emit_event(_VisitRequested(launch_description))

    def emit_event(self, event: Any) -> None:
        """Queue an event, from any thread."""
        if self._loop is None:
            self.context.emit_event_sync(event)
        else:
            self._loop.call_soon_threadsafe(self.context.emit_event_sync, event)

    def shutdown(self) -> None:
        """End the launch, from any thread."""
        self.emit_event(Shutdown(reason='LaunchService.shutdown() called'))

    def run(self, *, shutdown_when_idle: bool = True) -> int:
        """Run until all processes have ended, or until shutdown; return 1 if launch failed."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError('LaunchService can only be run in the main thread.')
        return asyncio.run(self.run_async(shutdown_when_idle=shutdown_when_idle))

    async def run_async(self, *, shutdown_when_idle: bool = True) -> int:
        """Do the same within a running loop."""
        context, self._loop = self.context, asyncio.get_running_loop()
        for number in (SIGINT, SIGTERM, SIGQUIT):
            self._loop.add_signal_handler(number, self._on_signal, number)
        self._logger.info(f'All log files can be found below {log_dir()}')
        self._logger.info('Default logging verbosity is set to INFO')
        try:
            while True:
                while not context._event_queue.empty():
                    self._handle(context._event_queue.get_nowait())
                if not context._running:
                    if context.is_shutdown:
                        return self._return_code
                    if shutdown_when_idle:
                        context.emit_event_sync(Shutdown(reason='idle'))
                event = asyncio.ensure_future(context._event_queue.get())
                await asyncio.wait({event, *context._running}, return_when='FIRST_COMPLETED')
                if event.done():
                    self._handle(event.result())
                else:
                    event.cancel()
        finally:
            for number in (SIGINT, SIGTERM, SIGQUIT):
                self._loop.remove_signal_handler(number)
            self._loop = None

    def _handle(self, event: Any) -> None:
        """Visit what the event handlers answer to an event; an error ends the launch."""
        if isinstance(event, Shutdown):
            if self.context.is_shutdown:
                return
            self.context.is_shutdown = True
        try:
            if isinstance(event, _VisitRequested):
                self._visit(event.entity)
            for handler in list(self.context._event_handlers):
                if handler.matches(event):
                    for entity in handler.handle(event, self.context):
                        self._visit(entity)
        except Exception as error:
            self._logger.debug(traceback.format_exc())
            reason = f'Caught exception in launch (see debug for traceback): {error}'
            self._logger.error(reason)
            self._return_code = 1
            self.context.emit_event_sync(Shutdown(reason=reason))

    def _visit(self, entity: Any) -> None:
        for following in entity.visit(self.context) or []:
            self._visit(following)

    def _on_signal(self, number: Signals) -> None:
        """End the launch; on SIGTERM too, where upstream may leave its children behind."""
        if number == SIGINT:
            again = ' again, ignoring...' if self.context.is_shutdown else ''
            self._logger.warning(f'user interrupted with ctrl-c (SIGINT){again}')
            event = Shutdown(reason='ctrl-c (SIGINT)', due_to_sigint=True)
        else:
            self._logger.error(f'user interrupted with ctrl-\\ ({number.name}), terminating...')
            self._return_code = 1
            event = Shutdown(reason=number.name)
        self._handle(event)  # at once: what ends in consequence must find the launch ending
        self.context.emit_event_sync(event)  # wakes the loop, which finds it handled
