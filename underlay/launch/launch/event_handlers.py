# SPDX-License-Identifier: Apache-2.0
"""
Handlers that turn events into entities to visit.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Union

from ._refusal import refuse_the_rest
from .action import Action
from .event import Event
from .events import Shutdown
from .events.process import ProcessExited, ProcessIO, ProcessStarted
from .launch_context import LaunchContext

__getattr__ = refuse_the_rest(__name__)

Reaction = Union[Any, Iterable[Any], Callable[[Any, LaunchContext], Any], None]


def as_list(entities: Any) -> list[Any]:
    """
    Return a list of entities for one, several or none.
    """
    if entities is None:
        return []
    return list(entities) if isinstance(entities, Iterable) else [entities]


class EventHandler:
    """
    Entities to visit when an event matches, or a callable that returns them.
    """

    def __init__(self, *, matcher: Callable[[Event], bool], entities: Reaction = None) -> None:
        self._matcher = matcher
        self._entities = entities

    def matches(self, event: Event) -> bool:
        return self._matcher(event)

    def handle(self, event: Event, context: LaunchContext) -> list[Any]:
        entities = self._entities
        return as_list(entities(event, context) if callable(entities) else entities)

    def get_sub_entities(self) -> list[Any]:
        return [] if callable(self._entities) else as_list(self._entities)


class OnShutdown(EventHandler):
    """
    Reacts to the end of the launch.
    """

    def __init__(self, *, on_shutdown: Reaction) -> None:
        super().__init__(matcher=lambda event: isinstance(event, Shutdown), entities=on_shutdown)


class _OnProcess(EventHandler):
    """
    Reacts to one kind of event of one process, or of all.
    """

    def __init__(self, kind: type[Event], target: Action | None, entities: Reaction) -> None:
        if target is not None and not isinstance(target, Action):
            raise TypeError(f'target_action expected an action, got {target!r}')
        super().__init__(
            matcher=lambda event: isinstance(event, kind) and target in (None, event.action),
            entities=entities)


class OnProcessStart(_OnProcess):
    """
    Reacts to the start of a process.
    """

    def __init__(self, *, target_action: Action | None = None, on_start: Reaction) -> None:
        super().__init__(ProcessStarted, target_action, on_start)


class OnProcessExit(_OnProcess):
    """
    Reacts to the end of a process.
    """

    def __init__(self, *, target_action: Action | None = None, on_exit: Reaction) -> None:
        super().__init__(ProcessExited, target_action, on_exit)


class OnProcessIO(_OnProcess):
    """
    Reacts to what a process writes.
    """

    def __init__(
        self, *, target_action: Action | None = None,
        on_stdout: Callable[[ProcessIO], Any] | None = None,
        on_stderr: Callable[[ProcessIO], Any] | None = None,
    ) -> None:
        def react(event: ProcessIO, context: LaunchContext) -> Any:
            callback = on_stdout if event.from_stdout else on_stderr
            return None if callback is None else callback(event)
        super().__init__(ProcessIO, target_action, react)
