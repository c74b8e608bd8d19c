# SPDX-License-Identifier: Apache-2.0
"""`ros2 launch discinst_ros perception.launch.py` with arguments that cannot work."""

import runpy
import subprocess

from ament_index_python.packages import get_package_share_path, get_packages_with_prefixes
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


def test_a_parameter_file_that_is_not_there():
    code, output = launch('config:=/nowhere/mine.yaml')
    assert code == 1
    assert "config is '/nowhere/mine.yaml', and there is no such parameter file" in output


@pytest.mark.parametrize('argument, words', [
    ('workspace:=a', "workspace is 'a', expected numbers"),
    ('duration_s:=x', "duration_s is 'x', expected a number"),
])
def test_a_number_that_is_none(argument, words):
    code, output = launch(argument, 'report:=true')
    assert code == 1
    assert words in output


def test_the_parameter_file_decides_on_the_clock_where_nothing_is_given():
    path = get_package_share_path('discinst_ros') / 'launch' / 'perception.launch.py'
    perception = runpy.run_path(str(path))
    assert perception['simulated_time']({'use_sim_time': ''}) == {}
    assert perception['simulated_time']({'use_sim_time': 'false'}) == {'use_sim_time': False}
    defaults = {name: default for name, default, *_ in perception['ARGUMENTS']}
    assert defaults['use_sim_time'] == ''
