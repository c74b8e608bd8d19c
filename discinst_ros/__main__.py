# SPDX-License-Identifier: Apache-2.0
"""Run a command without the ros2 tool: ``python -m discinst_ros NAME``."""

from __future__ import annotations

from collections.abc import Sequence
import sys

from discinst_ros.commands import COMMANDS, run


def main(arguments: Sequence[str]) -> int:
    """Run the command that the first argument names; return its exit code."""
    name = arguments[0] if arguments else '--help'
    if name in ('-h', '--help'):
        print(f'usage: python -m discinst_ros {{{",".join(COMMANDS)}}} [--help] ...')
        return 0 if arguments else 2
    sys.argv = [f'discinst_ros {name}', *arguments[1:]]
    return run(name, list(arguments[1:]))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
