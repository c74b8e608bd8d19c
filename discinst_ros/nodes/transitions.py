# SPDX-License-Identifier: Apache-2.0
"""
Refuses lifecycle commands that cannot be followed now, as nodes of rclcpp do.

In rclpy of Jazzy they are errors that end the process: who configures a node that has started
itself would be its end.
"""

from __future__ import annotations

from lifecycle_msgs.srv import ChangeState
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode


def refuse_impossible_transitions(node: LifecycleNode) -> None:
    """Let the service answer that there was no success; why, rcl has logged by then."""
    # rclpy has no public way to get at the service, which a node may be without.
    service = getattr(node, '_service_change_state', None)
    if service is None:
        return
    change_state = service.callback

    def answer(request: ChangeState.Request, response: ChangeState.Response
               ) -> ChangeState.Response:
        try:
            return change_state(request, response)
        except rclpy_implementation.RCLError:
            response.success = False
            return response

    service.callback = answer
