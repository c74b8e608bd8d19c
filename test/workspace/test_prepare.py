# SPDX-License-Identifier: Apache-2.0
"""Setting up: what is due is made, once, in order, and an interruption leaves nothing by half."""

from collections.abc import Callable
import importlib
from pathlib import Path
import shutil
import sys
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

NO_NETWORK = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'
ERROR: Could not find a version that satisfies the requirement numpy==2.4.6 (from versions: none)
ERROR: No matching distribution found for numpy==2.4.6
"""
NOT_IN_INDEX = """\
Collecting numpy==2.4.6
ERROR: Could not find a version that satisfies the requirement ros-jazzy-rclpy==7.1.6
ERROR: No matching distribution found for ros-jazzy-rclpy==7.1.6
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Return a function that imports a module of a copy of workspace/, where nothing is made."""
    copied = shutil.copytree(ROOT / 'workspace', tmp_path / 'workspace')
    for name in ('requirements.txt', 'constraints-ros.txt'):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.syspath_prepend(copied)
    for file in copied.glob('*.py'):
        monkeypatch.delitem(sys.modules, file.stem, raising=False)
    return importlib.import_module


class Workshop:
    """Three steps that note when they are made."""

    def __init__(self, prepare: Any, folder: Path) -> None:
        self.prepare = prepare
        self.folder = folder
        self.made: list[str] = []
        self.made_from = dict.fromkeys('abc', 'first')
        self.failing = ''

    def run(self) -> list[str]:
        """Make what is due and return which steps that were."""
        self.made = []
        self.prepare._make_due([self._step(name) for name in 'abc'])
        return self.made

    def _step(self, name: str) -> Any:
        def make() -> None:
            if name == self.failing:
                raise KeyboardInterrupt
            (self.folder / '.venv').mkdir(exist_ok=True)
            (self.folder / name).touch()
            self.made.append(name)
        return self.prepare.Step(name, name, self.made_from[name], self.folder / name, (), make)


@pytest.fixture
def workshop(load: Callable[[str], ModuleType], tmp_path: Path) -> Workshop:
    return Workshop(load('prepare'), tmp_path)


def test_the_second_time_nothing_is_made(workshop: Workshop) -> None:
    assert workshop.run() == ['a', 'b', 'c']
    assert workshop.run() == []


def test_a_change_makes_a_step_and_all_that_build_on_it(workshop: Workshop) -> None:
    workshop.run()
    workshop.made_from['b'] = 'second'
    assert workshop.run() == ['b', 'c']
    assert workshop.run() == []


def test_what_somebody_removed_is_made_again(workshop: Workshop, tmp_path: Path) -> None:
    workshop.run()
    (tmp_path / 'c').unlink()
    assert workshop.run() == ['c']


def test_an_interrupted_step_is_made_again_even_if_its_change_is_undone(
        workshop: Workshop) -> None:
    workshop.run()
    workshop.made_from['b'] = 'second'
    workshop.failing = 'b'
    with pytest.raises(KeyboardInterrupt):
        workshop.run()
    workshop.made_from['b'] = 'first'
    workshop.failing = ''
    assert workshop.run() == ['b', 'c']


def test_fingerprints_tell_contents_names_and_settings_apart(
        load: Callable[[str], ModuleType], tmp_path: Path) -> None:
    fingerprint = load('stamps').fingerprint
    folder = tmp_path / 'sources'
    folder.mkdir()
    seen = {fingerprint('jazzy', files=[folder]), fingerprint('kilted', files=[folder])}
    file = folder / 'a.py'
    file.write_text('1')
    seen.add(fingerprint('jazzy', files=[folder]))
    file.write_text('2')
    seen.add(fingerprint('jazzy', files=[folder]))
    file.rename(folder / 'b.py')
    seen.add(fingerprint('jazzy', files=[folder]))
    assert len(seen) == 5


@pytest.mark.parametrize('output, words', [
    (NO_NETWORK, ['cannot reach', 'PIP_INDEX_URL']),
    (NOT_IN_INDEX, ['no ros-jazzy-rclpy==7.1.6', 'PYTHON=']),
    ('OSError: [Errno 28] No space left on device', ['disk is full']),
])
def test_what_pip_failed_at(load: Callable[[str], ModuleType], output: str,
                            words: list[str]) -> None:
    sentence = load('wheels').explain(output)
    assert all(word in sentence for word in words), sentence
    assert '\n' not in sentence


def test_other_errors_of_pip_are_not_explained_away(load: Callable[[str], ModuleType]) -> None:
    assert load('wheels').explain('ERROR: something else') is None


@pytest.mark.parametrize('line, warned', [
    ('Collecting nvidia-cublas==13.1.1.3 (from torch==2.13.0)', True),
    ('  Downloading torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl (526.6 MB)', True),
    ('  Downloading torch-2.13.0+cpu-cp312-cp312-manylinux_2_28_x86_64.whl (183.2 MB)', False),
    ('Collecting torch==2.13.0', False),
])
def test_the_cuda_build_is_announced_once(
        load: Callable[[str], ModuleType], line: str, warned: bool,
        capsys: pytest.CaptureFixture[str]) -> None:
    output = load('wheels').Output()
    output.detail(line)
    output.detail(line)
    assert capsys.readouterr().out.count('several GB') == int(warned)


def test_with_ros_only_what_the_system_lacks_is_installed(
        load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path) -> None:
    wheels = load('wheels')
    present = '[{"name": "numpy", "version": "1.26.4"}, {"name": "mypy", "version": "1.9.0"},' \
        ' {"name": "colcon_core", "version": "0.18"}, {"name": "torch", "version": "2.8.0"}]'
    monkeypatch.setattr(wheels, '_pip', lambda *_, **__: f'WARNING: old index\n{present}\n')
    lines = wheels._what_ros_lacks(tmp_path / 'log', {})
    names = {wheels._name(line) for line in lines}
    assert {'lightning', 'safetensors', 'imgviz', 'mypy', 'pytest', 'ruff'} <= names
    assert not {'numpy', 'opencv-python-headless', 'ros-jazzy-rclpy', 'torch',
                'colcon-core'} & names
    assert all('==' in line for line in lines)


def test_what_would_hide_a_module_of_python_is_kept_out(
        load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path) -> None:
    wheels = load('wheels')
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(wheels, '_pip', lambda *arguments, **_: calls.append(arguments))
    monkeypatch.setattr(wheels, 'VENV', tmp_path)
    wheels.install_requirements(with_ros=False, log=tmp_path / 'log', environment={})
    listed = (tmp_path / 'requirements.txt').read_text()
    assert 'torch==' in listed and 'cityscapesScripts' not in listed
    assert calls[-1][:2] == ('install', '--no-deps')
    assert [wheels._name(line) for line in calls[-1][2:]] == ['cityscapesscripts']


def test_what_is_being_built_is_shown(load: Callable[[str], ModuleType]) -> None:
    output = load('builds').Output()
    lines = ['Starting >>> launch', 'Starting >>> cv_bridge', 'a warning',
             'Finished <<< launch [2.57s]']
    assert [output.detail(line) for line in lines] == [
        'building launch', 'building launch, cv_bridge', None, 'building cv_bridge']


def test_a_failing_command_shows_the_end_of_its_output(
        load: Callable[[str], ModuleType], tmp_path: Path) -> None:
    progress = load('progress')
    log = tmp_path / 'log' / 'step.log'
    with pytest.raises(progress.CommandError, match='exit code 3') as caught:
        progress.run(['bash', '-c', 'for i in {1..99}; do echo line $i; done; exit 3'], log=log,
                     environment={'PATH': '/usr/bin:/bin'})
    assert caught.value.tail().endswith('line 98\nline 99')
    assert 'line 5\n' not in caught.value.tail()
    assert 'line 5\n' in log.read_text()


def test_cmake_files_of_the_wheels_name_the_folders_of_this_machine(
        load: Callable[[str], ModuleType]) -> None:
    built_elsewhere = load('builds').BUILT_ELSEWHERE
    line = ('"/opt/python/cp311-cp311/include/python3.11;/opt/python/cp311-cp311/lib/python3.11/'
            'site-packages/numpy/_core/include"')
    assert built_elsewhere.sub('HERE', line) == '"HERE;HERE"'
    assert built_elsewhere.sub('HERE', '"${_IMPORT_PREFIX}/include/std_msgs"') == (
        '"${_IMPORT_PREFIX}/include/std_msgs"')
