# SPDX-License-Identifier: Apache-2.0
"""MuJoCo, imported when a heap is asked for, and what it draws with."""

from __future__ import annotations

import atexit
from collections.abc import Callable
import os
import sys
import threading
from types import ModuleType
from typing import Any
import warnings
import weakref

from discinst_ros.optional import MissingPackage, needed
from discinst_ros.scenes.heaps.graphics import (
    check_platform,
    failure,
    missing_libraries,
    MissingLibrary,
    settle_platform,
)

__all__ = [
    'check_graphics', 'engine', 'make_context_current', 'missing_libraries', 'MissingLibrary',
    'upload']

_OLDEST_PYTHON = (3, 11)
#: Of the picture that is tried, in pixels.
_SMALL = 64
_local = threading.local()


def engine() -> ModuleType:
    """
    Return the module mujoco.

    :raises MissingPackage: where it is not installed.
    :raises MissingLibrary: where it is told to draw in a way that cannot be.
    """
    if sys.version_info < _OLDEST_PYTHON:
        raise MissingPackage(
            f'Python {sys.version_info[0]}.{sys.version_info[1]} has no wheel of mujoco, which '
            'heaps need; use Python 3.11 or newer')
    # MuJoCo reads it once, while it is imported.
    platform = settle_platform()
    if 'mujoco' not in sys.modules and platform != 'disable':
        check_platform(platform)
    try:
        return needed('mujoco', 'mujoco')
    except ImportError as error:  # which it raises where its parts are of several versions
        cause: BaseException | None = error
        while cause is not None:  # and where Ctrl-C came while it was loaded
            if isinstance(cause, KeyboardInterrupt):
                raise cause from None
            cause = cause.__cause__
        reason = ' '.join(str(error).split())[:200]
        raise MissingPackage(f'mujoco is not whole ({reason}); install mujoco and mujoco-core in '
                             'one version') from error


def check_graphics(width: int = _SMALL, height: int = _SMALL) -> None:
    """
    Make sure that something can be drawn, by trying it, before any work is done.

    :param width: of the largest picture, pixels.
    :param height: of the largest picture, pixels.
    :raises MissingPackage: where MuJoCo is not installed.
    :raises MissingLibrary: where there is nothing to draw with.
    :raises ValueError: where the picture is too large.
    """
    engine()
    check_platform(settle_platform())
    make_context_current()
    upload(_empty_model(width, height)).free()


def make_context_current() -> None:
    """
    Make the drawing context of this thread current; it is made once, as that costs 0.1 s.

    :raises MissingLibrary: where there is nothing to draw with.
    """
    context = getattr(_local, 'context', None)
    if context is not None:
        context.make_current()
        return
    engine()
    platform = settle_platform()
    check_platform(platform)
    # One process per core draws faster than one drawing on all cores.
    os.environ.setdefault('LP_NUM_THREADS', '0')
    try:
        with warnings.catch_warnings():  # which glfw gives before it fails; the error is told
            warnings.simplefilter('ignore')
            context = _new_context(platform)
            context.make_current()
            _upload(_empty_model(_SMALL, _SMALL)).free()
    except Exception as error:  # each way, driver and library fails with errors of its own
        raise failure(platform, error) from error
    _local.context = context
    # When Python ends, what OSMesa needs to free it is gone before it.
    atexit.register(_free, weakref.ref(context))


def upload(model: Any) -> Any:
    """
    Return MuJoCo's own drawing context of a model, with a buffer of the size that the model says.

    :raises ValueError: where the buffer is too large.
    """
    try:
        return _upload(model)
    except engine().FatalError as error:
        size = model.vis.global_.offwidth, model.vis.global_.offheight
        limit = _largest_side()
        if max(size) > limit:
            problem = f'a picture may have at most {limit} on a side here'
        else:
            problem = f'this machine cannot draw so many ({error})'
        raise ValueError(f'{size[0]}x{size[1]} pixels: {problem}; make it smaller') from error


def _upload(model: Any) -> Any:
    mj = engine()
    return mj.MjrContext(model, mj.mjtFontScale.mjFONTSCALE_50)


def _empty_model(width: int, height: int) -> Any:
    model = engine().MjModel.from_xml_string('<mujoco/>')
    model.vis.global_.offwidth, model.vis.global_.offheight = width, height
    return model


def _largest_side() -> int:
    """Return the most pixels that a buffer may have on a side."""
    gl = needed('OpenGL.GL', 'pyopengl')
    while gl.glGetError():  # of the buffer that was refused
        pass
    return int(gl.glGetIntegerv(gl.GL_MAX_RENDERBUFFER_SIZE))


def _free(context: Callable[[], Any]) -> None:
    there = context()
    if there is not None:
        there.free()


def _new_context(platform: str) -> Any:
    size = _SMALL, _SMALL  # of its own window, which nothing is drawn to
    if platform == 'egl':
        return needed('mujoco.egl', 'mujoco').GLContext(*size)
    if platform == 'osmesa':
        return needed('mujoco.osmesa', 'mujoco').GLContext(*size)
    return engine().GLContext(*size)
