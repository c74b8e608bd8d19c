# SPDX-License-Identifier: Apache-2.0
"""
Refuses requests to set a parameter to a value of no known type.

In rclpy of Jazzy they are errors that end the process: a client with a bug would be the end of
the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rcl_interfaces.msg import Parameter as ParameterMsg
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.node import Node
from rclpy.parameter import Parameter

_TYPES = {kind.value for kind in Parameter.Type}


def refuse_unknown_types(node: Node) -> None:
    """Let the services of a node answer why there was no success; all else goes on to rclpy."""
    for service in node.services:
        if service.srv_type is SetParameters:
            service.callback = _each(service.callback)
        elif service.srv_type is SetParametersAtomically:
            service.callback = _all(service.callback)


def _each(set_parameters: Callable[..., Any]) -> Callable[..., Any]:
    """Set those that can be."""
    def answer(request: SetParameters.Request, response: SetParameters.Response
               ) -> SetParameters.Response:
        for msg in request.parameters:
            refusal = _refusal(msg)
            if refusal is None:
                set_parameters(SetParameters.Request(parameters=[msg]), response)
            else:
                response.results.append(refusal)
        return response

    return answer


def _all(set_parameters: Callable[..., Any]) -> Callable[..., Any]:
    """Set all or none."""
    def answer(request: SetParametersAtomically.Request,
               response: SetParametersAtomically.Response) -> SetParametersAtomically.Response:
        refusal = next(filter(None, map(_refusal, request.parameters)), None)
        if refusal is None:
            return set_parameters(request, response)
        response.result = refusal
        return response

    return answer


def _refusal(msg: ParameterMsg) -> SetParametersResult | None:
    """Return what to answer, None where the type is known."""
    if msg.value.type in _TYPES:
        return None
    return SetParametersResult(successful=False, reason=(
        f'{msg.name} has a value of type {msg.value.type}, expected one of '
        f'rcl_interfaces/msg/ParameterType, {min(_TYPES)} to {max(_TYPES)}'))
