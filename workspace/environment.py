# SPDX-License-Identifier: Apache-2.0
"""The Python environment `.venv`: always made from nothing, so never half made."""

import os
from pathlib import Path
import shutil
import sys

from layout import LOG, SETUP_BASH, UNDERLAY_BUILD, VENV
from problem import Problem
from progress import run
from setup_bash import with_ros_text, without_ros_text
from stamps import STAMPS, write_stamps
from wheels import install_requirements

ENVIRONMENT_LOG = LOG / 'setup-environment.log'

FOREIGN_VARIABLES = ('AMENT_PREFIX_PATH', 'CMAKE_PREFIX_PATH', 'COLCON_PREFIX_PATH',
                     'LD_LIBRARY_PATH', 'PYTHONHOME', 'PYTHONPATH')
"""What another ROS or Python may have left in the shell; without ROS all of it is our own."""


def base_python() -> Path:
    """Return the Python that runs this, seen from outside any virtual environment."""
    return Path(os.path.realpath(sys.executable))


def require_own_folder() -> None:
    """
    Check that `.venv` is ours to replace.

    :raises Problem: if somebody else made it
    """
    if VENV.exists() and not STAMPS.exists():
        raise Problem(f'{VENV} was not made by this Makefile: move it away and run make again.')


def make_environment(*, with_ros: bool) -> None:
    """
    Make `.venv` with all that requirements.txt names.

    :param with_ros: ROS is sourced and shows through; only what it lacks is installed
    :raises Problem: if the network, the package index or the disk does not give what is needed
    """
    _remove(VENV)
    # CMake has noted there which Python and which wheels it found.
    shutil.rmtree(UNDERLAY_BUILD, ignore_errors=True)
    # The stamps mark the folder as ours from its first moment on.
    VENV.mkdir()
    write_stamps({})
    ENVIRONMENT_LOG.unlink(missing_ok=True)
    variables = {name: value for name, value in os.environ.items()
                 if with_ros or name not in FOREIGN_VARIABLES}
    run([str(base_python()), '-m', 'venv', *['--system-site-packages'] * with_ros, str(VENV)],
        log=ENVIRONMENT_LOG, environment=variables)
    install_requirements(with_ros=with_ros, log=ENVIRONMENT_LOG, environment=variables)
    SETUP_BASH.write_text(with_ros_text() if with_ros else without_ros_text())


def _remove(folder: Path) -> None:
    """Remove a folder such that an interruption leaves no half of it under its name."""
    doomed = folder.with_name(f'{folder.name}-old')
    shutil.rmtree(doomed, ignore_errors=True)
    if folder.exists():
        folder.rename(doomed)
        shutil.rmtree(doomed)
