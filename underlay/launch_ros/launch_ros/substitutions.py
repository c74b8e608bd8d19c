# SPDX-License-Identifier: Apache-2.0
"""Places in ROS packages."""

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext
from launch.substitutions import perform, Substitution


class FindPackageShare(Substitution):
    """The share folder of a package."""

    def perform(self, context: LaunchContext) -> str:
        return get_package_share_directory(perform(context, self._parts))
