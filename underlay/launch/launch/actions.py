# SPDX-License-Identifier: Apache-2.0
"""The actions of launch files."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import count
import os
from typing import Any

from ._output import report
from ._process import Process
from ._refusal import refusal, StandIn
from .launch_context import LaunchContext
from .launch_description_sources import PythonLaunchDescriptionSource
from .substitutions import perform, SomeSubstitutions

_process_numbers = count(1)

_OUTPUTS = {'screen': {1: ('screen',), 2: ('screen',)}, 'log': {1: ('log',), 2: ('log', 'screen')}}


class Action(StandIn):
    """The base; visit() of an action does the work and returns the entities to visit next."""


class DeclareLaunchArgument(Action):
    """Gives the launch configuration of that name a value; refuses one that is no choice."""

    def __init__(
        self, name: str, *, default_value: SomeSubstitutions | None = None,
        description: str | None = None, choices: list[str] | None = None,
    ) -> None:
        if choices is not None and isinstance(default_value, str) and default_value not in choices:
            raise RuntimeError(f'Provided default_value "{default_value}" is not in provided '
                               f'choices "{choices}".')
        self.name, self.default_value, self.choices = name, default_value, choices
        self.description = description or 'no description given'
        if choices is not None:
            stop = '' if self.description.endswith('.') else '.'
            self.description = (f'{description}{stop} Valid choices are: {choices}'
                                if description else f'One of: {choices}')

    def visit(self, context: LaunchContext) -> None:
        values = context.launch_configurations
        if self.name not in values:
            if self.default_value is None:
                raise RuntimeError(f'Required launch argument "{self.name}" was not provided.')
            values[self.name] = perform(context, self.default_value)
        if self.choices is not None and values[self.name] not in self.choices:
            raise RuntimeError(f'Argument "{self.name}" provided value "{values[self.name]}" is '
                               f'not valid. Valid options are: {self.choices}')


class IncludeLaunchDescription(Action):
    """Sets launch configurations and visits the description that a source gives."""

    def __init__(
        self, launch_description_source: PythonLaunchDescriptionSource, *,
        launch_arguments: Iterable[tuple[SomeSubstitutions, SomeSubstitutions]] = (),
    ) -> None:
        if not isinstance(launch_description_source, PythonLaunchDescriptionSource):
            raise TypeError(refusal('launch.actions.IncludeLaunchDescription of anything but a '
                                    'PythonLaunchDescriptionSource'))
        self._source, self._arguments = launch_description_source, list(launch_arguments)

    def visit(self, context: LaunchContext) -> Any:
        given = {perform(context, name): perform(context, value)
                 for name, value in self._arguments}
        description = self._source.get_launch_description(context)
        for argument in description.get_launch_arguments():
            if argument.default_value is None and argument.name not in given:
                raise RuntimeError(
                    f"Included launch description missing required argument '{argument.name}' "
                    f"(description: '{argument.description}'), given: [{', '.join(given)}]")
        context.launch_configurations.update(given)
        return description


class SetEnvironmentVariable(Action):
    """Sets a variable in the environment of the processes started after it."""

    def __init__(self, name: SomeSubstitutions, value: SomeSubstitutions) -> None:
        self._name, self._value = name, value

    def visit(self, context: LaunchContext) -> None:
        context.environment[perform(context, self._name)] = perform(context, self._value)


class OpaqueFunction(Action):
    """Calls a function with the context; the function may return entities to visit."""

    def __init__(self, *, function: Callable[[LaunchContext], Any]) -> None:
        self._function = function

    def visit(self, context: LaunchContext) -> Any:
        return self._function(context)


class LogInfo(Action):
    """Logs a text."""

    def __init__(self, *, msg: SomeSubstitutions) -> None:
        self._msg = msg

    def visit(self, context: LaunchContext) -> None:
        report('INFO', 'launch.user', perform(context, self._msg))


class Shutdown(Action):
    """Ends the launch."""

    def __init__(self, *, reason: str = 'reason not given') -> None:
        """Take a reason, which tells the reader of the launch file."""

    def visit(self, context: LaunchContext) -> None:
        context.shutdown()


class ExecuteProcess(Action):
    """Starts a process; its end is answered with on_exit: entities, or a function's."""

    def __init__(
        self, *, cmd: Iterable[SomeSubstitutions], output: str = 'log', on_exit: Any = None,
    ) -> None:
        """Take the command, one entry per word."""
        if output not in _OUTPUTS:
            raise ValueError(refusal(f'launch.actions.ExecuteProcess(output={output!r})'))
        self._cmd, self._output, self._on_exit = list(cmd), output, on_exit

    def visit(self, context: LaunchContext) -> None:
        cmd = self._words(context)
        if not context.is_shutdown:
            name = f'{os.path.basename(cmd[0])}-{next(_process_numbers)}'
            process = Process(context, name, _OUTPUTS[self._output])
            running = process.run(cmd, dict(context.environment))
            context.tasks.add(asyncio.ensure_future(self._follow(context, running)))

    def _words(self, context: LaunchContext) -> list[str]:
        return [perform(context, word) for word in self._cmd]

    async def _follow(self, context: LaunchContext, running: Awaitable[Any]) -> Any:
        """Wait for the end of the process; return the entities that answer it."""
        event = await running
        if event is None:  # there was no start
            return None
        return self._on_exit(event, context) if callable(self._on_exit) else self._on_exit
