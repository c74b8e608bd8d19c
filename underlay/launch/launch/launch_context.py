# SPDX-License-Identifier: Apache-2.0
"""What the actions of one launch share."""

import asyncio
from collections.abc import Callable
import os
from typing import Any

from ._refusal import StandIn


class LaunchContext(StandIn):
    """Launch configurations, environment, and the processes."""

    def __init__(self, *, noninteractive: bool = False) -> None:
        """Start; noninteractive: no terminal passes Ctrl-C on to the children."""
        self.launch_configurations: dict[str, str] = {}
        self.environment = os.environ
        self.is_shutdown = False
        #: Follow the processes; each gives the entities that answer the process's end.
        self.tasks: set[asyncio.Future[Any]] = set()
        #: Called with a process's name, its file descriptor and what it wrote there.
        self.on_output: Callable[[str, int, bytes], None] = lambda name, fd, data: None
        #: Called when a process has ended.
        self.on_exit: Callable[[Any], None] = lambda event: None
        self._noninteractive, self._interrupt = noninteractive, True
        self._processes: list[Any] = []

    def process_started(self, process: Any) -> None:
        """Take charge of a process's end."""
        self._processes.append(process)
        if self.is_shutdown:  # the launch ended while the process was being started
            process.end(interrupt=self._interrupt)

    def shutdown(self, *, due_to_sigint: bool = False) -> None:
        """End the launch; a Ctrl-C at a terminal has reached the children already."""
        if not self.is_shutdown:
            self.is_shutdown = True
            self._interrupt = self._noninteractive or not due_to_sigint
            for process in self._processes:
                process.end(interrupt=self._interrupt)
