# SPDX-License-Identifier: Apache-2.0
"""What a launch file does first, so that images reach the processes that it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ament_index_python.packages import get_package_share_path
from discinst_ros.nodes.fastdds_profile import profile_variables, shortage
from launch.actions import LogInfo, SetEnvironmentVariable


def room_for_images(environment: Mapping[str, str], processes: int) -> list[Any]:
    """
    Make Fast DDS leave room for images, and say where the machine has none.

    A launch file that includes another does this for both: the other then finds it done.

    :param environment: of the launch.
    :param processes: that exchange images.
    """
    profile = get_package_share_path('discinst_ros') / 'config' / 'fastdds.xml'
    ours = profile_variables(profile, environment)
    advice = shortage(profile, processes) if ours else None
    return [*(SetEnvironmentVariable(name, value) for name, value in ours.items()),
            *([LogInfo(msg=advice)] if advice else [])]
