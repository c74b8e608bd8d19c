# SPDX-License-Identifier: Apache-2.0
"""Texts that are known only once the launch runs."""

from __future__ import annotations

from collections.abc import Iterable
import os

from ._refusal import StandIn
from .launch_context import LaunchContext


class Substitution(StandIn):
    """The base: perform() gives the text, describe() what ``--show-args`` prints for it."""

    def __init__(self, parts: SomeSubstitutions) -> None:
        self._parts = normalize(parts)

    def describe(self) -> str:
        return f'{type(self).__name__}({describe(self._parts)})'


SomeSubstitutions = str | Substitution | Iterable[str | Substitution]


def normalize(some: SomeSubstitutions) -> list[str | Substitution]:
    """Return the parts of what a user may write where a text is wanted."""
    parts = [some] if isinstance(some, (str, Substitution)) else list(some)
    for part in parts:
        if not isinstance(part, (str, Substitution)):
            raise TypeError(f'expected a text or a substitution, got {part!r}')
    return parts


def perform(context: LaunchContext, some: SomeSubstitutions) -> str:
    """Return the text of what a user wrote."""
    return ''.join(part if isinstance(part, str) else part.perform(context)
                   for part in normalize(some))


def describe(some: SomeSubstitutions) -> str:
    """Return how upstream shows what a user wrote."""
    return ' + '.join(f"'{part}'" if isinstance(part, str) else part.describe()
                      for part in normalize(some))


class LaunchConfiguration(Substitution):
    """The value of a launch argument."""

    def perform(self, context: LaunchContext) -> str:
        name = perform(context, self._parts)
        if name not in context.launch_configurations:
            raise RuntimeError(f"launch configuration '{name}' does not exist")
        return context.launch_configurations[name]


class PathJoinSubstitution(Substitution):
    """A path made of parts."""

    def perform(self, context: LaunchContext) -> str:
        return os.path.join(*(perform(context, part) for part in self._parts))
