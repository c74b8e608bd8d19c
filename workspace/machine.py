# SPDX-License-Identifier: Apache-2.0
"""What the machine must have before anything is made."""

from collections.abc import Mapping
import importlib.util
from pathlib import Path
import platform
import re
import shutil
import sys
import sysconfig

from layout import ROOT
from problem import Problem

OLDEST_ROS = 'jazzy'
NEWEST_PYTHON_WITH_WHEELS = (3, 13)


def sourced_ros(environment: Mapping[str, str]) -> str | None:
    """
    Tell which ROS distribution is sourced in this shell.

    :param environment: the variables of the shell
    :return: its name, or None where ROS has to come as Python wheels
    :raises Problem: for a ROS that is half sourced or too old
    """
    distro = environment.get('ROS_DISTRO')
    if not distro:
        return None
    # The distributions are named along the alphabet; ROS 1 calls itself version 1.
    if distro < OLDEST_ROS or environment.get('ROS_VERSION', '2') != '2':
        raise Problem(f'ROS {distro} is sourced, too old: source {OLDEST_ROS} or newer, or run '
                      'make in a shell without ROS to use the Python wheels of ROS.')
    if not shutil.which('ros2', path=environment.get('PATH')):
        raise Problem(f'ROS_DISTRO is {distro} but no ros2 command is on PATH: source '
                      f'/opt/ros/{distro}/setup.bash, or unset ROS_DISTRO to use the Python '
                      'wheels of ROS.')
    return distro


def require_venv() -> None:
    """
    Check that a virtual environment can be made; Debian packs that apart from Python.

    :raises Problem: if the venv module or its pip is missing
    """
    if not (importlib.util.find_spec('venv') and importlib.util.find_spec('ensurepip')):
        raise Problem(f'The venv module of {sys.executable} is missing: install it, e.g. '
                      'apt-get install python3-venv.')


def require_wheels() -> None:
    """
    Check that the Python wheels of ROS exist for this machine.

    :raises Problem: on another system, processor, C library or Python
    """
    if sys.platform != 'linux':
        raise Problem(f'ROS comes as Python wheels for Linux only, and this is {sys.platform}: '
                      'use a Linux machine, or install ROS 2 and source it.')
    if platform.machine() != 'x86_64':
        raise Problem(f'ROS comes as Python wheels for x86-64 only, and this is '
                      f'{platform.machine()}: install ROS 2 Jazzy (apt-get install '
                      'ros-jazzy-ros-base on Ubuntu 24.04) and source it before make.')
    libc, version = platform.libc_ver()
    if libc != 'glibc' or tuple(map(int, version.split('.')[:2])) < (2, 28):
        raise Problem(f'The Python wheels of ROS need glibc 2.28 or newer, and this system has '
                      f'{libc or "another C library"} {version}: use Debian 12, Ubuntu 22.04 or '
                      'newer.')
    if sys.version_info[:2] > NEWEST_PYTHON_WITH_WHEELS:
        raise Problem(f'Python {platform.python_version()} ({sys.executable}) is too new for the '
                      'Python wheels of ROS: install Python 3.10 to 3.13 and name it, e.g. '
                      'make PYTHON=python3.13.')


def require_compiler() -> None:
    """
    Check for what the messages of the underlay are compiled with.

    :raises Problem: if a program or the headers of Python are missing
    """
    lacking = [tool for tool in ('g++', 'gcc', 'cmake', 'make') if not shutil.which(tool)]
    headers = Path(sysconfig.get_path('include'), 'Python.h')
    if lacking:
        raise Problem(f'{" and ".join(lacking)} cannot be found: install what is missing, e.g. '
                      f'apt-get install {" ".join(lacking)}.')
    if not headers.is_file():
        raise Problem(f'The headers of {sys.executable} are missing ({headers}): install them, '
                      'e.g. apt-get install python3-dev.')


def require_plain_path() -> None:
    """
    Check that the folder's name suits scripts and search paths.

    :raises Problem: if it does not
    """
    if re.search(r'[\s:;]', str(ROOT)):
        raise Problem(f'The path {str(ROOT)!r} has a space, colon or semicolon, which CMake and '
                      'the scripts of ROS cannot bear: move this folder.')
