# SPDX-License-Identifier: Apache-2.0
"""Conditions on actions."""

from __future__ import annotations

from ._refusal import refuse_the_rest
from .launch_context import LaunchContext
from .substitutions import perform, SomeSubstitutions

__getattr__ = refuse_the_rest(__name__)

_TRUTH = {'true': True, '1': True, 'false': False, '0': False}


class InvalidConditionExpressionError(Exception):
    """A condition's text is no truth value."""


class IfCondition:
    """Holds if the text is true or 1, in any case; a text that is no truth value is an error."""

    def __init__(self, predicate_expression: SomeSubstitutions) -> None:
        self._predicate = predicate_expression

    def evaluate(self, context: LaunchContext) -> bool:
        text = perform(context, self._predicate)
        if text.strip().lower() not in _TRUTH:
            raise InvalidConditionExpressionError(
                f"invalid condition expression, expected one of {list(_TRUTH)}, got: '{text}'")
        return _TRUTH[text.strip().lower()]


class UnlessCondition(IfCondition):
    """Holds if the text is false or 0."""

    def evaluate(self, context: LaunchContext) -> bool:
        return not super().evaluate(context)
