# SPDX-License-Identifier: Apache-2.0
"""
A stand-in for ROS 2's launch_testing, for machines without ROS.

It carries what this project's tests use of launch_testing 3.4 (Jazzy), under upstream's names and
with upstream's behaviour; anything else is refused by name.
"""

from collections.abc import Callable

from launch._refusal import refuse_the_rest

from . import actions, asserts

__all__ = ['actions', 'asserts', 'post_shutdown_test']


def post_shutdown_test() -> Callable[[type], type]:
    """Decorate a TestCase that is to run after the processes have ended."""
    def decorate(case: type) -> type:
        case.__post_shutdown_test__ = True
        return case
    return decorate


refuse_the_rest(__name__)
