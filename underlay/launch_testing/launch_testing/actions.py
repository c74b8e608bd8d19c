# SPDX-License-Identifier: Apache-2.0
"""Actions for launch tests."""

from collections.abc import Callable

from launch import LaunchContext
from launch.actions import Action


class ReadyToTest(Action):
    """Lets the tests begin."""

    #: Set by the runner of the tests.
    begin: Callable[[], None]

    def visit(self, context: LaunchContext) -> None:
        self.begin()
