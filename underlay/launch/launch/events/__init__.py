# SPDX-License-Identifier: Apache-2.0
"""
Events that handlers wait for.
"""

from typing import Any

from . import process
from .._refusal import refuse_the_rest
from ..event import Event

__all__ = ['Shutdown', 'process']

__getattr__ = refuse_the_rest(__name__)


class Shutdown(Event):
    """
    The launch is to end; a Ctrl-C at a terminal has reached the children already.
    """

    def __init__(self, *, reason: str = 'reason not given', due_to_sigint: bool = False) -> None:
        self.reason = reason
        self.due_to_sigint = due_to_sigint


class _VisitRequested(Event):
    """
    Entities are to be visited by the launch service: a description, or a timer's actions.
    """

    def __init__(self, entities: list[Any]) -> None:
        self.entities = entities
