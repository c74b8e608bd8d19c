# SPDX-License-Identifier: Apache-2.0
"""`ros2 launch discinst_ros perception.launch.py` with arguments that cannot work."""

import math
import runpy
import signal
import subprocess
import time
from typing import Any

from ament_index_python.packages import get_package_share_path, get_packages_with_prefixes
from discinst_ros.nodes.launch_arguments import mistyped, typed
import pytest
from rcl_interfaces.msg import ParameterValue
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.node import Node

#: Only a failing test uses it up.
PATIENCE_S = 150.0
#: What is asked while the two still find each other may have no answer: ask again after so long.
ANSWER_S = 10.0


def launch(*arguments: str) -> tuple[int, str]:
    """Return exit code and output of a launch that ends by itself."""
    result = subprocess.run(
        ['ros2', 'launch', 'discinst_ros', 'perception.launch.py', *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S)
    return result.returncode, result.stdout


def perception() -> dict[str, Any]:
    """Return what the launch file defines."""
    path = get_package_share_path('discinst_ros') / 'launch' / 'perception.launch.py'
    return runpy.run_path(str(path))


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


def test_a_file_that_is_no_parameter_file(tmp_path):
    file = tmp_path / 'mine.yaml'
    file.write_text('- a list')
    code, output = launch(f'config:={file}', 'device:=cpu')
    assert code == 1
    assert f"config is '{file}', which is no parameter file: it has no names of nodes" in output


def test_an_argument_comes_before_what_the_parameter_file_says_of_the_node(tmp_path):
    file = tmp_path / 'mine.yaml'
    file.write_text('/**: {ros__parameters: {source: tote}}\n'
                    '/**/replay_camera: {ros__parameters: {source: sticks}}\n')
    code, output = launch('camera:=replay', 'source:=nowhere', f'config:={file}')
    assert code == 1
    assert "source 'nowhere' is neither a folder nor one of tote, sticks" in output


def test_an_entry_that_reaches_no_node_is_told(tmp_path, monkeypatch):
    """The file is named as it is typed, with the home folder that shells leave as '~'."""
    (tmp_path / 'mine.yaml').write_text('replay_camera: {ros__parameters: {source: sticks}}\n')
    monkeypatch.setenv('HOME', str(tmp_path))
    code, output = launch('camera:=replay', 'namespace:=cam', 'config:=~/mine.yaml',
                          'source:=nowhere')
    assert code == 1
    assert (f"config is '{tmp_path}/mine.yaml': its entry 'replay_camera' does not match "
            "/cam/replay_camera and is ignored; write '/**/replay_camera'") in output


@pytest.mark.parametrize('argument, words', [
    ('workspace:=a', "workspace is 'a', expected numbers"),
    ('workspace:=[0.1, true]', "workspace is '[0.1, true]', expected numbers"),
    ('workspace:=[0.1, [0.2]]', "workspace is '[0.1, [0.2]]', expected numbers"),
    ('duration_s:=x', "duration_s is 'x', expected a number"),
])
def test_a_number_that_is_none(argument, words):
    code, output = launch(argument, 'report:=true')
    assert code == 1
    assert words in output


@pytest.mark.parametrize(('text', 'values'), [
    ('[-.inf, .inf, -0.2, 0.2, 0.4, 1.2]', [-math.inf, math.inf, -0.2, 0.2, 0.4, 1.2]),
    ('[-0.3, 0.3, -0.2, 0.2, 0, 1]', [-0.3, 0.3, -0.2, 0.2, 0.0, 1.0]),
    ('-0.3, 1e-3', [-0.3, 0.001])])
def test_numbers_are_those_of_yaml(text, values):
    assert typed('workspace', text, list) == values


def test_the_parameter_file_decides_on_the_clock_where_nothing_is_given():
    names = perception()
    assert names['simulated_time']({'use_sim_time': ''}) == {}
    assert names['simulated_time']({'use_sim_time': 'false'}) == {'use_sim_time': False}
    defaults = {name: default for name, default, *_ in names['ARGUMENTS']}
    assert defaults['use_sim_time'] == ''


def test_a_mistyped_argument_is_named_with_the_one_that_is_meant():
    code, output = launch('camera:=replay', 'source:=nowhere', 'checkpont:=mine.safetensors')
    assert code == 1
    assert ('perception.launch.py has no argument checkpont, so it is ignored here; '
            'do you mean checkpoint?') in output


def test_arguments_of_an_including_file_are_no_mistakes():
    given = ['checkpoint', 'cup_radius_m', 'seed', 'count', 'max_tries', 'color']
    names = perception()
    known = [row[0] for row in names['ARGUMENTS']] + [row[1] for row in names['PARAMETERS']]
    assert mistyped(given, known, 'perception.launch.py', names['SPECS']) == []


GIVEN = {'use_depth': 'never', 'min_score': 0.9, 'continuous': False, 'slop_s': 0.1,
         'bandwidth': 1.5}
GIVEN_TO_CAMERA = {'loop': False, 'reliable': True, 'frame_id': '7'}


def parameters(node: Node, name: str, asked: list[str]) -> list[ParameterValue]:
    """Return parameters of a node as it has them."""
    client = node.create_client(GetParameters, f'{name}/get_parameters')
    deadline = time.monotonic() + PATIENCE_S
    while True:
        left_s = deadline - time.monotonic()
        assert left_s > 0 and client.wait_for_service(left_s), f'{name} does not answer'
        future = client.call_async(GetParameters.Request(names=asked))
        rclpy.spin_until_future_complete(node, future, timeout_sec=ANSWER_S)
        if future.done():
            return list(future.result().values)


def test_the_nodes_have_the_parameters_that_were_given_and_the_others_are_named():
    process = subprocess.Popen(
        ['ros2', 'launch', 'discinst_ros', 'perception.launch.py', 'namespace:=given',
         'autostart:=false', 'silence_s:=9', 'camera:=replay', *(
             f'{name}:={str(value).lower()}'
             for name, value in {**GIVEN, **GIVEN_TO_CAMERA}.items())],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    rclpy.init()
    node = rclpy.create_node('launch_arguments_test')
    try:
        answers = []
        for name, asked in (('perception_node', [*GIVEN, 'silence_s']),
                            ('replay_camera', list(GIVEN_TO_CAMERA))):
            answers.append(parameters(node, f'/given/{name}', asked))
    finally:
        node.destroy_node()
        rclpy.shutdown()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE_S)
    use_depth, min_score, continuous, slop_s, bandwidth, silence_s = answers[0]
    assert (use_depth.string_value, min_score.double_value, continuous.bool_value,
            slop_s.double_value, bandwidth.double_value) == tuple(GIVEN.values())
    assert silence_s.double_value == 3.0, 'the default'
    loop, reliable, frame_id = answers[1]
    assert (loop.bool_value, reliable.bool_value, frame_id.string_value) == tuple(
        GIVEN_TO_CAMERA.values())
    assert ('perception.launch.py has no argument silence_s, so it is ignored here; '
            'give the parameter of that name in a file, config:=FILE') in output
