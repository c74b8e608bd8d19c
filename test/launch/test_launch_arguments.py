# SPDX-License-Identifier: Apache-2.0
"""`ros2 launch discinst_ros perception.launch.py` with arguments that cannot work."""

import subprocess

from ament_index_python.packages import get_packages_with_prefixes
import pytest

PATIENCE_S = 60.0


def launch(*arguments: str) -> tuple[int, str]:
    """Return exit code and output of a launch that ends by itself."""
    result = subprocess.run(
        ['ros2', 'launch', 'discinst_ros', 'perception.launch.py', *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S)
    return result.returncode, result.stdout


def test_a_node_that_fails_ends_the_launch_and_shows_in_its_exit_code():
    code, output = launch('camera:=replay', 'source:=nowhere')
    assert code == 1
    assert "source 'nowhere' is neither a folder nor one of tote, sticks" in output
    assert 'replay_camera-1 ended with exit code 1' in output


@pytest.mark.skipif('rviz2' in get_packages_with_prefixes(), reason='this machine has rviz')
def test_rviz_where_there_is_none():
    code, output = launch('rviz:=true')
    assert code == 1
    assert 'rviz:=true needs rviz2, which is not installed' in output


def test_an_unknown_choice():
    code, output = launch('camera:=real')
    assert code == 1
    assert 'Valid options are:' in output and 'replay' in output
