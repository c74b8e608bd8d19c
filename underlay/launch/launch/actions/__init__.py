# SPDX-License-Identifier: Apache-2.0
"""The actions of launch files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .. import events
from .._refusal import refuse_the_rest
from ..action import Action
from ..launch_context import LaunchContext
from ..logging import get_logger
from ..substitutions import perform, SomeSubstitutions
from .declare_launch_argument import DeclareLaunchArgument
from .execute_process import ExecuteProcess
from .include_launch_description import IncludeLaunchDescription

__all__ = [
    'DeclareLaunchArgument', 'ExecuteProcess', 'IncludeLaunchDescription', 'LogInfo',
    'OpaqueFunction', 'RegisterEventHandler', 'SetEnvironmentVariable', 'Shutdown',
]
__getattr__ = refuse_the_rest(__name__)


class SetEnvironmentVariable(Action):
    """Sets a variable in the environment of the processes started after it."""

    def __init__(self, name: SomeSubstitutions, value: SomeSubstitutions, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._name, self._value = name, value

    def execute(self, context: LaunchContext) -> None:
        context.environment[perform(context, self._name)] = perform(context, self._value)


class OpaqueFunction(Action):
    """Calls a function with the context; the function may return entities to visit."""

    def __init__(
        self, *, function: Callable[..., Any], args: Iterable[Any] = (), **left_over: Any,
    ) -> None:
        super().__init__(**left_over)
        self._function, self._args = function, list(args)

    def execute(self, context: LaunchContext) -> Any:
        return self._function(context, *self._args)


class LogInfo(Action):
    """Logs a text."""

    def __init__(self, *, msg: SomeSubstitutions, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._msg = msg

    def execute(self, context: LaunchContext) -> None:
        get_logger('launch.user').info(perform(context, self._msg))


class RegisterEventHandler(Action):
    """Registers an event handler."""

    def __init__(self, event_handler: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._event_handler = event_handler

    def execute(self, context: LaunchContext) -> None:
        context.register_event_handler(self._event_handler)

    def get_sub_entities(self) -> list[Any]:
        return self._event_handler.get_sub_entities()


class Shutdown(Action):
    """Ends the launch."""

    def __init__(self, *, reason: str = 'reason not given', **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._reason = reason

    def execute(self, context: LaunchContext) -> None:
        context.emit_event_sync(events.Shutdown(reason=self._reason))
