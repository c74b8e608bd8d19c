# SPDX-License-Identifier: Apache-2.0
"""The list of entities that a launch file returns."""

from collections.abc import Iterable
from typing import Any

from ._refusal import StandIn
from .launch_context import LaunchContext


class LaunchDescription(StandIn):
    """Entities to visit in order."""

    def __init__(self, initial_entities: Iterable[Any] = ()) -> None:
        self.entities = list(initial_entities)

    def visit(self, context: LaunchContext) -> list[Any]:
        return self.entities

    def get_launch_arguments(self) -> list[Any]:
        """Return the declared arguments."""
        return [entity for entity in self.entities if hasattr(entity, 'default_value')]
