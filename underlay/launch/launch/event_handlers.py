# SPDX-License-Identifier: Apache-2.0
"""Handlers that turn events into entities to visit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ._refusal import refuse_the_rest
from .events import _ProcessExited, _ProcessIO, _ProcessStarted, Shutdown
from .launch_context import LaunchContext

__getattr__ = refuse_the_rest(__name__)

#: Entities to visit: one, several, none, or a callable that returns them.
Reaction = Any


class _Handler:
    """Reacts to one kind of event; of one action's process, if there is a target."""

    def __init__(self, kind: type, target: Any, reaction: Reaction) -> None:
        self._kind, self._target, self._reaction = kind, target, reaction

    def matches(self, event: Any) -> bool:
        return isinstance(event, self._kind) and (
            self._target is None or self._target is event.action)

    def handle(self, event: Any, context: LaunchContext) -> list[Any]:
        reaction = self._reaction
        return _as_list(reaction(event, context) if callable(reaction) else reaction)

    def get_sub_entities(self) -> list[Any]:
        return [] if callable(self._reaction) else _as_list(self._reaction)


def _as_list(entities: Any) -> list[Any]:
    if entities is None:
        return []
    return list(entities) if isinstance(entities, Iterable) else [entities]


class OnShutdown(_Handler):
    """Reacts to the end of the launch."""

    def __init__(self, *, on_shutdown: Reaction) -> None:
        super().__init__(Shutdown, None, on_shutdown)


class OnProcessStart(_Handler):
    """Reacts to the start of a process."""

    def __init__(self, *, target_action: Any = None, on_start: Reaction) -> None:
        super().__init__(_ProcessStarted, target_action, on_start)


class OnProcessExit(_Handler):
    """Reacts to the end of a process."""

    def __init__(self, *, target_action: Any = None, on_exit: Reaction) -> None:
        super().__init__(_ProcessExited, target_action, on_exit)


class OnProcessIO(_Handler):
    """Calls back with what a process writes."""

    def __init__(
        self, *, target_action: Any = None, on_stdout: Callable[[Any], Any],
        on_stderr: Callable[[Any], Any],
    ) -> None:
        super().__init__(_ProcessIO, target_action, lambda event, context: (
            on_stdout if event.from_stdout else on_stderr)(event))
