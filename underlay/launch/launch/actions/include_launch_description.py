# SPDX-License-Identifier: Apache-2.0
"""Include another launch description."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._refusal import refusal
from ..action import Action
from ..launch_context import LaunchContext
from ..launch_description_sources import PythonLaunchDescriptionSource
from ..substitutions import perform, SomeSubstitutions


class IncludeLaunchDescription(Action):
    """Sets launch configurations and visits the description that a source gives."""

    def __init__(
        self, launch_description_source: PythonLaunchDescriptionSource, *,
        launch_arguments: Iterable[tuple[SomeSubstitutions, SomeSubstitutions]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not hasattr(launch_description_source, 'get_launch_description'):
            raise TypeError(refusal('launch.actions.IncludeLaunchDescription of anything but a '
                                    'PythonLaunchDescriptionSource'))
        self._source, self._arguments = launch_description_source, list(launch_arguments)

    def execute(self, context: LaunchContext) -> list[Any]:
        given = {perform(context, name): perform(context, value)
                 for name, value in self._arguments}
        description = self._source.get_launch_description(context)
        for argument in description.get_launch_arguments():
            if argument.default_value is argument.condition is None and argument.name not in given:
                raise RuntimeError(
                    f"Included launch description missing required argument '{argument.name}' "
                    f"(description: '{argument.description}'), given: [{', '.join(given)}]")
        context.launch_configurations.update(given)
        return [description]

    def get_sub_entities(self) -> list[Any]:
        """Return the included description, if its place is known before launching."""
        try:
            return [self._source.get_launch_description(LaunchContext())]
        except Exception:  # the place, or the file itself, needs the launch's configurations
            return []
