# SPDX-License-Identifier: Apache-2.0
"""
A stand-in for ROS 2's launch, for machines without ROS.

It carries the part of launch 3.4 (Jazzy) that this project's launch files and tests use, under
upstream's names and with upstream's behaviour; anything else is refused by name. A machine with
ROS uses the real package and never sees this one.
"""

from . import (
    actions,
    conditions,
    event_handlers,
    events,
    launch_description_sources,
    logging,
    substitutions,
)
from ._refusal import refuse_the_rest
from .action import Action
from .launch_context import LaunchContext
from .launch_description import LaunchDescription
from .launch_service import LaunchService

__all__ = [
    'Action', 'LaunchContext', 'LaunchDescription', 'LaunchService', 'actions', 'conditions',
    'event_handlers', 'events', 'launch_description_sources', 'logging', 'substitutions',
]
__getattr__ = refuse_the_rest(__name__)
