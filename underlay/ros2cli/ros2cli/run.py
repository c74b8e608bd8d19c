# SPDX-License-Identifier: Apache-2.0
"""The command ``ros2 run``."""

from argparse import Namespace, REMAINDER
import os
from pathlib import Path
import signal
import subprocess
from typing import Any

from ament_index_python.packages import get_package_prefix, PackageNotFoundError


def add_to(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser('run', help='Run a package specific executable')
    parser.add_argument('package_name', help='Name of the ROS package')
    parser.add_argument('executable_name', help='Name of the executable')
    parser.add_argument('argv', nargs=REMAINDER, help='Arguments for the executable')
    parser.set_defaults(main=main)


def main(args: Namespace) -> int | str:
    """Run the executable to its end; return its exit code."""
    try:
        prefix = get_package_prefix(args.package_name)
    except PackageNotFoundError:
        return f"Package '{args.package_name}' not found"
    path = Path(prefix, 'lib', args.package_name, args.executable_name)
    if not (path.is_file() and os.access(path, os.X_OK)):
        return 'No executable found'
    process = subprocess.Popen([str(path), *args.argv])
    signal.signal(signal.SIGTERM, lambda number, frame: process.send_signal(number))
    while process.returncode is None:
        try:
            process.wait()
        except KeyboardInterrupt:  # the terminal sent it to the executable as well
            pass
    if process.returncode < 0:
        print('[ros2run]:', signal.strsignal(-process.returncode))
    elif process.returncode > 0:
        print('[ros2run]:', f'Process exited with failure {process.returncode}')
    return process.returncode
