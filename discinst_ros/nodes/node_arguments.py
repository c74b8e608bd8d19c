# SPDX-License-Identifier: Apache-2.0
"""The command line of a node: ROS arguments, and ``--help`` with its parameters."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
import sys

from discinst_ros.nodes.parameter_spec import Spec
from rclpy.utilities import remove_ros_args


def node_arguments(name: str, description: str, specs: Iterable[Spec],
                   argv: Sequence[str] | None) -> list[str]:
    """
    Return the arguments to start ROS with.

    :param argv: the arguments after the program's name, None for those of the process.
    :raises SystemExit: after ``--help``, and for arguments that cannot be.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog=name, description=description, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='parameters (--ros-args -p NAME:=VALUE):\n' + '\n'.join(
            f'  {spec.name} [{spec.default!r}]: {spec.description}' for spec in specs))
    try:
        others = remove_ros_args([name, *arguments])[1:]
    except RuntimeError as error:
        parser.error(f'bad ROS arguments: {error}')
    parser.parse_args(others)
    return [name, *arguments]
