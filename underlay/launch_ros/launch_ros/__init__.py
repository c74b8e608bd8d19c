# SPDX-License-Identifier: Apache-2.0
"""
A stand-in for ROS 2's launch_ros, for machines without ROS.

It carries what this project's launch files and tests use of launch_ros 0.26 (Jazzy), under
upstream's names and with upstream's behaviour; anything else is refused by name.
"""

from launch._refusal import refuse_the_rest

from . import actions, parameter_descriptions, substitutions

__all__ = ['actions', 'parameter_descriptions', 'substitutions']
refuse_the_rest(__name__)
