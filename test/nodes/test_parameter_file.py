# SPDX-License-Identifier: Apache-2.0
"""Values that replace those of a parameter file: what is written, and what rclpy makes of it."""

from itertools import permutations

from discinst_ros.nodes.parameter_file import matches, missed, with_values
import pytest
from rclpy.node import Node
import yaml

#: Keys that match /robot/perception_node, and two that do not.
KEYS = ('/**', '/**/perception_node', '/robot/perception_node', '/*/perception_node')
OTHERS = ('perception_node', '/**/replay_camera')


def overrides(*files):
    """Return the parameters that rclpy gives to /robot/perception_node."""
    node = Node('perception_node', namespace='/robot', use_global_arguments=False, cli_args=[
        '--ros-args', *(word for file in files for word in ('--params-file', str(file)))],
        enable_rosout=False, start_parameter_services=False)
    try:
        return {name: one.value for name, one in node._parameter_overrides.items()}
    finally:
        node.destroy_node()


@pytest.mark.parametrize('keys', [
    *permutations(KEYS, 1), *permutations(KEYS, 2), *permutations((*KEYS, *OTHERS), 3)],
    ids=' '.join)
def test_the_values_win_whatever_the_keys_of_the_file_are(ros, tmp_path, keys):
    file, last = tmp_path / 'file.yaml', tmp_path / 'last.yaml'
    text = yaml.safe_dump({key: {'ros__parameters': {'device': 'cuda', 'slop_s': 0.5}}
                           for key in keys}, sort_keys=False)
    file.write_text(with_values(text, {'device': 'cpu'}))
    # as launch_ros gives a dictionary, for a file without an entry that matches
    last.write_text(yaml.safe_dump({'/**': {'ros__parameters': {'device': 'cpu'}}}))
    assert overrides(file, last) == {'device': 'cpu', **(
        {'slop_s': 0.5} if set(keys) & set(KEYS) else {})}


def test_entries_may_be_nested_in_namespaces(ros, tmp_path):
    file = tmp_path / 'file.yaml'
    text = 'robot: {perception_node: {ros__parameters: {device: cuda, slop_s: 0.5}}}'
    file.write_text(with_values(text, {'device': 'cpu'}))
    assert overrides(file) == {'device': 'cpu', 'slop_s': 0.5}


@pytest.mark.parametrize('value', [
    True, 3, 0.5, 'cpu', '5', 'true', '1e3', '.inf', "it's", [float('-inf'), 1e-7, 0.25]])
def test_values_keep_their_types(ros, tmp_path, value):
    file = tmp_path / 'file.yaml'
    file.write_text(with_values('/**: {ros__parameters: {one: 1}}', {'one': value}))
    got = overrides(file)['one']
    assert (list(got) if isinstance(value, list) else got) == value
    assert isinstance(value, list) or type(got) is type(value)


def test_the_rest_stays_as_it_is_written():
    """1:30 is a number to YAML 1.1 and a text to ROS."""
    text = "/**:\n  ros__parameters:\n    a: 1:30\n    b: '5'\n    c: 1e3\n    d: on\n"
    assert with_values(text, {'e': 1}) == text + '    e: 1\n'


def test_a_file_of_comments_stays_one():
    assert with_values('# nothing yet\n', {'device': 'cpu'}) == '# nothing yet\n'


@pytest.mark.parametrize(('text', 'words'), [
    ('a: [1', 'it is not YAML: while parsing'), ('- a', 'it has no names of nodes'),
    ('text', 'it has no names of nodes')])
def test_what_is_no_parameter_file_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        with_values(text, {})


@pytest.mark.parametrize('key', [
    *KEYS, *OTHERS, 'robot/perception_node', '/*/*', '/*', '**', '/robot/**', '/**/robot/**',
    '/**/**/perception_node', '/robot/*', '/robot'])
def test_entries_match_as_in_ros(ros, tmp_path, key):
    file = tmp_path / 'file.yaml'
    file.write_text(yaml.safe_dump({key: {'ros__parameters': {'slop_s': 0.5}}}))
    assert matches(key, '/robot/perception_node') == bool(overrides(file))


@pytest.mark.parametrize(('text', 'said'), [
    ('perception_node: {ros__parameters: {slop_s: 1}}', "'perception_node' does not match /robot/"
     "perception_node and is ignored; write '/**/perception_node'"),
    ('/**/perception: {ros__parameters: {slop_s: 1}}', "'/**/perception' does not match"),
    ('cam: {perception_node: {ros__parameters: {slop_s: 1}}}', "'cam/perception_node' does not"),
    ('/**: {ros__parameters: {slop_s: 1}}\nperception_nod: {ros__parameters: {slop_s: 2}}',
     "'perception_nod' does not match")])
def test_an_entry_that_is_meant_for_the_node_and_does_not_reach_it_is_told(text, said):
    sentence, = missed(text, ['/robot/perception_node', '/robot/replay_camera'])
    assert said in sentence


@pytest.mark.parametrize('text', [
    '# nothing', '/**: {ros__parameters: {slop_s: 1}}', 'mover: {ros__parameters: {speed: 1}}',
    'cam: {perception_node: {ros__parameters: {slop_s: 1}}}\n'
    'robot: {perception_node: {ros__parameters: {slop_s: 2}}}'])
def test_entries_of_other_nodes_are_no_mistakes(text):
    assert missed(text, ['/robot/perception_node']) == []
