# SPDX-License-Identifier: Apache-2.0
"""
`ros2 launch discinst_ros pick_and_place.launch.py` from its start to its own end.

It verifies that cell, perception and planner find each other, that something is picked, and that
exit code and last words belong together. How well the bin is emptied depends on the weights and is
not verified here, nor is rviz:=true.
"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
import re
import subprocess

from ament_index_python.packages import get_package_share_directory
from discinst_ros.scenes.cell import make_cell
import pytest

pytest.importorskip('mujoco', reason='MuJoCo is not installed: pip install mujoco')
#: Only a failing test uses it up.
PATIENCE_S = 300.0


def launch(*arguments: str) -> tuple[int, str]:
    """Return exit code and output of a launch that ends by itself."""
    result = subprocess.run(
        ['ros2', 'launch', 'discinst_ros', 'pick_and_place.launch.py', *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S)
    return result.returncode, result.stdout


@pytest.mark.usefixtures('graphics_library')
def test_a_small_bin_comes_to_an_end():
    """At most three picks, so it ends whatever the weights see; then empty is the only success."""
    code, output = launch('seed:=2050', 'count:=2', 'max_tries:=3', 'device:=cpu',
                          'frame_timeout_s:=120', 'namespace:=picking')
    assert 'Traceback' not in output, output
    tries = len(re.findall('picking object', output))
    assert 1 <= tries <= 3, output
    outcome = re.search(r'\[pick_planner-\d+\] (\w+): .* lifted in (\d+) tries', output)
    assert outcome, output
    assert outcome[1] in ('empty', 'cannot_be_emptied', 'too_many_tries')
    assert int(outcome[2]) == tries
    assert (code == 0) == (outcome[1] == 'empty'), output
    last = ('the bin was emptied' if code == 0
            else r'the bin was not emptied: pick_planner ended with exit code [36]')
    assert re.search(last, output), output


def test_the_bin_is_where_the_camera_of_this_size_sees_it():
    path = Path(get_package_share_directory('discinst_ros'), 'launch', 'pick_and_place.launch.py')
    spec = spec_from_file_location('pick_and_place', path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    given = {'seed': '3', 'shapes': 'training', 'kind': 'bin', 'parts': 'any', 'count': '2'}
    cell = make_cell(3, count=2, width=640, height=240)
    assert module.workspace({**given, 'width': '640', 'height': '240'}) == cell.workspace.bounds
    standard = module.workspace({**given, 'width': '', 'height': ''})
    assert standard == make_cell(3, count=2).workspace.bounds != cell.workspace.bounds


def test_a_seed_that_cannot_be_ends_it_before_anything_starts():
    code, output = launch('seed:=-1')
    assert code == 1 and 'heap seed -1: expected 0 or more' in output


def test_parameters_that_are_no_arguments_are_named():
    """Of the cell, and of the planner; perception has no such file, which ends it."""
    code, output = launch('config:=/nowhere.yaml', 'cup_force_n:=3', 'confirm_frames:=5',
                          'use_sim_time:=true')
    assert code == 1
    for name in ('cup_force_n', 'confirm_frames', 'use_sim_time'):
        assert (f'pick_and_place.launch.py has no argument {name}, so it is ignored here; start '
                'the node that has the parameter of that name by itself') in output


def test_an_unknown_choice():
    code, output = launch('kind:=table')
    assert code == 1 and 'Valid options are:' in output and 'tote' in output
