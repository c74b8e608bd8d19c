# SPDX-License-Identifier: Apache-2.0
"""The base of the actions."""

from __future__ import annotations

from typing import Any

from ._refusal import refuse_keywords
from .conditions import IfCondition
from .launch_context import LaunchContext


class Action:
    """Something to do when the launch description is visited, unless its condition forbids it."""

    def __init__(self, *, condition: IfCondition | None = None, **unknown: Any) -> None:
        public_module = '.'.join(type(self).__module__.split('.')[:2])
        refuse_keywords(f'{public_module}.{type(self).__name__}', unknown)
        self.condition = condition

    def visit(self, context: LaunchContext) -> Any:
        """Execute the action if its condition holds; return the entities to visit next."""
        if self.condition is None or self.condition.evaluate(context):
            return self.execute(context)
        return None

    def execute(self, context: LaunchContext) -> Any:
        """Do the work; return the entities to visit next."""
        raise NotImplementedError

    def get_sub_entities(self) -> list[Any]:
        """Return the entities that this action may yield, if they are known beforehand."""
        return []
