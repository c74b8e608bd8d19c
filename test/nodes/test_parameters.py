# SPDX-License-Identifier: Apache-2.0
"""
The table of parameters, and what the node makes of wrong ones at start and later.

Not verified here: what each parameter does; the tests of the node and of the core do.
"""

import subprocess
import sys

from diagnostic_msgs.msg import DiagnosticStatus
from discinst_ros.nodes.parameter_spec import nearest_name
from discinst_ros.nodes.perception_parameters import SPECS
from perception_rig import Rig, running_perception
import pytest
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    SetParameters,
    SetParametersAtomically,
)

NAMESPACE = '/parameters'


@pytest.mark.parametrize('spec', SPECS.values(), ids=SPECS)
def test_every_parameter_is_described_and_its_default_can_be(spec):
    assert spec.description.endswith('.')
    assert spec.refusal(spec.default) is None
    if isinstance(spec.default, (int, float)) and not isinstance(spec.default, bool):
        assert spec.limits is not None


@pytest.mark.parametrize('name, value, words', [
    ('slop_s', 1.5, 'slop_s is 1.5, expected 0.0 to 1.0'),
    ('slop_s', -0.1, '-0.1'),
    ('slop_s', float('nan'), 'nan'),
    ('slop_s', 'wide', "'wide', expected a value of type float"),
    ('min_pixels', 2.5, 'type int'),
    ('continuous', 1, 'type bool'),
    ('use_depth', 'sometimes', 'one of auto, always, never'),
    ('image_transport', 'theora', 'one of raw, compressed'),
    ('device', 'gpu', 'auto, cpu, cuda or cuda:N'),
    ('workspace', 0.5, 'workspace is 0.5, expected a value of type list'),
    ('workspace', [0.0, 1.0], 'workspace has 2 numbers, expected six'),
    ('workspace', ['left'] * 6, 'expected numbers'),
    ('workspace', ['-0.3', '0.3', '-0.2', '0.2', '0.4', '1.2'], "'0.3'"),
    ('workspace', [False, True] * 3, 'expected numbers'),
])
def test_wrong_values_are_refused_with_the_reason(name, value, words):
    assert words in SPECS[name].refusal(value)


def test_limits_are_inclusive_and_whole_numbers_are_decimal_ones():
    spec = SPECS['slop_s']
    assert spec.refusal(0.0) is None and spec.refusal(1.0) is None
    assert spec.refusal(spec.converted(1)) is None
    assert SPECS['device'].refusal('cuda:1') is None
    box = SPECS['workspace'].converted((-1, 1, -1, 1, 0, 1.5))
    assert box == [-1.0, 1.0, -1.0, 1.0, 0.0, 1.5] and SPECS['workspace'].refusal(box) is None


def test_nearest_name():
    assert nearest_name('min_scor', SPECS) == 'min_score'
    assert nearest_name('usedepth', SPECS) == 'use_depth'
    assert nearest_name('zzzz', SPECS) is None


@pytest.fixture(scope='module')
def process():
    """Start a node with three wrong parameters and a right one written as a whole number."""
    with running_perception(NAMESPACE, {
            'device': 'cpu', 'min_scor': 0.5, 'slopp_s': 0.5, 'slop_s': 7.0, 'max_rate_hz': 10,
            }) as process:
        yield process


@pytest.fixture
def rig(ros, process):
    rig = Rig(NAMESPACE)
    yield rig
    rig.destroy()


def value(rig, name):
    return rig.call(GetParameters, 'get_parameters',
                    GetParameters.Request(names=[name])).values[0]


def test_wrong_ones_at_start_are_told_and_the_node_works(rig, process, sticks):
    rig.wait_until_active()
    # Without images the level would be another one before long.
    status, _ = rig.publish_until(lambda: rig.publish(sticks), lambda: rig.diagnostics(
        lambda status, _: status.level == DiagnosticStatus.WARN))
    for words in ("'min_scor' is unknown, did you mean 'min_score'?",
                  "'slopp_s' is unknown, did you mean 'slop_s'?",
                  'slop_s is 7.0, expected 0.0 to 1.0; the default 0.02 holds'):
        assert words in status.message
        assert process.output.count(words) == 1
    assert value(rig, 'slop_s').double_value == 0.02
    assert value(rig, 'max_rate_hz').double_value == 10.0
    assert rig.run(sticks)['instances'].detections


def refusal(rig, words, ask):
    """
    Return a result that is no success, once /diagnostics tell why.

    Asked for again and again, as a complaint is over before long and may be missed.
    """
    rig.status = None

    def told():
        result = ask()
        assert not result.successful
        return rig.status is not None and words in rig.status.message and result

    return rig.spin_until(told, what=words)


