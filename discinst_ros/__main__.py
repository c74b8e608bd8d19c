# SPDX-License-Identifier: Apache-2.0
"""Run a command without the ros2 tool: ``python -m discinst_ros NAME``."""

from __future__ import annotations

from collections.abc import Sequence
import difflib
from importlib import import_module
import sys

#: Name of each command and the module whose ``main`` it is, as in setup.py.
COMMANDS = {
    'perception_node': 'discinst_ros.nodes.perception_node',
    'segment': 'discinst_ros.inference.segment_cli',
    'replay_camera': 'discinst_ros.nodes.replay_camera',
    'instance_report': 'discinst_ros.nodes.instance_report',
    'make_scenes': 'discinst_ros.scenes.cli',
    'dataset': 'discinst_ros.data.cli',
    'train': 'discinst_ros.training.cli',
    'evaluate': 'discinst_ros.evaluation.cli',
}


def main(arguments: Sequence[str]) -> int:
    """Run the command that the first argument names; return its exit code."""
    name = arguments[0] if arguments else '--help'
    if name in ('-h', '--help'):
        print(f'usage: python -m discinst_ros {{{",".join(COMMANDS)}}} [--help] ...')
        return 0 if arguments else 2
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1) or list(COMMANDS)
        print(f"discinst_ros: no command '{name}'; did you mean '{near[0]}'?", file=sys.stderr)
        return 2
    try:
        command = import_module(COMMANDS[name])
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith('discinst_ros'):
            raise
        print(f"discinst_ros: '{name}' needs the module '{error.name}', which is not installed"
              f'{"; source ROS 2 first" if "nodes" in COMMANDS[name] else ""}', file=sys.stderr)
        return 1
    sys.argv = [f'discinst_ros {name}', *arguments[1:]]
    return int(command.main(list(arguments[1:])))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
