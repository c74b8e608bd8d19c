# SPDX-License-Identifier: Apache-2.0
"""One parameter of a node: its default, what it may be, and when it may change."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
import difflib
import re
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

#: When a parameter may change: at any time, while not configured, or only at start.
ANY_TIME, UNCONFIGURED, AT_START = 'at any time', 'while unconfigured', 'only at start'


@dataclass(frozen=True)
class Spec:
    """One parameter; its type is its default's."""

    name: str
    default: bool | int | float | str | list[float]
    description: str
    #: Inclusive, for numbers.
    limits: tuple[float, float] | None = None
    #: A regular expression for the whole of a text, and how to say it.
    pattern: str | None = None
    expected: str = ''
    changes: str = ANY_TIME
    #: Makes of a value what the node works with; a ValueError says why it cannot be.
    parse: Callable[[Any], object] | None = None

    def converted(self, value: Any) -> Any:
        """Return whole numbers as the decimal ones that are meant, and any array as a list."""
        if isinstance(self.default, float) and type(value) is int:
            return float(value)
        if isinstance(self.default, list) and isinstance(value, (array, list, tuple)):
            return [float(one) if type(one) is int else one for one in value]
        return value

    def refusal(self, value: Any) -> str | None:
        """Return why a value cannot be, None where it can."""
        kind = type(self.default).__name__
        if type(value).__name__ != kind:
            return (f'{self.name} is {value!r}, expected a value of type '
                    f'{kind}')
        if isinstance(value, list) and not all(type(one) is float for one in value):
            return f'{self.name} is {value!r}, expected numbers'
        if self.limits is not None and not self.limits[0] <= value <= self.limits[1]:
            return f'{self.name} is {value}, expected {self.limits[0]} to {self.limits[1]}'
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            return f'{self.name} is {value!r}, expected {self.expected}'
        if self.parse is not None:
            try:
                self.parse(value)
            except (ValueError, TypeError) as error:
                return str(error)
        return None

    def descriptor(self) -> ParameterDescriptor:
        """Return what ``ros2 param describe`` shows."""
        msg = ParameterDescriptor(
            description=f'{self.description} Changes {self.changes}.',
            additional_constraints=self.expected, read_only=self.changes == AT_START)
        if self.limits is not None and isinstance(self.default, float):
            msg.floating_point_range = [FloatingPointRange(
                from_value=self.limits[0], to_value=self.limits[1])]
        elif self.limits is not None:
            msg.integer_range = [IntegerRange(
                from_value=int(self.limits[0]), to_value=int(self.limits[1]), step=1)]
        return msg


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a wrong one probably means, None where none is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return near[0] if near else None
