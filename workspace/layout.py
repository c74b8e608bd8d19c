# SPDX-License-Identifier: Apache-2.0
"""Where everything lies."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'
SETUP_BASH = VENV / 'setup.bash'
"""What to source before `ros2` by hand, as one sources a ROS installation."""

UNDERLAY = ROOT / 'underlay'
UNDERLAY_INSTALL = VENV / 'underlay'
UNDERLAY_BUILD = ROOT / 'build' / 'underlay'

INSTALL = ROOT / 'install'
BUILD = ROOT / 'build'
LOG = ROOT / 'log'

REQUIREMENTS = ROOT / 'requirements.txt'
CONSTRAINTS_WITH_ROS = ROOT / 'constraints-ros.txt'
