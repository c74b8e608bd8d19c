# SPDX-License-Identifier: Apache-2.0
"""Places in ROS packages."""

from __future__ import annotations

import os
import shutil

from ament_index_python.packages import get_package_prefix, get_package_share_directory
from launch import LaunchContext
from launch._refusal import refuse_the_rest
from launch.substitutions import (
    normalize,
    perform,
    SomeSubstitutions,
    Substitution,
    SubstitutionFailure,
)

__getattr__ = refuse_the_rest(__name__)


class FindPackageShare(Substitution):
    """The share folder of a package."""

    def __init__(self, package: SomeSubstitutions) -> None:
        self._parts = normalize(package)

    def perform(self, context: LaunchContext) -> str:
        return get_package_share_directory(perform(context, self._parts))


class ExecutableInPackage(Substitution):
    """The path of an executable in a package's lib folder."""

    def __init__(self, executable: SomeSubstitutions, package: SomeSubstitutions) -> None:
        self._parts, self._package = normalize(executable), normalize(package)

    def perform(self, context: LaunchContext) -> str:
        executable, package = perform(context, self._parts), perform(context, self._package)
        folder = os.path.join(get_package_prefix(package), 'lib', package)
        path = shutil.which(executable, path=folder)
        if path is None:
            raise SubstitutionFailure(
                f"executable '{executable}' not found on the libexec directory '{folder}'")
        return path