def test_wrong_ones_later_are_refused_and_told(rig):
    refused = refusal(rig, 'min_score is 1.5, expected 0.0 to 1.0',
                      lambda: rig.set_parameter('min_score', 1.5))
    assert '1.5' in refused.reason and '1.0' in refused.reason
    refusal(rig, "'min_scores' is unknown, did you mean 'min_score'?",
            lambda: rig.set_parameter('min_scores', 0.5))
    refused = refusal(rig, 'autostart can only', lambda: rig.set_parameter('autostart', False))
    assert refused.reason == 'autostart can only be given at start'
    assert value(rig, 'autostart').bool_value


@pytest.mark.parametrize('name, words', [
    ('min_score', 'expected a value of type float'), ('workspace', 'has 0 numbers')])
def test_no_number_at_all_is_refused(rig, name, words):
    empty = ParameterValue(type=ParameterType.PARAMETER_DOUBLE_ARRAY)
    refusal(rig, words, lambda: rig.call(SetParameters, 'set_parameters', SetParameters.Request(
        parameters=[Parameter(name=name, value=empty)])).results[0])


@pytest.mark.parametrize('at_once', [False, True])
def test_a_value_of_no_known_type_is_refused(rig, at_once):
    """Beside one that can be: set where each is for itself, and not where all are for all."""
    good, bad = (Parameter(name=name, value=ParameterValue(type=kind, double_value=0.25))
                 for name, kind in (('min_score', ParameterType.PARAMETER_DOUBLE),
                                    ('slop_s', 99)))
    if at_once:
        result = rig.call(SetParametersAtomically, 'set_parameters_atomically',
                          SetParametersAtomically.Request(parameters=[good, bad])).result
    else:
        first, result = rig.call(SetParameters, 'set_parameters', SetParameters.Request(
            parameters=[good, bad])).results
        assert first.successful
    assert not result.successful
    assert result.reason.startswith('slop_s has a value of type 99, expected one of')
    assert value(rig, 'min_score').double_value == (0.0 if at_once else 0.25)
    assert rig.set_parameter('min_score', 0.0).successful


def test_what_is_only_given_at_start_can_be_set_to_what_it_is(rig):
    """As where a dump of all parameters is loaded again; the complaint before ends, too."""
    refusal(rig, 'autostart can only', lambda: rig.set_parameter('autostart', False))
    assert rig.set_parameter('autostart', True).successful
    status, _ = rig.next_diagnostics()
    assert 'autostart' not in status.message
    assert not rig.set_parameter('autostart', 1).successful, 'of another type'


def test_unknown_ones_at_start_are_not_forgotten_over_later_ones(rig):
    """The passing complaint about min_scores ends; those of the start do not."""
    assert not rig.set_parameter('min_scor', 0.5).successful
    status, _ = rig.diagnostics(lambda status, _: "'min_scores'" not in status.message)
    assert "'min_scor' is unknown" in status.message
    assert "'slopp_s' is unknown" in status.message


def test_a_right_value_ends_the_complaint(rig):
    rig.diagnostics(lambda status, _: 'slop_s is 7.0' in status.message)
    assert rig.set_parameter('slop_s', 1).successful, 'a whole number will do'
    assert value(rig, 'slop_s').double_value == 1.0
    assert rig.set_parameter('slop_s', 0.03).successful
    rig.diagnostics(lambda status, _: 'slop_s is' not in status.message)


def test_descriptions_and_ranges_are_there_to_be_asked_for(rig):
    names = list(SPECS)
    described = rig.call(DescribeParameters, 'describe_parameters',
                         DescribeParameters.Request(names=names)).descriptors
    by_name = {one.name: one for one in described}
    assert all(one.description for one in described)
    assert by_name['autostart'].description.endswith('Changes only at start.')
    assert by_name['slop_s'].floating_point_range[0].to_value == 1.0
    assert by_name['min_pixels'].integer_range[0].from_value == 0
    assert by_name['min_pixels'].type == ParameterType.PARAMETER_INTEGER
    assert 'never' in by_name['use_depth'].additional_constraints


@pytest.mark.parametrize('arguments, words', [
    (['--ros-args', '-p', 'x'], 'bad ROS arguments'), (['--fast'], '--fast')])
def test_wrong_arguments_end_in_a_sentence(arguments, words):
    done = subprocess.run(
        [sys.executable, '-m', 'discinst_ros.nodes.perception_node', *arguments],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert words in done.stderr
    assert 'Traceback' not in done.stderr
