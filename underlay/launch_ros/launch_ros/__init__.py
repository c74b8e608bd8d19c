# SPDX-License-Identifier: Apache-2.0
"""
A stand-in for ROS 2's launch_ros, for machines without ROS.

It carries the part of launch_ros 0.26 (Jazzy) that this project's launch files and tests use,
under upstream's names and with upstream's behaviour; anything else is refused by name. A machine
with ROS uses the real package and never sees this one.
"""

from launch._refusal import refuse_the_rest

from . import actions, parameter_descriptions, substitutions

__all__ = ['actions', 'parameter_descriptions', 'substitutions']
refuse_the_rest(__name__)
