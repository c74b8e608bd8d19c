# SPDX-License-Identifier: Apache-2.0
"""MuJoCo, imported when a heap is asked for, and the way it draws without a screen."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from types import ModuleType
from typing import Any

from discinst_ros.optional import MissingPackage, needed

#: Environment variable by which MuJoCo is told how to draw.
_VARIABLE = 'MUJOCO_GL'
#: Ways to draw without a screen, the first that works is taken: the libraries that each needs,
#: and the Debian packages that bring them.
_LIBRARIES = {
    'egl': (('libEGL.so.1', 'libGL.so.1'), 'libegl1 libgl1'),
    'osmesa': (('libOSMesa.so.8',), 'libosmesa6'),
}
_OLDEST_PYTHON = (3, 11)
_local = threading.local()


class MissingLibrary(ValueError):
    """No library to draw with; the message says which package brings one."""


def engine() -> ModuleType:
    """
    Return the module mujoco.

    :raises MissingPackage: where it is not installed.
    """
    if sys.version_info < _OLDEST_PYTHON:
        raise MissingPackage(
            f'Python {sys.version_info[0]}.{sys.version_info[1]} has no wheel of mujoco, which '
            'heaps need; use Python 3.11 or newer, or a drawn kind such as sticks')
    # MuJoCo reads it once, while it is imported; the physics need no library to draw with.
    os.environ.setdefault(_VARIABLE, choose_platform() or 'disable')
    try:
        return needed('mujoco', 'mujoco', instead='take a drawn kind such as sticks')
    except ImportError as error:  # which it raises where its parts are of several versions
        reason = ' '.join(str(error).split())[:200]
        raise MissingPackage(f'mujoco is not whole ({reason}); install mujoco and mujoco-core in '
                             'one version') from error


def choose_platform() -> str | None:
    """Return the first way to draw without a screen whose libraries are there."""
    return next((name for name in _LIBRARIES if not missing_libraries(name)), None)


def missing_libraries(platform: str) -> list[str]:
    """Return the libraries that a way to draw needs and that cannot be loaded."""
    return [name for name in _LIBRARIES[platform][0] if not _loads(name)]


def check_graphics() -> None:
    """
    Make sure that something can be drawn, before any work is done.

    :raises MissingPackage: where MuJoCo is not installed.
    :raises MissingLibrary: where there is no library to draw with.
    """
    engine()
    platform = os.environ[_VARIABLE].lower().strip()
    if platform in _LIBRARIES:
        missing = missing_libraries(platform)
        if missing:
            raise MissingLibrary(
                f"{_VARIABLE} is '{platform}' and {' and '.join(missing)} cannot be loaded: "
                f'apt-get install {_LIBRARIES[platform][1]}')
    elif choose_platform() is None:
        raise MissingLibrary(
            'no library draws without a screen here: apt-get install '
            + ', or '.join(packages for _, packages in _LIBRARIES.values()))


def make_context_current() -> None:
    """
    Make the drawing context of this thread current; it is made once, as that costs 0.1 s.

    :raises MissingLibrary: where there is no library to draw with.
    """
    context = getattr(_local, 'context', None)
    if context is None:
        check_graphics()
        # One process per core draws faster than one drawing on all cores.
        os.environ.setdefault('LP_NUM_THREADS', '0')
        context = _local.context = _new_context()
    context.make_current()


def _new_context() -> Any:
    size = 64, 64  # of its own window, which nothing is drawn to
    platform = os.environ[_VARIABLE].lower().strip()
    if platform == 'egl':
        return needed('mujoco.egl', 'mujoco').GLContext(*size)
    if platform == 'osmesa':
        return needed('mujoco.osmesa', 'mujoco').GLContext(*size)
    return engine().GLContext(*size)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
