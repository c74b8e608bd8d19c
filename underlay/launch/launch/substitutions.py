# SPDX-License-Identifier: Apache-2.0
"""Texts that are known only once the launch runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import os

from ._refusal import refuse_the_rest
from .launch_context import LaunchContext

__getattr__ = refuse_the_rest(__name__)


class SubstitutionFailure(RuntimeError):
    """A substitution has no text."""


class Substitution:
    """The base: perform() gives the text, describe() what ``--show-args`` prints for it."""

    _parts: list[Substitution] = []

    def perform(self, context: LaunchContext) -> str:
        raise NotImplementedError

    def describe(self) -> str:
        return f"{type(self).__name__}({' + '.join(part.describe() for part in self._parts)})"


SomeSubstitutions = str | Substitution | Iterable[str | Substitution]


class TextSubstitution(Substitution):
    """A plain text."""

    def __init__(self, *, text: str) -> None:
        self.text = text

    def perform(self, context: LaunchContext) -> str:
        return self.text

    def describe(self) -> str:
        return f"'{self.text}'"


def normalize(some: SomeSubstitutions) -> list[Substitution]:
    """Return substitutions for what a user may write where a text is wanted."""
    parts = [some] if isinstance(some, (str, Substitution)) else list(some)
    for part in parts:
        if not isinstance(part, (str, Substitution)):
            raise TypeError(f'expected a text or a substitution, got {part!r}')
    return [TextSubstitution(text=part) if isinstance(part, str) else part for part in parts]


def perform(context: LaunchContext, some: SomeSubstitutions) -> str:
    """Return the text of what a user wrote."""
    return ''.join(part.perform(context) for part in normalize(some))


class _Lookup(Substitution):
    """The value of a name, or a default."""

    _kind: str

    def __init__(self, name: SomeSubstitutions, default: SomeSubstitutions | None) -> None:
        self._parts = normalize(name)
        self._default = default

    def _values(self, context: LaunchContext) -> Mapping[str, str]:
        raise NotImplementedError

    def perform(self, context: LaunchContext) -> str:
        name, values = perform(context, self._parts), self._values(context)
        if name not in values and self._default is None:
            raise SubstitutionFailure(f"{self._kind} '{name}' does not exist")
        return values[name] if name in values else perform(context, self._default)


class LaunchConfiguration(_Lookup):
    """The value of a launch argument."""

    _kind = 'launch configuration'

    def __init__(
        self, variable_name: SomeSubstitutions, *, default: SomeSubstitutions | None = None,
    ) -> None:
        super().__init__(variable_name, default)

    def _values(self, context: LaunchContext) -> Mapping[str, str]:
        return context.launch_configurations


class EnvironmentVariable(_Lookup):
    """The value of an environment variable."""

    _kind = 'environment variable'

    def __init__(
        self, name: SomeSubstitutions, *, default_value: SomeSubstitutions | None = None,
    ) -> None:
        super().__init__(name, default_value)

    def _values(self, context: LaunchContext) -> Mapping[str, str]:
        return context.environment


class PathJoinSubstitution(Substitution):
    """A path made of parts."""

    def __init__(self, substitutions: Iterable[str | Substitution]) -> None:
        self._parts = normalize(substitutions)

    def perform(self, context: LaunchContext) -> str:
        return os.path.join(*(part.perform(context) for part in self._parts))
