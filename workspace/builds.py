# SPDX-License-Identifier: Apache-2.0
"""What colcon builds: the underlay, where there is no ROS, and the package."""

import os
from pathlib import Path
import re
import shutil
import sysconfig

from layout import (
    BUILD,
    INSTALL,
    LOG,
    PYTHON,
    ROOT,
    SETUP_BASH,
    UNDERLAY,
    UNDERLAY_BUILD,
    UNDERLAY_INSTALL,
    VENV,
)
from progress import run

PACKAGE = 'discinst_ros'
BUILT_ELSEWHERE = re.compile(r'/opt/python/cp[^;"]*?/(numpy/_core/include|include/python3\.\d+)')
"""Include folders of the machine that made the wheels, as their CMake files name them."""


def build_underlay() -> None:
    """Build the stand-ins for what ROS's Python wheels lack into `.venv/underlay`."""
    packages = underlay_packages()
    shutil.rmtree(UNDERLAY_INSTALL, ignore_errors=True)
    for package in packages:
        _forget_python_build(UNDERLAY_BUILD / package.name)
    mend_cmake_files()
    _colcon('underlay', '--paths', *map(str, packages),
            '--merge-install', '--build-base', str(UNDERLAY_BUILD),
            '--install-base', str(UNDERLAY_INSTALL),
            '--cmake-args', '-DCMAKE_BUILD_TYPE=Release', '-DBUILD_TESTING=OFF',
            '-DPython3_FIND_VIRTUALENV=ONLY', '--no-warn-unused-cli')


def underlay_packages() -> list[Path]:
    return sorted(manifest.parent for manifest in UNDERLAY.glob('*/package.xml'))


def mend_cmake_files() -> None:
    """Let the wheels' CMake files name the include folders of this machine."""
    numpy_include = str(next(VENV.glob('lib/python3.*/site-packages/numpy/_core/include')))
    python_include = sysconfig.get_path('include')
    for file in VENV.glob('share/*/cmake/*Export.cmake'):
        text = file.read_text()
        mended = BUILT_ELSEWHERE.sub(
            lambda found: numpy_include if 'numpy' in found[1] else python_include, text)
        if mended != text:
            file.write_text(mended)


def build_package() -> None:
    """Build the package itself into `install/`, as `colcon build` does."""
    _forget_python_build(BUILD / PACKAGE)
    _colcon('package', '--paths', str(ROOT), '--build-base', str(BUILD),
            '--install-base', str(INSTALL))


def _forget_python_build(folder: Path) -> None:
    """Remove what colcon would install again although it is no longer among the sources."""
    if not (folder / 'CMakeCache.txt').exists():
        shutil.rmtree(folder, ignore_errors=True)


def _colcon(name: str, *arguments: str) -> None:
    log = LOG / f'setup-{name}.log'
    log.unlink(missing_ok=True)
    # `python -m colcon`, because the shebang of a system's colcon hides what .venv has.
    colcon = [str(PYTHON), '-m', 'colcon', '--log-base', str(LOG), 'build', *arguments]
    run(['bash', '-c', f'source "{SETUP_BASH}" && exec "$@"', 'bash', *colcon],
        log=log, environment=os.environ, detail=Output().detail)


class Output:
    """Follows what colcon prints."""

    def __init__(self) -> None:
        self._building: list[str] = []

    def detail(self, line: str) -> str | None:
        """
        Tell which packages are being built.

        :param line: a line that colcon printed
        :return: a few words, or None
        """
        if found := re.match(r'Starting >>> (\S+)', line):
            self._building.append(found[1])
        elif (found := re.match(r'Finished <<< (\S+)', line)) and found[1] in self._building:
            self._building.remove(found[1])
        return f'building {", ".join(self._building)}' if found else None
