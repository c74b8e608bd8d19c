# SPDX-License-Identifier: Apache-2.0
"""Room for images in shared memory: when the profile is set, and when there is none."""

from collections import namedtuple
import os
from pathlib import Path
import shutil
import subprocess
import sys

from discinst_ros.nodes.fastdds_profile import profile_variables, shortage, VARIABLES
from discinst_ros.nodes.room_for_images import room_for_images
from launch import LaunchContext
from launch.actions import LogInfo, SetEnvironmentVariable
import pytest

MB = 1_000_000
SEGMENT = 16 * 1024 * 1024
Usage = namedtuple('Usage', 'total used free')


@pytest.fixture
def profile() -> Path:
    return Path(__file__).parents[2] / 'config' / 'fastdds.xml'


def test_both_variables_are_set(profile):
    assert profile_variables(profile, {}) == {
        'FASTRTPS_DEFAULT_PROFILES_FILE': str(profile),
        'FASTDDS_DEFAULT_PROFILES_FILE': str(profile)}


@pytest.mark.parametrize('variable', ['FASTRTPS_DEFAULT_PROFILES_FILE',
                                      'FASTDDS_DEFAULT_PROFILES_FILE'])
def test_a_profile_of_the_user_is_respected(profile, variable):
    assert profile_variables(profile, {variable: '/my/profile.xml'}) == {}


@pytest.mark.parametrize('rmw', ['', 'rmw_fastrtps_cpp', 'rmw_fastrtps_dynamic_cpp'])
def test_the_profile_is_for_fast_dds(profile, rmw):
    assert profile_variables(profile, {'RMW_IMPLEMENTATION': rmw})


def test_another_rmw_needs_no_profile_and_no_advice(profile, monkeypatch):
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: Usage(64 * MB, 64 * MB, 0))
    for rmw in ('rmw_cyclonedds_cpp', 'rmw_zenoh_cpp'):
        assert profile_variables(profile, {'RMW_IMPLEMENTATION': rmw}) == {}
        assert room_for_images({'RMW_IMPLEMENTATION': rmw}, 3) == []


def test_a_launch_file_that_includes_another_counts_for_both(monkeypatch):
    """What is said and set is not said and set again, for fewer processes."""
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: Usage(64 * MB, 64 * MB, 0))
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    context = LaunchContext()
    first = room_for_images(context.environment, 3)
    assert [type(action) for action in first] == [SetEnvironmentVariable] * 2 + [LogInfo]
    for action in first:
        action.visit(context)
    assert room_for_images(context.environment, 1) == []
    for variable in VARIABLES:
        monkeypatch.delenv(variable)


def test_three_processes_fit_into_a_container(profile, monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: Usage(64 * MB, 0, 64 * MB))
    assert shortage(profile, 3, tmp_path) is None


def test_shortage_says_what_to_do(profile, monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: Usage(64 * MB, 60 * MB, 4 * MB))
    text = shortage(profile, 3, tmp_path)
    assert text.startswith(f'{tmp_path} has 4 MB free and 3 processes need 55 MB')
    assert '--shm-size=256m' in text


def test_no_shared_memory_is_no_shortage(profile, tmp_path):
    assert shortage(profile, 3, tmp_path / 'nowhere') is None


def test_fast_dds_takes_the_segment(profile):
    """Fast DDS reads the file: a process with a node holds a segment of that size."""
    script = """
import os, rclpy
rclpy.init()
node = rclpy.create_node('holder')
with open('/proc/self/maps') as lines:
    held = {line.split()[5] for line in lines if '/dev/shm/' in line}
print(max(os.stat(path).st_size for path in held))
"""
    result = subprocess.run(
        [sys.executable, '-c', script], check=True, capture_output=True, text=True,
        env={**os.environ, **profile_variables(profile, {}),
             'RMW_IMPLEMENTATION': 'rmw_fastrtps_cpp'})
    assert SEGMENT <= int(result.stdout) < 1.1 * SEGMENT
