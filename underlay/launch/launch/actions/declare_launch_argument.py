# SPDX-License-Identifier: Apache-2.0
"""Declare an argument of a launch file."""

from __future__ import annotations

from typing import Any

from ..action import Action
from ..launch_context import LaunchContext
from ..substitutions import normalize, perform, SomeSubstitutions


class DeclareLaunchArgument(Action):
    """Gives the launch configuration of that name a value; refuses one that is no choice."""

    def __init__(
        self, name: str, *, default_value: SomeSubstitutions | None = None,
        description: str | None = None, choices: list[str] | None = None, **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if choices is not None and len(choices) == 0:
            raise RuntimeError(
                'Provided choices arg is empty. Use None to ignore the choice list.')
        if choices is not None and isinstance(default_value, str) and default_value not in choices:
            raise RuntimeError(f'Provided default_value "{default_value}" is not in provided '
                               f'choices "{choices}".')
        self.name, self.choices = name, choices
        self.default_value = None if default_value is None else normalize(default_value)
        self.description = description or 'no description given'
        if choices is not None:
            stop = '' if self.description.endswith('.') else '.'
            self.description = (f'{description}{stop} Valid choices are: {choices}'
                                if description else f'One of: {choices}')

    def execute(self, context: LaunchContext) -> None:
        values = context.launch_configurations
        if self.name not in values:
            if self.default_value is None:
                raise RuntimeError(f'Required launch argument "{self.name}" was not provided.')
            values[self.name] = perform(context, self.default_value)
        if self.choices is not None and values[self.name] not in self.choices:
            raise RuntimeError(f'Argument "{self.name}" provided value "{values[self.name]}" is '
                               f'not valid. Valid options are: {self.choices}')
