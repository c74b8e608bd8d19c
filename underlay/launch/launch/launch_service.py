# SPDX-License-Identifier: Apache-2.0
"""
The loop that runs a launch.
"""

from __future__ import annotations

import asyncio
import logging
from signal import SIGINT, SIGQUIT, SIGTERM, Signals
import threading
import traceback
from typing import Any, Iterable

from .event_handlers import EventHandler
from .events import Shutdown, _VisitRequested
from .launch_context import LaunchContext
from .logging import get_logger, log_dir


class LaunchService:
    """
    Visits launch descriptions and handles events until nothing is left to do.
    """

    def __init__(
        self, *, argv: Iterable[str] | None = None, noninteractive: bool = False,
        debug: bool = False,
    ) -> None:
        """
        Prepare a context.

        :param noninteractive: no terminal passes Ctrl-C on to the children, so launch must
        :param debug: show the tracebacks of exceptions in launch files
        """
        self.context = LaunchContext(argv=argv, noninteractive=noninteractive)
        self.context.register_event_handler(EventHandler(
            matcher=lambda event: isinstance(event, _VisitRequested),
            entities=lambda event, context: event.entities))
        self._logger = get_logger('launch')
        if debug:
            self._logger.setLevel(logging.DEBUG)
        self._loop: asyncio.AbstractEventLoop | None = None

    def include_launch_description(self, launch_description: Any) -> None:
        """
        Visit a launch description once the service runs.
        """
        self.emit_event(_VisitRequested([launch_description]))

    def emit_event(self, event: Any) -> None:
        """
        Queue an event, from any thread.
        """
        if self._loop is None:
            self.context.emit_event_sync(event)
        else:
            self._loop.call_soon_threadsafe(self.context.emit_event_sync, event)

    def shutdown(self) -> None:
        """
        End the launch, from any thread.
        """
        self.emit_event(Shutdown(reason='LaunchService.shutdown() called'))

    def run(self, *, shutdown_when_idle: bool = True) -> int:
        """
        Run until all processes have ended, or until shutdown; return 1 if the launch failed.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError('LaunchService can only be run in the main thread.')
        return asyncio.run(self.run_async(shutdown_when_idle=shutdown_when_idle))

    async def run_async(self, *, shutdown_when_idle: bool = True) -> int:
        """
        Do the same within a running loop.
        """
        context, self._return_code = self.context, 0
        self._loop = asyncio.get_running_loop()
        for number in (SIGINT, SIGTERM, SIGQUIT):
            self._loop.add_signal_handler(number, self._on_signal, number)
        self._logger.info(f'All log files can be found below {log_dir()}')
        self._logger.info('Default logging verbosity is set to INFO')
        next_event = asyncio.ensure_future(context._event_queue.get())
        try:
            while True:
                await asyncio.sleep(0)
                if not next_event.done() and not context._running:
                    if context.is_shutdown:
                        return self._return_code
                    if shutdown_when_idle:
                        context.emit_event_sync(Shutdown(reason='idle'))
                await asyncio.wait(
                    {next_event, *context._running}, return_when=asyncio.FIRST_COMPLETED)
                if next_event.done():
                    event = next_event.result()
                    next_event = asyncio.ensure_future(context._event_queue.get())
                    self._handle(event)
        finally:
            next_event.cancel()
            for number in (SIGINT, SIGTERM, SIGQUIT):
                self._loop.remove_signal_handler(number)
            self._loop = None

    def _handle(self, event: Any) -> None:
        """
        Visit what the event handlers answer to an event; an error ends the launch.
        """
        if isinstance(event, Shutdown):
            if self.context.is_shutdown:
                return
            self.context._shutdown_begun.set()
        try:
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
        """
        End the launch; on SIGTERM too, where upstream may leave its children behind.
        """
        if number == SIGINT:
            again = ' again, ignoring...' if self.context.is_shutdown else ''
            self._logger.warning(f'user interrupted with ctrl-c (SIGINT){again}')
            event = Shutdown(reason='ctrl-c (SIGINT)', due_to_sigint=True)
        else:
            self._logger.error(
                f'user interrupted with ctrl-\\ ({Signals(number).name}), terminating...')
            self._return_code = 1
            event = Shutdown(reason=Signals(number).name)
        self.context.emit_event_sync(event)
