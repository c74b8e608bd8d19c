# SPDX-License-Identifier: Apache-2.0
"""Makes what is not made yet, or was made from something else, in the one possible order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import fcntl
from functools import partial
import os
from pathlib import Path
import platform
import sys
import time

from builds import build_package, build_underlay, underlay_packages
from environment import base_python, make_environment, require_own_folder
from layout import CONSTRAINTS_WITH_ROS, INSTALL, PYTHON, REQUIREMENTS, ROOT, UNDERLAY_INSTALL
from machine import require_compiler, require_plain_path, require_venv, require_wheels, sourced_ros
from problem import Problem
from progress import CommandError
from stamps import fingerprint, read_stamps, write_stamps

PACKAGE_SOURCES = [ROOT / name for name in (
    'config', 'discinst_ros', 'launch', 'package.xml', 'resource', 'setup.cfg', 'setup.py',
    'weights')]


@dataclass
class Step:
    """One thing to make."""

    name: str
    title: str
    made_from: str
    """The fingerprint of what it is made from."""
    product: Path
    """Something that is there once it is made."""
    needs: tuple[Callable[[], None], ...]
    """Checks of the machine, before anything is made."""
    make: Callable[[], None]


def prepare() -> int:
    """
    Make all steps that are due and tell about it.

    :return: the exit code
    """
    try:
        with _alone():
            _make_due(_steps(sourced_ros(os.environ)))
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except CommandError as error:
        print(f'{error.tail()}\n\nThis step failed: {error}; all of its output is in {error.log}.',
              file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\nInterrupted: run make again to go on.', file=sys.stderr)
        return 130
    return 0


def _steps(ros: str | None) -> list[Step]:
    """
    List the steps for this machine.

    :param ros: the ROS distribution to use, or None to use ROS's Python wheels
    """
    with_ros = ros is not None
    environment = Step(
        'environment', f'Python packages, on top of ROS {ros}' if with_ros else
        'Python packages and ROS wheels (2 GB in .venv)',
        fingerprint(str(ros), str(ROOT), str(base_python()), platform.python_version(),
                    files=[REQUIREMENTS, CONSTRAINTS_WITH_ROS]),
        PYTHON,
        (require_plain_path, require_venv, require_own_folder) if with_ros else
        (require_wheels, require_plain_path, require_venv, require_compiler, require_own_folder),
        partial(make_environment, with_ros=with_ros))
    underlay = Step('underlay', 'underlay: what the ROS wheels lack',
                    fingerprint(files=underlay_packages()), UNDERLAY_INSTALL / 'share',
                    (require_compiler,), build_underlay)
    package = Step('package', 'discinst_ros', fingerprint(files=PACKAGE_SOURCES),
                   INSTALL / 'discinst_ros' / 'share', (), build_package)
    return [environment, package] if with_ros else [environment, underlay, package]


def _make_due(steps: list[Step]) -> None:
    """Make the first step that is not as it should be, and all that build on it."""
    stamps = read_stamps()
    due = next((index for index, step in enumerate(steps)
                if stamps.get(step.name) != step.made_from or not step.product.exists()),
               len(steps))
    for step in steps[due:]:
        for check in step.needs:
            check()
    stamps = {step.name: step.made_from for step in steps[:due]}
    if stamps:
        write_stamps(stamps)
    for number, step in enumerate(steps[due:], start=due + 1):
        print(f'[{number}/{len(steps)}] {step.title} ...', flush=True)
        started = time.monotonic()
        step.make()
        stamps[step.name] = step.made_from
        write_stamps(stamps)
        print(f'      done in {time.monotonic() - started:.0f} s', flush=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Wait while another make works in this folder."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print('Another make is setting up here: waiting for it.', flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
