# SPDX-License-Identifier: Apache-2.0
"""Values of ROS parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launch import LaunchContext
from launch._refusal import refusal, refuse_the_rest
from launch.substitutions import perform, Substitution
import yaml

__getattr__ = refuse_the_rest(__name__)

_SCALARS = (bool, int, float, str)
_HINT = ('If the parameter is meant to be a string, try wrapping it in '
         'launch_ros.parameter_descriptions.ParameterValue(value, value_type=str)')


class ParameterValue:
    """A value that is to have a type, whatever YAML would make of its text."""

    def __init__(self, value: Any, *, value_type: type | None = None) -> None:
        if value_type not in (None, *_SCALARS):
            raise TypeError(refusal(
                f'launch_ros.parameter_descriptions.ParameterValue(value_type={value_type})'))
        self._value, self._type = value, value_type

    def evaluate(self, context: LaunchContext) -> Any:
        """Return the value, checked."""
        if self._type is str and _is_text(self._value):
            return perform(context, self._value)
        value = _evaluate(context, self._value)
        if self._type is float and type(value) is int:
            value = float(value)
        if self._type not in (None, type(value)):
            raise ValueError(f'expected {self._type.__name__}, got {value!r}')
        return value


def evaluate_parameters(
    context: LaunchContext, parameters: Mapping[Any, Any], prefix: str = '',
) -> dict[str, Any]:
    """Return parameter names and plain values; nested dictionaries become dotted names."""
    plain: dict[str, Any] = {}
    for key, value in parameters.items():
        name = prefix + perform(context, key)
        if isinstance(value, Mapping):
            plain.update(evaluate_parameters(context, value, f'{name}.'))
            continue
        try:
            described = value if isinstance(value, ParameterValue) else ParameterValue(value)
            plain[name] = described.evaluate(context)
        except (TypeError, ValueError, yaml.YAMLError) as error:
            raise TypeError(
                f'Unable to evaluate the value of parameter {name}: {error}. {_HINT}') from None
    return plain


def _is_text(value: Any) -> bool:
    """Say whether a value is substitutions to join, not a list of values."""
    return isinstance(value, Substitution) or (
        isinstance(value, (list, tuple)) and any(isinstance(one, Substitution) for one in value))


def _evaluate(context: LaunchContext, value: Any) -> Any:
    """Return a plain value: what was given, or what YAML makes of a substitution's text."""
    if _is_text(value):
        value = yaml.safe_load(perform(context, value))
    if isinstance(value, (list, tuple)):
        types = {type(one) for one in value}
        if types == {int, float}:
            return [float(one) for one in value]
        if len(types) == 1 and types <= set(_SCALARS):
            return list(value)
    elif type(value) in _SCALARS:
        return value
    raise TypeError('expected bool, int, float, str or a non-empty sequence of one of them, '
                    f'got {value!r}')
