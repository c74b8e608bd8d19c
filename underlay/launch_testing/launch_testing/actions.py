# SPDX-License-Identifier: Apache-2.0
"""Actions for launch tests."""

from collections.abc import Callable

from launch import Action, LaunchContext
from launch._refusal import refuse_the_rest

__getattr__ = refuse_the_rest(__name__)


class ReadyToTest(Action):
    """Lets the tests begin."""

    def __init__(self) -> None:
        super().__init__()
        self._callback: Callable[[], None] = lambda: None

    def execute(self, context: LaunchContext) -> None:
        self._callback()
