# SPDX-License-Identifier: Apache-2.0
"""What pip installs into `.venv`, what it shows meanwhile, and what its errors mean."""

from collections.abc import Mapping
import json
from pathlib import Path
import re

from layout import CONSTRAINTS_WITH_ROS, PYTHON, REQUIREMENTS, VENV
from problem import Problem
from progress import CommandError, run

BROUGHT_BY_ROS = ('ros-', 'opencv-')
"""ROS itself, and OpenCV, which must be the one that ROS's cv_bridge was built with."""

ALWAYS_OURS = {'mypy', 'pip', 'pytest', 'pytest-timeout', 'ruff'}
"""Tools that judge the code: their versions matter, and no code of ROS builds on them."""

WITHOUT_DEPENDENCIES = {'cityscapesscripts'}
"""What must not bring its dependencies: an old copy of Python's module `typing` is among them."""

CUDA_BUILD = re.compile(r'Collecting (nvidia|cuda)-'
                        r'|\s*Downloading (\S*/)?torch-\S+ \(([4-9]\d\d\.\d MB|.* GB)\)')
"""Lines that pip prints before it downloads PyTorch with CUDA; without, it is below 400 MB."""

CUDA_NOTICE = """\
      PyTorch comes as its CUDA build here: several GB to download. For the smaller build
      without CUDA press Ctrl-C and name an index of PyTorch CPU builds in PIP_EXTRA_INDEX_URL."""

UNREACHABLE = re.compile(r'NewConnectionError|NameResolutionError|(Connect|Read)Timeout|ProxyError'
                         r'|Max retries exceeded|connection broken|IncompleteRead|SSLError', re.I)


def install_requirements(*, with_ros: bool, log: Path, environment: Mapping[str, str]) -> None:
    """
    Install requirements.txt; with ROS only what the system lacks.

    :param with_ros: ROS is sourced
    :param log: where pip's output goes
    :param environment: variables for pip
    :raises Problem: if the network, the package index or the disk does not give what is needed
    """
    constraints = ['-c', str(CONSTRAINTS_WITH_ROS)] if with_ros else []
    try:
        # An old pip does not report its progress: pip first.
        _pip('install', _pin('pip'), log=log, environment=environment)
        lines = (_what_ros_lacks(log, environment) if with_ros
                 else REQUIREMENTS.read_text().splitlines())
        alone = {line for line in lines if _name(line) in WITHOUT_DEPENDENCIES}
        requirements = VENV / 'requirements.txt'
        requirements.write_text('\n'.join(line for line in lines if line not in alone))
        _pip('install', '-r', str(requirements), *constraints, log=log, environment=environment)
        if alone:
            _pip('install', '--no-deps', *alone, log=log, environment=environment)
    except CommandError as error:
        if sentence := explain(error.output):
            raise Problem(sentence) from error
        raise


def explain(output: str) -> str | None:
    """
    Find the cause of an error in pip's output.

    :param output: all that pip printed
    :return: one sentence, or None if the cause is none of the usual ones
    """
    if 'No space left on device' in output:
        return 'The disk is full: make room (.venv needs about 3 GB) and run make again.'
    if UNREACHABLE.search(output):
        return ('pip cannot reach its package index: connect to the network, or name a mirror in '
                'PIP_INDEX_URL, and run make again.')
    if missing := re.search(r'No matching distribution found for (\S+)', output):
        return (f'The package index has no {missing[1]} for this machine and Python: try another '
                'Python from 3.10 to 3.13 with make PYTHON=python3.11, or a complete index in '
                'PIP_INDEX_URL.')
    return None


class Output:
    """Follows what pip prints."""

    def __init__(self) -> None:
        self._warned = False

    def detail(self, line: str) -> str | None:
        """
        Tell what a printed line means to someone who waits.

        :param line: the line
        :return: a few words, or None
        """
        if CUDA_BUILD.match(line) and not self._warned:
            self._warned = True
            print(f'\r{CUDA_NOTICE}', flush=True)
        if found := re.match(r'\s*Downloading (?:\S*/)?([A-Za-z0-9_.]+)-\S+ \((.+)\)', line):
            return f'downloading {found[1]} ({found[2]})'
        if found := re.match(r'Collecting ([A-Za-z0-9_.-]+)', line):
            return f'collecting {found[1]}'
        if line.startswith('Installing collected packages:'):
            return f'installing {line.count(",") + 1} packages'
        return None


def _pip(*arguments: str, log: Path, environment: Mapping[str, str]) -> str:
    return run([str(PYTHON), '-m', 'pip', '--disable-pip-version-check', *arguments],
               log=log, environment=environment, detail=Output().detail)


def _pin(name: str) -> str:
    """Return the line of requirements.txt that pins a package."""
    return next(line for line in REQUIREMENTS.read_text().splitlines()
                if _name(line) == name)


def _name(requirement: str) -> str:
    """Return the name that a line of requirements.txt starts with, empty for a comment."""
    found = re.match(r'[A-Za-z0-9._-]+', requirement)
    return re.sub(r'[-_.]+', '-', found[0]).lower() if found else ''


def _what_ros_lacks(log: Path, environment: Mapping[str, str]) -> list[str]:
    """Return the lines of requirements.txt that a sourced ROS and its system do not satisfy."""
    listing = _pip('list', '--format=json', log=log, environment=environment)
    packages = next(line for line in listing.splitlines() if line.startswith('['))
    present = {_name(package['name']) for package in json.loads(packages)}
    return [line for line in REQUIREMENTS.read_text().splitlines()
            if (name := _name(line)) in ALWAYS_OURS
            or name and name not in present and not name.startswith(BROUGHT_BY_ROS)]
