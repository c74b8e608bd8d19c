# SPDX-License-Identifier: Apache-2.0
"""Parameters that are given at start and stay: of nodes that cannot go on with a wrong one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from discinst_ros.nodes.parameter_requests import refuse_unknown_types
from discinst_ros.nodes.parameter_spec import nearest_name, Spec
from rclpy.node import Node


def declare_start_parameters(node: Node, specs: Sequence[Spec]) -> dict[str, Any]:
    """
    Declare read-only parameters and return their values.

    :raises ValueError: for a value that cannot be. An unknown name is only warned of, as one
        parameter file may serve several nodes.
    """
    refuse_unknown_types(node)
    # rclpy has no public way to ask for overrides before they are declared.
    overrides = dict(node._parameter_overrides)
    values: dict[str, Any] = {}
    for spec in specs:
        value = spec.default
        if spec.name in overrides:
            value = spec.converted(overrides[spec.name].value)
        refusal = spec.refusal(value)
        if refusal is not None:
            raise ValueError(f'parameter {refusal}')
        node.declare_parameter(spec.name, value, spec.descriptor(), ignore_override=True)
        values[spec.name] = value
    for name in overrides:
        if not node.has_parameter(name) and not name.startswith('qos_overrides.'):
            near = nearest_name(name, values)
            node.get_logger().warning(f'parameter {name!r} is unknown and ignored, ' + (
                f'did you mean {near!r}?' if near else f'known are {", ".join(values)}'))
    return values
