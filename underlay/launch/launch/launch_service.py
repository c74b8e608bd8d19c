# SPDX-License-Identifier: Apache-2.0
"""The loop that runs a launch."""

import asyncio
from collections.abc import Callable, Iterable
from signal import SIGINT, Signals, SIGQUIT, SIGTERM
import traceback
from typing import Any

from ._output import log_dir, report, show
from ._refusal import StandIn
from .launch_context import LaunchContext
from .launch_description import LaunchDescription


class LaunchService(StandIn):
    """Visits a launch description and follows its processes until all have ended."""

    def __init__(self, *, noninteractive: bool = False) -> None:
        self.context = LaunchContext(noninteractive=noninteractive)
        self._descriptions: list[LaunchDescription] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._return_code = 0

    def include_launch_description(self, launch_description: LaunchDescription) -> None:
        """Visit a launch description once the service runs."""
        self._descriptions.append(launch_description)

    def shutdown(self) -> None:
        """End the launch, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.context.shutdown)

    def run(self) -> int:
        """Run, in the main thread, until all processes have ended; return 1 if launch failed."""
        try:
            return asyncio.run(self._run())
        finally:
            self._loop = None

    async def _run(self) -> int:
        self._loop = asyncio.get_running_loop()
        for number in (SIGINT, SIGTERM, SIGQUIT):
            self._loop.add_signal_handler(number, self._on_signal, number)
        report('INFO', 'launch', f'All log files can be found below {log_dir()}')
        report('INFO', 'launch', 'Default logging verbosity is set to INFO')
        self._visit_all(lambda: self._descriptions)
        while self.context.tasks:
            done, _ = await asyncio.wait(self.context.tasks, return_when='FIRST_COMPLETED')
            self.context.tasks -= done
            for task in done:
                self._visit_all(task.result)
        return self._return_code

    def _visit_all(self, entities: Callable[[], Any]) -> None:
        """Visit what a function returns; an error in either ends the launch."""
        try:
            self._visit(entities())
        except Exception as error:
            show(traceback.format_exc(), ('log',))
            report('ERROR', 'launch',
                   f'Caught exception in launch (see debug for traceback): {error}')
            self._return_code = 1
            self.context.shutdown()

    def _visit(self, entities: Any) -> None:
        """Visit one entity, several, or none, and what they lead to."""
        if isinstance(entities, Iterable):
            for entity in entities:
                self._visit(entity)
        elif entities is not None:
            self._visit(entities.visit(self.context))

    def _on_signal(self, number: Signals) -> None:
        """End the launch; on SIGTERM too, where upstream may leave its children behind."""
        if number == SIGINT:
            again = ' again, ignoring...' if self.context.is_shutdown else ''
            report('WARNING', 'launch', f'user interrupted with ctrl-c (SIGINT){again}')
        else:
            report('ERROR', 'launch',
                   f'user interrupted with ctrl-\\ ({number.name}), terminating...')
            self._return_code = 1
        self.context.shutdown(due_to_sigint=number == SIGINT)
