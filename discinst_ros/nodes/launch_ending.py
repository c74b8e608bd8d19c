# SPDX-License-Identifier: Apache-2.0
"""When a launch ends before its time."""

from __future__ import annotations

from typing import Any


def end_if_failed(event: Any, context: Any) -> list[Any]:
    """
    End the launch, with an exit code that says so, when a node failed; an ``on_exit`` of nodes.

    :raises RuntimeError: that is how ``launch`` is told.
    """
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f'{event.process_name} ended with exit code {event.returncode}')
    return []
