# SPDX-License-Identifier: Apache-2.0
"""
Declare an argument of a launch file.
"""

from __future__ import annotations

from typing import Any

from ..action import Action
from ..launch_context import LaunchContext
from ..substitutions import SomeSubstitutions, normalize, perform


class DeclareLaunchArgument(Action):
    """
    Gives the launch configuration of that name a value, and refuses one that is not a choice.
    """

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
        self.name = name
        self.default_value = None if default_value is None else normalize(default_value)
        self.choices = choices
        if description is None:
            self.description = 'no description given' if choices is None else f'One of: {choices}'
        elif choices is None:
            self.description = description
        else:
            stop = '' if description.endswith('.') else '.'
            self.description = f'{description}{stop} Valid choices are: {choices}'

    def execute(self, context: LaunchContext) -> None:
        configurations = context.launch_configurations
        if self.name not in configurations:
            if self.default_value is None:
                raise RuntimeError(f'Required launch argument "{self.name}" was not provided.')
            configurations[self.name] = perform(context, self.default_value)
        value = configurations[self.name]
        if self.choices is not None and value not in self.choices:
            raise RuntimeError(f'Argument "{self.name}" provided value "{value}" is not valid. '
                               f'Valid options are: {self.choices}')
