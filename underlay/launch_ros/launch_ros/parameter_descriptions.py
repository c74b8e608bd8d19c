# SPDX-License-Identifier: Apache-2.0
"""
Values of ROS parameters.
"""

from __future__ import annotations

from typing import Any, Mapping

from launch import LaunchContext
from launch._refusal import refusal, refuse_the_rest
from launch.substitutions import Substitution, normalize, perform
import yaml

__getattr__ = refuse_the_rest(__name__)

_SCALARS = (bool, int, float, str)
_HINT = ('If the parameter is meant to be a string, try wrapping it in '
         'launch_ros.parameter_descriptions.ParameterValue(value, value_type=str)')


class ParameterValue:
    """
    A value that is to have a type, whatever YAML would make of its text.
    """

    def __init__(self, value: Any, *, value_type: type | None = None) -> None:
        if value_type not in (None, *_SCALARS):
            raise TypeError(refusal(
                f'launch_ros.parameter_descriptions.ParameterValue(value_type={value_type})'))
        self._value, self._type = value, value_type

    def evaluate(self, context: LaunchContext, name: str) -> Any:
        """
        Return the value, checked.
        """
        value = self._value
        if self._type is str and _is_text(value):
            return perform(context, normalize(value))
        value = _evaluate(context, name, value)
        if self._type is float and type(value) is int:
            value = float(value)
        if self._type not in (None, type(value)):
            raise ValueError(f"parameter '{name}': expected {self._type.__name__}, got {value!r}")
        return value


def evaluate_parameters(
    context: LaunchContext, parameters: Mapping[Any, Any], prefix: str = '',
) -> dict[str, Any]:
    """
    Return parameter names and plain values; nested dictionaries become dotted names.
    """
    plain: dict[str, Any] = {}
    for key, value in parameters.items():
        name = prefix + perform(context, normalize(key))
        if isinstance(value, Mapping):
            plain.update(evaluate_parameters(context, value, f'{name}.'))
        elif isinstance(value, ParameterValue):
            plain[name] = value.evaluate(context, name)
        else:
            plain[name] = _evaluate(context, name, value)
    return plain


def _is_text(value: Any) -> bool:
    """
    Say whether a value is substitutions to join, not a list of values.
    """
    return isinstance(value, Substitution) or (
        isinstance(value, (list, tuple)) and any(isinstance(one, Substitution) for one in value))


def _evaluate(context: LaunchContext, name: str, value: Any) -> Any:
    """
    Return a plain value: what was given, or what YAML makes of a substitution's text.
    """
    if _is_text(value):
        try:
            value = yaml.safe_load(perform(context, normalize(value)))
        except yaml.YAMLError:
            raise TypeError(
                f'Unable to parse the value of parameter {name} as yaml. {_HINT}') from None
    if isinstance(value, (list, tuple)):
        if {type(one) for one in value} == {int, float}:
            return [float(one) for one in value]
        if len({type(one) for one in value}) == 1 and type(value[0]) in _SCALARS:
            return list(value)
        raise TypeError(f"parameter '{name}': expected a non-empty sequence with items of one "
                        f'type among bool, int, float, str, got {value!r}')
    if type(value) not in _SCALARS:
        raise TypeError(f"parameter '{name}': expected bool, int, float, str or a sequence of "
                        f'one of them, got {value!r}. {_HINT}')
    return value
