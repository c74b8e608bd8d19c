# SPDX-License-Identifier: Apache-2.0
"""
The actions of launch files.
"""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Iterable

from .declare_launch_argument import DeclareLaunchArgument
from .execute_process import ExecuteProcess
from .include_launch_description import IncludeLaunchDescription
from .._refusal import refuse_the_rest
from ..action import Action
from ..event_handlers import EventHandler, as_list
from ..event import Event
from ..events import Shutdown as _ShutdownEvent, _VisitRequested
from ..launch_context import LaunchContext
from ..logging import get_logger
from ..substitutions import SomeSubstitutions, normalize, perform

__all__ = [
    'DeclareLaunchArgument', 'EmitEvent', 'ExecuteProcess', 'IncludeLaunchDescription', 'LogInfo',
    'OpaqueFunction', 'RegisterEventHandler', 'SetEnvironmentVariable', 'Shutdown', 'TimerAction',
]

__getattr__ = refuse_the_rest(__name__)


class SetEnvironmentVariable(Action):
    """
    Sets a variable in the environment of the processes started after it.
    """

    def __init__(self, name: SomeSubstitutions, value: SomeSubstitutions, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._name, self._value = normalize(name), normalize(value)

    def execute(self, context: LaunchContext) -> None:
        context.environment[perform(context, self._name)] = perform(context, self._value)


class OpaqueFunction(Action):
    """
    Calls a function with the context; the function may return entities to visit.
    """

    def __init__(
        self, *, function: Callable[..., Any], args: Iterable[Any] | None = None,
        kwargs: dict[str, Any] | None = None, **left_over: Any,
    ) -> None:
        super().__init__(**left_over)
        self._function, self._args, self._kwargs = function, list(args or []), kwargs or {}

    def execute(self, context: LaunchContext) -> Any:
        return self._function(context, *self._args, **self._kwargs)


class LogInfo(Action):
    """
    Logs a text.
    """

    def __init__(self, *, msg: SomeSubstitutions, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._msg = normalize(msg)

    def execute(self, context: LaunchContext) -> None:
        get_logger('launch.user').info(perform(context, self._msg))


class RegisterEventHandler(Action):
    """
    Registers an event handler.
    """

    def __init__(self, event_handler: EventHandler, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._event_handler = event_handler

    def execute(self, context: LaunchContext) -> None:
        context.register_event_handler(self._event_handler)

    def get_sub_entities(self) -> list[Any]:
        return self._event_handler.get_sub_entities()


class EmitEvent(Action):
    """
    Emits an event.
    """

    def __init__(self, *, event: Event, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._event = event

    def execute(self, context: LaunchContext) -> None:
        context.emit_event_sync(self._event)


class Shutdown(EmitEvent):
    """
    Ends the launch.
    """

    def __init__(self, *, reason: str = 'reason not given', **kwargs: Any) -> None:
        super().__init__(event=_ShutdownEvent(reason=reason), **kwargs)


class TimerAction(Action):
    """
    Visits its actions after some seconds, unless the launch ends before.
    """

    def __init__(
        self, *, period: float | SomeSubstitutions, actions: Iterable[Any], **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._period = normalize(str(period) if isinstance(period, (int, float)) else period)
        self._actions = as_list(actions)

    def execute(self, context: LaunchContext) -> None:
        context._start(self._wait(context, float(perform(context, self._period))))

    async def _wait(self, context: LaunchContext, period_s: float) -> None:
        try:
            await asyncio.wait_for(context._shutdown_begun.wait(), timeout=period_s)
        except asyncio.TimeoutError:
            context.emit_event_sync(_VisitRequested(self._actions))

    def get_sub_entities(self) -> list[Any]:
        return self._actions
