# SPDX-License-Identifier: Apache-2.0
"""What setting up says where something is missing: one sentence, before anything is made."""

import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parents[2]

RUN_WITH = """
import runpy
{fake}
runpy.run_path('workspace', run_name='__main__')
"""


def project_in(folder: Path) -> Path:
    """Make a copy of what sets up the project, where nothing is made yet."""
    shutil.copytree(ROOT / 'workspace', folder / 'workspace',
                    ignore=shutil.ignore_patterns('__pycache__'))
    for name in ('requirements.txt', 'constraints-ros.txt'):
        shutil.copy(ROOT / name, folder)
    return folder


def refusal(project: Path, fake: str = '', **variables: str) -> str:
    """
    Set up where something is missing, and check that nothing came of it.

    :param project: the folder
    :param fake: Python code that pretends that it is missing
    :param variables: variables of the shell
    :return: what was said
    """
    shell = {name: value for name, value in os.environ.items() if not name.startswith('ROS_')}
    run = subprocess.run([sys.executable, '-c', RUN_WITH.format(fake=fake)], cwd=project,
                         env=shell | variables, text=True, capture_output=True)
    assert run.returncode == 1, run.stderr
    assert run.stdout == ''
    return run.stderr


def programs(folder: Path, *names: str) -> str:
    """Make a folder of empty programs, to be the whole search path."""
    folder.mkdir()
    for name in names:
        (folder / name).touch(mode=0o755)
    return str(folder)


@pytest.mark.parametrize('fake, words', [
    ('import sys; sys.version_info = (3, 9, 2)', ['too old', 'Python 3.10 to 3.13']),
    ('import sys; sys.version_info = (3, 14, 0)', ['too new', 'Python 3.10 to 3.13']),
    ("import sys; sys.platform = 'darwin'", ['Linux', 'darwin']),
    ("import platform; platform.machine = lambda: 'aarch64'", ['aarch64', 'install ROS 2 Jazzy']),
    ("import platform; platform.libc_ver = lambda: ('', '')", ['glibc', 'Debian 12']),
    ("import platform; platform.libc_ver = lambda: ('glibc', '2.27')", ['2.28', '2.27']),
    ("import sysconfig; sysconfig.get_path = lambda name: '/nowhere'",
     ['headers', '/nowhere/Python.h', 'python3-dev']),
    ('import importlib.util as u; f = u.find_spec\n'
     'u.find_spec = lambda name, *a: None if name == "ensurepip" else f(name, *a)',
     ['venv', 'python3-venv']),
])
def test_the_machine_lacks_something(tmp_path: Path, fake: str, words: list[str]) -> None:
    said = refusal(project_in(tmp_path), fake)
    assert all(word in said for word in words), said
    assert said.count('\n') == 1
    assert not (tmp_path / '.venv').exists()


@pytest.mark.parametrize('found, missing', [
    (['gcc', 'cmake', 'make'], ['g++']),
    (['gcc', 'g++', 'make'], ['cmake']),
    (['make'], ['g++', 'gcc', 'cmake']),
])
def test_a_program_is_missing(tmp_path: Path, found: list[str], missing: list[str]) -> None:
    said = refusal(project_in(tmp_path), PATH=programs(tmp_path / 'bin', *found))
    assert said.startswith(f'{" and ".join(missing)} cannot be found')
    assert f'apt-get install {" ".join(missing)}' in said


@pytest.mark.parametrize('variables, words', [
    ({'ROS_DISTRO': 'humble'}, ['humble', 'too old', 'jazzy']),
    ({'ROS_DISTRO': 'noetic', 'ROS_VERSION': '1'}, ['noetic', 'too old', 'jazzy']),
    ({'ROS_DISTRO': 'jazzy'}, ['no ros2 command', 'setup.bash', 'unset ROS_DISTRO']),
])
def test_ros_is_sourced_by_half(tmp_path: Path, variables: dict[str, str],
                                words: list[str]) -> None:
    said = refusal(project_in(tmp_path), PATH=programs(tmp_path / 'bin'), **variables)
    assert all(word in said for word in words), said


def test_the_path_of_the_project_has_a_space(tmp_path: Path) -> None:
    folder = tmp_path / 'my project'
    folder.mkdir()
    assert 'has a space' in refusal(project_in(folder))


def test_somebody_elses_environment_stays(tmp_path: Path) -> None:
    theirs = tmp_path / '.venv' / 'pyvenv.cfg'
    theirs.parent.mkdir()
    theirs.write_text('home = /usr/bin\n')
    assert 'was not made by this Makefile' in refusal(project_in(tmp_path))
    assert theirs.read_text() == 'home = /usr/bin\n'


def test_make_says_that_there_is_no_python(tmp_path: Path) -> None:
    shutil.copy(ROOT / 'Makefile', tmp_path)
    run = subprocess.run(['make', 'setup', 'PYTHON=python3.99'], cwd=tmp_path, text=True,
                         capture_output=True)
    assert run.returncode != 0
    assert 'python3.99 cannot be found' in run.stderr
