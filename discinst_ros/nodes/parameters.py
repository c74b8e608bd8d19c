# SPDX-License-Identifier: Apache-2.0
"""
The parameters of perception_node, declared and validated.

A value that cannot be is refused with the reason. Given at start it is reported and the default
holds, so that one bad line in a file does not silence a robot; an unknown name is reported with
the nearest known one.
"""

from __future__ import annotations

from typing import Any

from discinst_ros.nodes.parameter_requests import refuse_unknown_types
from discinst_ros.nodes.parameter_spec import AT_START, nearest_name, Spec, UNCONFIGURED
from discinst_ros.nodes.perception_parameters import SPECS
from discinst_ros.nodes.problems import Problems
from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

#: Kinds of problems, see :mod:`discinst_ros.nodes.problems`.
UNKNOWN_PARAMETER, REFUSED_PARAMETER = 'unknown parameter', 'parameter refused'


class Parameters:
    """The declared parameters of a node: ``parameters['slop_s']``."""

    def __init__(self, node: Node, problems: Problems) -> None:
        """Declare all and report what was given and cannot be."""
        self._node = node
        self._problems = problems
        #: While the node is configured, what shaped that cannot change.
        self.locked = False
        # rclpy has no public way to ask for overrides of names that nobody declares.
        overrides: dict[str, Parameter] = dict(node._parameter_overrides)
        for spec in SPECS.values():
            self._declare(spec, overrides)
        for name in sorted(overrides):
            if not node.has_parameter(name) and not name.startswith('qos_overrides.'):
                problems.report(f'{UNKNOWN_PARAMETER}: {name}',
                                self._unknown(name) + '; it is ignored', lasting=True)
        refuse_unknown_types(node)
        node.add_pre_set_parameters_callback(self._before_set)
        node.add_on_set_parameters_callback(self._on_set)

    def __getitem__(self, name: str) -> Any:
        """Return the value of a parameter."""
        return self._node.get_parameter(name).value

    def _declare(self, spec: Spec, overrides: dict[str, Parameter]) -> None:
        value = spec.default
        if spec.name in overrides:
            given = spec.converted(overrides[spec.name].value)
            refusal = spec.refusal(given)
            if refusal is None:
                value = given
            else:
                self._problems.report(_refused(spec.name), f'parameter {refusal}; the default '
                                      f'{spec.default!r} holds', lasting=True)
        descriptor = spec.descriptor()
        # rclpy would refuse the value that it has, too, as where a dump is loaded again.
        descriptor.read_only = False
        self._node.declare_parameter(spec.name, value, descriptor, ignore_override=True)

    def _before_set(self, parameters: list[Parameter]) -> list[Parameter]:
        """Convert whole numbers, and report what rclpy refuses by itself."""
        converted = []
        for parameter in parameters:
            spec = SPECS.get(parameter.name)
            if spec is None:
                if not self._node.has_parameter(parameter.name):
                    self._problems.report(f'{UNKNOWN_PARAMETER}: {parameter.name}',
                                          self._unknown(parameter.name))
                converted.append(parameter)
                continue
            value = spec.converted(parameter.value)
            refusal = self._refusal(spec, value)
            if refusal is not None:
                self._problems.report(_refused(spec.name), f'parameter {refusal}; '
                                      f'{self[spec.name]!r} stays')
            # rclpy makes no parameter of an empty array of numbers, which arrives as one.
            converted.append(parameter if value is parameter.value
                             else Parameter(parameter.name, value=value))
        return converted

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        known = [(SPECS[parameter.name], parameter.value) for parameter in parameters
                 if parameter.name in SPECS]
        refusals = [self._refusal(spec, value) for spec, value in known]
        reason = '; '.join(refusal for refusal in refusals if refusal is not None)
        if not reason:
            for spec, _ in known:
                self._problems.clear(_refused(spec.name))
        return SetParametersResult(successful=not reason, reason=reason)

    def _refusal(self, spec: Spec, value: Any) -> str | None:
        if self.locked and spec.changes == UNCONFIGURED and value != self[spec.name]:
            return (f'{spec.name} cannot change while the node is configured; deactivate and '
                    'clean it up first')
        if spec.changes == AT_START and value != self[spec.name]:
            return f'{spec.name} can only be given at start'
        return spec.refusal(value)

    def _unknown(self, name: str) -> str:
        near = nearest_name(name, SPECS)
        hint = f'did you mean {near!r}?' if near else 'known are ' + ', '.join(SPECS)
        return f'parameter {name!r} is unknown, {hint}'


def _refused(name: str) -> str:
    return f'{REFUSED_PARAMETER}: {name}'
