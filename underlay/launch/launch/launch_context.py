# SPDX-License-Identifier: Apache-2.0
"""What the actions of one launch share."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
import os
from typing import Any


class LaunchContext:
    """Launch configurations, environment, event handlers and the queue of events."""

    def __init__(self, *, noninteractive: bool = False) -> None:
        """
        Start with no launch configurations and this process's environment.

        :param noninteractive: no terminal passes Ctrl-C on to the children, so launch must
        """
        self.noninteractive = noninteractive
        self.launch_configurations: dict[str, str] = {}
        self.environment = os.environ
        self.is_shutdown = False
        self._event_handlers: list[Any] = []
        self._event_queue: asyncio.Queue[Any] = asyncio.Queue()
        self._running: set[asyncio.Future[None]] = set()

    def perform_substitution(self, substitution: Any) -> str:
        return substitution.perform(self)

    def register_event_handler(self, event_handler: Any) -> None:
        """Register a handler; the newest is asked first."""
        self._event_handlers.insert(0, event_handler)

    def emit_event_sync(self, event: Any) -> None:
        """Queue an event for the launch service."""
        self._event_queue.put_nowait(event)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start something that the launch service waits for before it calls itself idle."""
        future = asyncio.ensure_future(work)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
