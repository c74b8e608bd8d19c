# SPDX-License-Identifier: Apache-2.0
"""Events that handlers wait for."""

from typing import Any

from ._refusal import refuse_the_rest

__getattr__ = refuse_the_rest(__name__)


class Shutdown:
    """The launch is to end; a Ctrl-C at a terminal has reached the children already."""

    def __init__(self, *, reason: str = 'reason not given', due_to_sigint: bool = False) -> None:
        self.reason = reason
        self.due_to_sigint = due_to_sigint


class _VisitRequested:
    """A launch description is to be visited by the launch service."""

    def __init__(self, entity: Any) -> None:
        self.entity = entity


class _ProcessEvent:
    """The action, and the name, cmd, env and pid of the process it started."""

    def __init__(self, *, name: str, **details: Any) -> None:
        self.process_name = name
        vars(self).update(details)


class _ProcessStarted(_ProcessEvent):
    """The process runs."""


class _ProcessExited(_ProcessEvent):
    """The process ended; a negative returncode is the signal that ended it."""


class _ProcessIO(_ProcessEvent):
    """The process wrote text (bytes as they came, not lines), from_stdout or from_stderr."""
