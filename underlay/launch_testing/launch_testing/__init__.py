# SPDX-License-Identifier: Apache-2.0
"""
A stand-in for ROS 2's launch_testing, for machines without ROS.

It carries the part of launch_testing 3.4 (Jazzy) that this project's tests use, under upstream's
names and with upstream's behaviour; anything else is refused by name. A machine with ROS uses the
real package and never sees this one.
"""

from collections.abc import Callable
from typing import TypeVar

from launch._refusal import refuse_the_rest

from . import actions, asserts

__all__ = ['actions', 'asserts', 'post_shutdown_test', 'ready_to_test_action_timeout']
__getattr__ = refuse_the_rest(__name__)

Decorated = TypeVar('Decorated')


def post_shutdown_test() -> Callable[[Decorated], Decorated]:
    """Decorate a TestCase that is to run after the processes have ended."""
    return _with('__post_shutdown_test__', True)


def ready_to_test_action_timeout(timeout: float) -> Callable[[Decorated], Decorated]:
    """Decorate generate_test_description with the seconds to wait for ReadyToTest."""
    return _with('__ready_to_test_action_timeout__', timeout)


def _with(attribute: str, value: object) -> Callable[[Decorated], Decorated]:
    def decorate(decorated: Decorated) -> Decorated:
        setattr(decorated, attribute, value)
        return decorated
    return decorate
