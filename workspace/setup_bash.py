# SPDX-License-Identifier: Apache-2.0
"""The text of `.venv/setup.bash`, to be sourced as one sources a ROS installation."""

from pathlib import Path
import shlex

from layout import INSTALL, UNDERLAY_INSTALL, VENV


def with_ros_text() -> str:
    """Compose what comes on top of a sourced ROS: the Python environment and our package."""
    return f"""\
# Made by make. Source it in bash after ROS: the Python environment, then this package.
export VIRTUAL_ENV={_joined(VENV)}
export PATH={_joined(VENV / 'bin')}:"$PATH"
{_package()}"""


def without_ros_text() -> str:
    """
    Compose what a ROS installation's setup.bash does, for ROS from Python wheels.

    The wheels' libraries find each other through LD_LIBRARY_PATH. A module among the wheels sets
    that and starts Python a second time, unless the last variable says that it is done.
    """
    prefixes = [UNDERLAY_INSTALL, VENV]
    site_packages = next(VENV.glob('lib/python3.*/site-packages'))
    libraries = [*(prefix / 'lib' for prefix in prefixes),
                 *sorted(site_packages.glob('ros_*.libs'))]
    return f"""\
# Made by make. Source it in bash: ROS from Python wheels, the underlay, then this package.
export VIRTUAL_ENV={_joined(VENV)}
export PATH={_joined(*(prefix / 'bin' for prefix in prefixes))}:"$PATH"
export AMENT_PREFIX_PATH={_joined(*prefixes)}
export CMAKE_PREFIX_PATH={_joined(*prefixes)}
export PYTHONPATH={_joined(UNDERLAY_INSTALL / site_packages.relative_to(VENV))}
export LD_LIBRARY_PATH={_joined(*libraries)}
export ROS_VERSION=2 ROS_PYTHON_VERSION=3 RMW_IMPLEMENTATION=rmw_fastrtps_cpp
export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
unset COLCON_PREFIX_PATH PYTHONHOME
{_package()}"""


def _package() -> str:
    local_setup = _joined(INSTALL / 'local_setup.bash')
    return f'if [ -f {local_setup} ]; then source {local_setup}; fi\n'


def _joined(*paths: Path) -> str:
    return shlex.quote(':'.join(map(str, paths)))
