# SPDX-License-Identifier: Apache-2.0
"""Actions for launch tests."""

from collections.abc import Callable

from launch import LaunchContext
from launch.actions import Action


class ReadyToTest(Action):
    """Lets the tests begin."""

    def __init__(self) -> None:
        self.begin: Callable[[], object] = lambda: None  # the runner of the tests sets another

    def visit(self, context: LaunchContext) -> None:
        self.begin()
