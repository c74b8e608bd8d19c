# SPDX-License-Identifier: Apache-2.0
"""Values of ROS parameters."""

from launch import LaunchContext
from launch._refusal import refusal, StandIn
from launch.substitutions import perform, SomeSubstitutions


class ParameterValue(StandIn):
    """A text that stays one, whatever YAML would make of it."""

    def __init__(self, value: SomeSubstitutions, *, value_type: type | None = None) -> None:
        if value_type is not str:
            raise TypeError(refusal(
                f'launch_ros.parameter_descriptions.ParameterValue(value_type={value_type})'))
        self._value = value

    def evaluate(self, context: LaunchContext) -> str:
        return perform(context, self._value)
