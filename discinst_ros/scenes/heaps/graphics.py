# SPDX-License-Identifier: Apache-2.0
"""The ways in which MuJoCo can draw without a screen, and what each of them lacks here."""

from __future__ import annotations

import ctypes
import os

from discinst_ros.scenes.heaps.egl_probe import egl_starts

#: Environment variable by which MuJoCo is told how to draw.
VARIABLE = 'MUJOCO_GL'
#: The one of PyOpenGL, by which MuJoCo calls EGL and OSMesa.
_PYOPENGL = 'PYOPENGL_PLATFORM'
#: Which graphics card EGL takes.
_DEVICE = 'MUJOCO_EGL_DEVICE_ID'
#: Ways to draw without a screen, the first that works is taken: the libraries that each needs,
#: and the Debian packages that bring them.
_LIBRARIES = {
    'egl': (('libEGL.so.1', 'libGL.so.1'), 'libegl1 libgl1'),
    'osmesa': (('libOSMesa.so.8',), 'libosmesa6'),
}
_EGL_DRIVER = 'libegl-mesa0'
#: What else MuJoCo takes for a choice: not to draw, and to draw in a window.
_NOTHING = ('disable', 'disabled', 'off', 'false', '0')
_WINDOW = ('glfw', 'glx', 'enable', 'enabled', 'on', 'true', '1')


class MissingLibrary(ValueError):
    """Nothing to draw with; the message says which package to install or what to set."""


def settle_platform() -> str:
    """Return how MuJoCo is to draw: as its variable says, which is set here where it is empty."""
    given = os.environ.get(VARIABLE, '').lower().strip()
    if not given:
        # The physics need no library to draw with.
        given = os.environ[VARIABLE] = choose_platform() or 'disable'
    return given


def choose_platform() -> str | None:
    """Return the first way to draw without a screen that works, and that PyOpenGL may take."""
    asked = os.environ.get(_PYOPENGL, '').lower()
    return next((name for name in _LIBRARIES if asked in ('', name) and _works(name)), None)


def missing_libraries(platform: str) -> list[str]:
    """Return the libraries that a way to draw needs and that cannot be loaded."""
    return [name for name in _LIBRARIES[platform][0] if not _loads(name)]


def check_platform(platform: str) -> None:
    """
    Make sure that a way to draw is known, has its libraries, and is no other than PyOpenGL's.

    :raises MissingLibrary: where it cannot draw.
    """
    asked = os.environ.get(_PYOPENGL, '')
    if platform in _NOTHING:
        if choose_platform() is None:
            raise MissingLibrary(_what_is_needed())
        raise MissingLibrary(f"{VARIABLE} is '{platform}', so nothing can be drawn: leave it "
                             'unset')
    if platform in _LIBRARIES:
        missing = missing_libraries(platform)
        if missing:
            raise MissingLibrary(
                f"{VARIABLE} is '{platform}' and {' and '.join(missing)} cannot be loaded: "
                f'apt-get install {_LIBRARIES[platform][1]}')
        if asked.lower() not in ('', platform):
            raise MissingLibrary(f"{VARIABLE} is '{platform}' and {_PYOPENGL} is '{asked}', which "
                                 f'do not fit: leave {_PYOPENGL} unset')
    elif platform not in _WINDOW:
        raise MissingLibrary(f"{VARIABLE} is '{platform}', which is no way to draw: set it to "
                             f'{" or ".join(_LIBRARIES)}, or leave it unset')


def failure(platform: str, error: Exception) -> MissingLibrary:
    """
    Say in a sentence what a way to draw lacks that has its libraries and still cannot draw.

    :param error: what was raised when it was tried.
    """
    reason = ' '.join(str(error).split()).split('. ')[0].rstrip('.')[:200]
    start = f"{VARIABLE} is '{platform}' and cannot draw here ({reason}): "
    if platform == 'egl' and _DEVICE in os.environ:
        return MissingLibrary(f"{start}leave {_DEVICE} unset, which is '{os.environ[_DEVICE]}'")
    if platform == 'egl':
        return MissingLibrary(f'{start}apt-get install {_EGL_DRIVER}, the driver of EGL, or '
                              f'libosmesa6 and set {VARIABLE}=osmesa')
    if platform == 'osmesa':
        return MissingLibrary(f'{start}leave {VARIABLE} unset, or set it to egl')
    return MissingLibrary(f'{start}that way needs a screen; leave {VARIABLE} unset, or set it to '
                          f'{" or ".join(_LIBRARIES)}')


def _what_is_needed() -> str:
    asked = os.environ.get(_PYOPENGL, '')
    if asked and any(map(_works, _LIBRARIES)):
        return f"{_PYOPENGL} is '{asked}', and nothing draws that way here: leave it unset"
    if not missing_libraries('egl'):
        return ('EGL has no driver to draw with: apt-get install '
                f'{_EGL_DRIVER}, or {_LIBRARIES["osmesa"][1]}')
    return ('no library draws without a screen here: apt-get install '
            + ', or '.join(packages for _, packages in _LIBRARIES.values()))


def _works(platform: str) -> bool:
    return not missing_libraries(platform) and (platform != 'egl' or egl_starts())


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
