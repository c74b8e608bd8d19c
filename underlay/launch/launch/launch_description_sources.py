# SPDX-License-Identifier: Apache-2.0
"""Where an included launch description comes from."""

import runpy

from .launch_context import LaunchContext
from .launch_description import LaunchDescription
from .substitutions import perform, SomeSubstitutions


class PythonLaunchDescriptionSource:
    """A launch file written in Python."""

    def __init__(self, launch_file_path: SomeSubstitutions) -> None:
        self._path = launch_file_path

    def get_launch_description(self, context: LaunchContext) -> LaunchDescription:
        """Run the file and return what its generate_launch_description() returns."""
        path = perform(context, self._path)
        names = runpy.run_path(path, run_name='python_launch_file')
        if 'generate_launch_description' not in names:
            raise RuntimeError(f"launch file at '{path}' does not contain the required function "
                               "'generate_launch_description()'")
        return names['generate_launch_description']()
