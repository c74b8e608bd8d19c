# SPDX-License-Identifier: Apache-2.0
"""
A stand-in for ROS 2's launch, for machines without ROS.

It carries what this project's launch files and tests use of launch 3.4 (Jazzy), under upstream's
names and with upstream's behaviour; anything else is refused by name.
"""

from . import actions, launch_description_sources, substitutions
from ._refusal import refuse_the_rest
from .launch_context import LaunchContext
from .launch_description import LaunchDescription
from .launch_service import LaunchService

__all__ = ['LaunchContext', 'LaunchDescription', 'LaunchService', 'actions',
           'launch_description_sources', 'substitutions']
refuse_the_rest(__name__)
