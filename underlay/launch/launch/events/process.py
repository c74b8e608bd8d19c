# SPDX-License-Identifier: Apache-2.0
"""
Events in the life of a process.
"""

from typing import Any

from .._refusal import refuse_the_rest
from ..event import Event

__getattr__ = refuse_the_rest(__name__)


class RunningProcessEvent(Event):
    """
    The base: the action and the cmd, cwd, env and pid of the process it started.
    """

    def __init__(self, *, name: str, **details: Any) -> None:
        self.process_name = name
        vars(self).update(details)


class ProcessStarted(RunningProcessEvent):
    """
    The process runs.
    """


class ProcessExited(RunningProcessEvent):
    """
    The process ended; a negative returncode is the signal that ended it.
    """


class ProcessIO(RunningProcessEvent):
    """
    The process wrote text (bytes as they came, not lines), from_stdout or from_stderr.
    """
