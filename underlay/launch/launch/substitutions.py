# SPDX-License-Identifier: Apache-2.0
"""
Texts that are known only once the launch runs.
"""

from __future__ import annotations

import math
import os
from typing import Iterable, Union

from ._refusal import refuse_the_rest
from .launch_context import LaunchContext

__getattr__ = refuse_the_rest(__name__)


class SubstitutionFailure(RuntimeError):
    """
    A substitution has no text.
    """


class Substitution:
    """
    The base: perform() gives the text, describe() what ``--show-args`` prints for it.
    """

    def perform(self, context: LaunchContext) -> str:
        raise NotImplementedError

    def describe(self) -> str:
        parts = ' + '.join(part.describe() for part in getattr(self, '_parts', ()))
        return f'{type(self).__name__}({parts})'


SomeSubstitutions = Union[str, Substitution, Iterable[Union[str, Substitution]]]


class TextSubstitution(Substitution):
    """
    A plain text.
    """

    def __init__(self, *, text: str) -> None:
        self.text = text

    def perform(self, context: LaunchContext) -> str:
        return self.text

    def describe(self) -> str:
        return f"'{self.text}'"


def normalize(some: SomeSubstitutions) -> list[Substitution]:
    """
    Return substitutions for what a user may write where a text is wanted.
    """
    parts = [some] if isinstance(some, (str, Substitution)) else list(some)
    for part in parts:
        if not isinstance(part, (str, Substitution)):
            raise TypeError(f'expected a text or a substitution, got {part!r}')
    return [TextSubstitution(text=part) if isinstance(part, str) else part for part in parts]


def perform(context: LaunchContext, substitutions: Iterable[Substitution]) -> str:
    """
    Return the joined texts of substitutions.
    """
    return ''.join(one.perform(context) for one in substitutions)


class LaunchConfiguration(Substitution):
    """
    The value of a launch argument, or the default.
    """

    def __init__(
        self, variable_name: SomeSubstitutions, *, default: SomeSubstitutions | None = None,
    ) -> None:
        self._parts = normalize(variable_name)
        self._default = None if default is None else normalize(default)

    def perform(self, context: LaunchContext) -> str:
        name = perform(context, self._parts)
        if name in context.launch_configurations:
            return context.launch_configurations[name]
        if self._default is None:
            raise SubstitutionFailure(f"launch configuration '{name}' does not exist")
        return perform(context, self._default)


class EnvironmentVariable(Substitution):
    """
    The value of an environment variable, or the default.
    """

    def __init__(
        self, name: SomeSubstitutions, *, default_value: SomeSubstitutions | None = None,
    ) -> None:
        self._parts = normalize(name)
        self._default = None if default_value is None else normalize(default_value)

    def perform(self, context: LaunchContext) -> str:
        name = perform(context, self._parts)
        if name in context.environment:
            return context.environment[name]
        if self._default is None:
            raise SubstitutionFailure(f"environment variable '{name}' does not exist")
        return perform(context, self._default)


class PathJoinSubstitution(Substitution):
    """
    A path made of parts.
    """

    def __init__(self, substitutions: Iterable[str | Substitution]) -> None:
        self._parts = normalize(substitutions)

    def perform(self, context: LaunchContext) -> str:
        return os.path.join(*(part.perform(context) for part in self._parts))


class EqualsSubstitution(Substitution):
    """
    The text true if two texts are equal, else false.
    """

    def __init__(self, left: SomeSubstitutions, right: SomeSubstitutions) -> None:
        self._left, self._right = normalize(left), normalize(right)
        self._parts = [*self._left, *self._right]

    def perform(self, context: LaunchContext) -> str:
        return str(perform(context, self._left) == perform(context, self._right)).lower()


class PythonExpression(Substitution):
    """
    The value of a Python expression; the names of the math module are known.
    """

    def __init__(self, expression: SomeSubstitutions) -> None:
        self._parts = normalize(expression)

    def perform(self, context: LaunchContext) -> str:
        return str(eval(perform(context, self._parts), {}, {'math': math, **vars(math)}))
