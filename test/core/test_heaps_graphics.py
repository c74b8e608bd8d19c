# SPDX-License-Identifier: Apache-2.0
"""
What MuJoCo lacks to draw with is told in one sentence, each time in a process of its own.

The variables are read while MuJoCo is imported. Not verified here: other drivers than Mesa's.
"""

import ctypes
import os
import subprocess
import sys

from discinst_ros.scenes.heaps import engine, graphics
import pytest

mujoco = pytest.importorskip('mujoco', reason='MuJoCo is not installed: pip install mujoco')

#: What decides how MuJoCo draws; no test takes it from the one who runs it.
VARIABLES = ('MUJOCO_GL', 'PYOPENGL_PLATFORM', 'MUJOCO_EGL_DEVICE_ID', 'DISPLAY',
             '__EGL_VENDOR_LIBRARY_DIRS')
#: Draws nothing, but would; says in which way.
CHECK = """
import os
from discinst_ros.scenes.heaps.engine import check_graphics
check_graphics()
print(os.environ['MUJOCO_GL'])
"""
NO_DRIVER = {'__EGL_VENDOR_LIBRARY_DIRS': '/nonexistent'}


def loads(library):
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


needs_egl = pytest.mark.skipif(not loads('libEGL.so.1') or not loads('libGL.so.1'),
                               reason='no libEGL.so.1 here')
needs_osmesa = pytest.mark.skipif(not loads('libOSMesa.so.8'), reason='no libOSMesa.so.8 here')
no_osmesa = pytest.mark.skipif(loads('libOSMesa.so.8'), reason='libOSMesa.so.8 is here')


def python(variables, *arguments):
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=150,
        env={**environment, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path)), **variables})


def command(folder, variables, *options):
    return python(variables, '-m', 'discinst_ros', 'make_scenes', '--kind', 'heaps', '--count',
                  '1', '--workers', '1', '--out', str(folder), *options)


@pytest.mark.parametrize('variables, words', [
    pytest.param({'MUJOCO_GL': 'osmesa'},
                 'libOSMesa.so.8 cannot be loaded: apt-get install libosmesa6', marks=no_osmesa),
    pytest.param({'MUJOCO_GL': 'egl', **NO_DRIVER}, 'apt-get install libegl-mesa0',
                 marks=needs_egl),
    pytest.param(NO_DRIVER, 'apt-get install libegl-mesa0, or libosmesa6',
                 marks=[needs_egl, no_osmesa]),
    ({'MUJOCO_GL': 'glfw'}, "MUJOCO_GL is 'glfw' and cannot draw here"),
    pytest.param({'MUJOCO_GL': 'disable'}, 'so nothing can be drawn: leave it unset',
                 marks=needs_egl),
    ({'MUJOCO_GL': 'foo'}, "MUJOCO_GL is 'foo', which is no way to draw: set it to egl or osmesa"),
    pytest.param({'MUJOCO_GL': 'egl', 'PYOPENGL_PLATFORM': 'osmesa'},
                 "PYOPENGL_PLATFORM is 'osmesa', which do not fit", marks=needs_egl),
    pytest.param({'PYOPENGL_PLATFORM': 'glx'}, "PYOPENGL_PLATFORM is 'glx'", marks=needs_egl),
    pytest.param({'MUJOCO_EGL_DEVICE_ID': '99'}, 'leave MUJOCO_EGL_DEVICE_ID unset',
                 marks=needs_egl),
])
def test_command_says_in_one_sentence_what_is_missing(tmp_path, variables, words):
    ended = command(tmp_path / 'heaps', variables)
    assert ended.returncode == 1
    assert ended.stderr.startswith('make_scenes: ') and ended.stderr.count('\n') == 1
    assert words in ended.stderr
    assert not (tmp_path / 'heaps').exists()


@pytest.mark.parametrize('variables', [{}, {'MUJOCO_GL': ''}, {'MUJOCO_GL': ' EGL '}])
def test_egl_is_taken(variables, graphics_library):
    if os.environ['MUJOCO_GL'] != 'egl':
        pytest.skip('EGL does not work here')
    ended = python(variables, '-c', CHECK)
    assert ended.stdout.strip().lower() == 'egl', ended.stderr


@needs_osmesa
@pytest.mark.parametrize('variables', [
    NO_DRIVER, {'PYOPENGL_PLATFORM': 'osmesa'}, {'MUJOCO_GL': 'osmesa'}])
def test_osmesa_is_taken(variables):
    ended = python(variables, '-c', CHECK)
    assert (ended.stdout, ended.stderr) == ('osmesa\n', '')


def test_physics_need_nothing_to_draw_with():
    ended = python({**NO_DRIVER, 'MUJOCO_GL': 'disable'}, '-c',
                   'from discinst_ros.scenes.heaps import make_heap; '
                   'print(len(make_heap(3, count=2).designs))')
    assert (ended.returncode, ended.stdout) == (0, '2\n'), ended.stderr


def test_too_large_a_picture_is_refused_before_any_work(tmp_path, graphics_library):
    gl = pytest.importorskip('OpenGL.GL')
    engine.check_graphics()
    limit = gl.glGetIntegerv(gl.GL_MAX_TEXTURE_SIZE)
    ended = command(tmp_path / 'heaps', {'MUJOCO_GL': os.environ['MUJOCO_GL']},
                    '--width', str(limit + 1))
    assert ended.returncode == 1
    assert ended.stderr == (f'make_scenes: {limit + 1}x240 pixels: a picture may have at most '
                            f'{limit} on a side here; make it smaller\n')
    assert not (tmp_path / 'heaps').exists()


def test_ctrl_c_while_mujoco_is_loaded_is_ctrl_c(monkeypatch):
    """Its parts in C make an ImportError of it, and one more of that, as if it was not whole."""
    def interrupted(*_):
        try:
            try:
                raise KeyboardInterrupt
            except KeyboardInterrupt as error:
                raise ImportError('initialization failed') from error
        except ImportError as error:
            raise ImportError('initialization failed') from error

    monkeypatch.setattr(engine, 'needed', interrupted)
    with pytest.raises(KeyboardInterrupt):
        engine.engine()


def test_missing_libraries_are_named(monkeypatch):
    monkeypatch.setattr(graphics, '_loads', lambda library: False)
    monkeypatch.setenv('MUJOCO_GL', 'egl')
    with pytest.raises(graphics.MissingLibrary, match='apt-get install libegl1 libgl1'):
        engine.check_graphics()
    monkeypatch.setenv('MUJOCO_GL', 'disable')
    with pytest.raises(graphics.MissingLibrary, match='libegl1 libgl1, or libosmesa6'):
        engine.check_graphics()


def test_a_broken_mujoco_is_told(monkeypatch):
    def broken(*_, **__):
        raise ImportError('core 4.0.1 and package 4.0.0 do not fit:\n  reinstall')

    monkeypatch.setattr(engine, 'needed', broken)
    with pytest.raises(ValueError, match=r'not whole \(core 4.0.1 .* fit: reinstall\); install'):
        engine.engine()


def test_old_python_is_told(monkeypatch):
    monkeypatch.setattr(engine.sys, 'version_info', (3, 10, 14))
    with pytest.raises(ValueError, match='Python 3.10 has no wheel of mujoco'):
        engine.engine()
