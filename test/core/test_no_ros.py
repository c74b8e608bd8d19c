# SPDX-License-Identifier: Apache-2.0
"""The core runs where ROS was never heard of: everything but the nodes imports without it."""

from pathlib import Path
import subprocess
import sys

import discinst_ros

PACKAGE = Path(discinst_ros.__file__).parent

IMPORT_WITHOUT_ROS = """
import importlib
import sys


class NoRos:
    def find_spec(self, name, path=None, target=None):
        first = name.partition('.')[0]
        if first.endswith(('_msgs', '_srvs', '_interfaces')) or first in {
                'ament_index_python', 'cv_bridge', 'launch', 'launch_ros', 'launch_testing',
                'message_filters', 'rclpy', 'rosidl_runtime_py', 'tf2_ros'}:
            raise ModuleNotFoundError(f'{name} is part of ROS', name=name)


sys.meta_path.insert(0, NoRos())
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        print(f'{name}: {error}')
"""


def core_modules() -> list[str]:
    """List all modules outside of nodes/."""
    files = [file.relative_to(PACKAGE) for file in sorted(PACKAGE.rglob('*.py'))]
    return ['.'.join(('discinst_ros', *file.with_suffix('').parts)).removesuffix('.__init__')
            for file in files if file.parts[0] != 'nodes' and file.name != '__main__.py']


def imports(*modules: str) -> str:
    """Import modules in a Python without ROS and return its complaints."""
    run = subprocess.run([sys.executable, '-c', IMPORT_WITHOUT_ROS, *modules],
                         stdout=subprocess.PIPE, text=True, check=True, cwd=PACKAGE.parent)
    return run.stdout


def test_core_imports_without_ros() -> None:
    assert {'discinst_ros.loss', 'discinst_ros.clustering'} <= set(core_modules())
    assert imports(*core_modules()) == ''


def test_the_check_notices_a_module_that_needs_ros() -> None:
    assert 'is part of ROS' in imports('discinst_ros.nodes.conversions')
