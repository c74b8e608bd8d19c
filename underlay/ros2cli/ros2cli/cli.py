# SPDX-License-Identifier: Apache-2.0
"""The command ``ros2``."""

import argparse
import signal
import sys
from typing import NoReturn

from . import launch, run, topic


class Parser(argparse.ArgumentParser):
    """Refuses an option by naming the package that may have it."""

    package = 'ros2cli'

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f'{self.prog}: {message}; this stand-in for machines without ROS knows only '
                     f"what --help shows, install ROS 2's {self.package} package for the rest.\n")


def main(argv: list[str] | None = None) -> int | str | None:
    """Run a ros2 command; return its exit code, or the text of its error."""
    argv = sys.argv[1:] if argv is None else argv
    if argv and not argv[0].startswith('-') and argv[0] not in ('launch', 'run', 'topic'):
        return (f"'ros2 {argv[0]}' is not in this stand-in for machines without ROS; "
                f"install ROS 2's ros2{argv[0]} package to use it.")
    Parser.package = f"ros2{argv[0] if argv else 'cli'}"
    parser = Parser(prog='ros2', description='The ros2 command, for machines without ROS.')
    commands = parser.add_subparsers(metavar='COMMAND', required=True)
    for command in (launch, run, topic):
        command.add_to(commands)
    args = parser.parse_args(argv)
    try:
        return args.main(args)
    except KeyboardInterrupt:
        return signal.SIGINT
    except (RuntimeError, ValueError) as error:
        return str(error)
