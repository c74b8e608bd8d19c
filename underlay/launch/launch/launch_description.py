# SPDX-License-Identifier: Apache-2.0
"""The list of entities that a launch file returns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .launch_context import LaunchContext


class LaunchDescription:
    """Entities to visit in order."""

    def __init__(self, initial_entities: Iterable[Any] | None = None) -> None:
        self.entities = list(initial_entities or [])

    def add_action(self, action: Any) -> None:
        self.entities.append(action)

    def visit(self, context: LaunchContext) -> list[Any]:
        return self.entities

    def get_sub_entities(self) -> list[Any]:
        return self.entities

    def get_launch_arguments(self) -> list[Any]:
        """Return the declared arguments, of each name the first declaration."""
        found: dict[str, Any] = {}
        for entity in walk(self):
            if hasattr(entity, 'default_value'):
                found.setdefault(entity.name, entity)
        return list(found.values())


def walk(entity: Any) -> Iterator[Any]:
    """Yield an entity and all it may lead to, as far as that is known before launching."""
    yield entity
    for sub_entity in entity.get_sub_entities():
        yield from walk(sub_entity)
