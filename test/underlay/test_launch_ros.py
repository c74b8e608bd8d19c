# SPDX-License-Identifier: Apache-2.0
"""The stand-in of launch_ros: the command line and the parameter files a node gets."""

import json
import os
from pathlib import Path
import subprocess
import sys

import pytest
import yaml

pytest.importorskip('launch._refusal', reason='the real launch_ros is here, not the stand-in')

from launch import LaunchDescription, LaunchService  # noqa: E402
from launch.actions import DeclareLaunchArgument  # noqa: E402
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution  # noqa: E402
from launch_ros.actions import Node  # noqa: E402
from launch_ros.parameter_descriptions import ParameterValue  # noqa: E402
from launch_ros.substitutions import FindPackageShare  # noqa: E402

#: Writes its arguments, and the parameter files among them, into a file.
EXECUTABLE = """#!/usr/bin/env python3
import json, pathlib, sys
words = sys.argv[1:]
files = [pathlib.Path(words[i + 1]).read_text()
         for i, word in enumerate(words) if word == '--params-file']
pathlib.Path(__file__).with_suffix('.json').write_text(json.dumps([words, files]))
"""


@pytest.fixture
def launch_node(tmp_path, monkeypatch):
    """Give a function that launches a node of a made-up package; it returns what the node got."""
    for folder in ('share/ament_index/resource_index/packages', 'share/example', 'lib/example'):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / 'share/ament_index/resource_index/packages/example').touch()
    executable = tmp_path / 'lib/example/tool'
    executable.write_text(EXECUTABLE)
    executable.chmod(0o755)
    monkeypatch.setenv('AMENT_PREFIX_PATH',
                       f"{tmp_path}:{os.environ.get('AMENT_PREFIX_PATH', '')}")

    def launch_node(*before, **kwargs):
        service = LaunchService()
        service.include_launch_description(LaunchDescription([
            *before, Node(**{'package': 'example', 'executable': 'tool', **kwargs})]))
        if service.run() != 0:
            return None
        words, files = json.loads(executable.with_suffix('.json').read_text())
        return words, [yaml.safe_load(text) for text in files]
    return launch_node


def parameters_of(launch_node, *before, **values):
    """Launch a node with parameters; return those it got."""
    (_, [file]) = launch_node(*before, parameters=[values])
    assert list(file) == ['/**'] and list(file['/**']) == ['ros__parameters']
    return file['/**']['ros__parameters']


def test_arguments_namespace_and_remappings(launch_node, capsys):
    words, _ = launch_node(
        DeclareLaunchArgument('topic', default_value='/camera/image'), namespace='left',
        arguments=['--fast', LaunchConfiguration('topic')],
        remappings=[('image', LaunchConfiguration('topic')), ('depth', ['/d', 'epth'])])
    assert words == ['--fast', '/camera/image', '--ros-args', '-r', '__ns:=/left',
                     '-r', 'image:=/camera/image', '-r', 'depth:=/depth']
    assert '[INFO] [tool-' in capsys.readouterr().out


def test_parameter_files_and_dictionaries_come_in_the_order_given(launch_node, tmp_path):
    first, last = tmp_path / 'first.yaml', tmp_path / 'share' / 'example' / 'last.yaml'
    first.write_text('first: 1')
    last.write_text('last: 1')
    place = PathJoinSubstitution([FindPackageShare('example'), 'last.yaml'])
    _, files = launch_node(parameters=[str(first), {'middle': 1}, place])
    assert files == [{'first': 1}, {'/**': {'ros__parameters': {'middle': 1}}}, {'last': 1}]


def test_a_parameter_file_that_is_not_there_is_warned_of(launch_node, capsys):
    words, _ = launch_node(parameters=['/nowhere.yaml'])
    assert words == ['--ros-args']
    assert 'Parameter file path is not a file: /nowhere.yaml' in capsys.readouterr().out


def test_plain_values_keep_their_types(launch_node):
    values = {'bool': True, 'int': 3, 'float': 3.0, 'text': '3', 'other text': 'true',
              'list': [3.0, -0.5]}
    got = parameters_of(launch_node, **values)
    assert got == values
    assert {name: type(got[name]) for name in got} == {
        name: type(value) for name, value in values.items()}


@pytest.mark.parametrize('text', ['5', 'true', '{a: 1}'])
def test_a_parameter_value_stays_a_text(launch_node, text):
    declared = DeclareLaunchArgument('text', default_value=text)
    assert parameters_of(launch_node, declared, plain=ParameterValue(text, value_type=str),
                         performed=ParameterValue(LaunchConfiguration('text'), value_type=str),
                         ) == {'plain': text, 'performed': text}


@pytest.mark.parametrize('value', [None, [], [1], {'a': 1}, LaunchConfiguration('x')])
def test_other_values_end_the_launch(launch_node, capsys, value):
    assert launch_node(parameters=[{'strange': value}]) is None
    out = capsys.readouterr().out
    assert "for 'strange' is not in this stand-in" in out
    assert "install ROS 2's launch_ros package" in out


@pytest.mark.parametrize(('names', 'told'), [
    ({'package': 'no_such_package'}, "package 'no_such_package' not found, searching:"),
    ({'executable': 'no_such'}, "executable 'no_such' not found on the libexec directory")])
def test_a_node_that_is_not_there_ends_the_launch(launch_node, capsys, names, told):
    assert launch_node(**names) is None
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(('refused', 'name'), [
    ('from launch_ros.actions import ComposableNodeContainer',
     'launch_ros.actions.ComposableNodeContainer'),
    ('import launch_ros.descriptions', 'launch_ros.descriptions'),
    ('Node(package="a", executable="b", respawn=True)', 'launch_ros.actions.Node(respawn=...)'),
    ('Node(package="a", executable="b", name="c")', 'launch_ros.actions.Node(name=...)'),
    ('ParameterValue(1, value_type=list)', 'launch_ros.parameter_descriptions.ParameterValue'),
])
def test_the_rest_is_refused_by_name(refused, name):
    with pytest.raises((ImportError, TypeError)) as error:
        exec(refused, dict(globals()))
    assert name in str(error.value)
    assert "install ROS 2's launch_ros package" in str(error.value)


def test_parameter_files_go_with_the_launch():
    code = ('from launch import LaunchContext\n'
            'from launch_ros.actions import _write\n'
            'print(_write(LaunchContext(), {"a": 1}))')
    path = subprocess.check_output([sys.executable, '-c', code], text=True).strip()
    assert Path(path).name.startswith('launch_params_') and not Path(path).exists()
