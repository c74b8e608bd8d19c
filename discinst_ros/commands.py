# SPDX-License-Identifier: Apache-2.0
"""
Every command of the package, by name: what ``ros2 run`` and ``python -m`` start.

Importing torch and rclpy takes seconds. Commands are started from here, a module without imports
of that kind, so that Ctrl-C in those seconds ends them as it does later: without a stack trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import difflib
from functools import partial
from importlib import import_module
from io import TextIOWrapper
import signal
import sys

#: Name of each command and the module whose ``main`` it is.
COMMANDS = {
    # image in, instances out
    'perception_node': 'discinst_ros.nodes.perception_node',
    'segment': 'discinst_ros.inference.segment_cli',
    # a camera without a camera, and what it showed
    'replay_camera': 'discinst_ros.nodes.replay_camera',
    'instance_report': 'discinst_ros.nodes.instance_report',
    # instances in, picks out
    'pick_planner': 'discinst_ros.nodes.pick_planner',
    'sim_cell': 'discinst_ros.nodes.sim_cell',
    # dataset in, weights out
    'dataset': 'discinst_ros.data.cli',
    'make_scenes': 'discinst_ros.scenes.cli',
    'train': 'discinst_ros.training.cli',
    'evaluate': 'discinst_ros.evaluation.cli',
    'learning_curve': 'discinst_ros.training.learning_curve',
    # figures beside those of others
    'benchmark': 'discinst_ros.benchmark.cli',
}
#: Exit codes after Ctrl-C and after a termination signal, as shells have them.
INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM


def run(name: str, arguments: Sequence[str] | None = None) -> int:
    """
    Run a command and return its exit code, :data:`INTERRUPTED` after Ctrl-C.

    :param name: one of :data:`COMMANDS`; any other is reported with the nearest known
        one, or all.
    :param arguments: without the program's name; None takes the process's.
    """
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f'there are {", ".join(COMMANDS)}'
        print(f"discinst_ros: no command '{name}'; {hint}", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, TextIOWrapper):  # names of files may be no text in its encoding
        sys.stdout.reconfigure(errors='backslashreplace')
    try:
        command = import_module(COMMANDS[name])
        return int(command.main(arguments))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith('discinst_ros'):
            raise
        print(f"discinst_ros: '{name}' needs the module '{error.name}', which is not installed"
              f'{"; source ROS 2 first" if "nodes" in COMMANDS[name] else ""}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def __getattr__(name: str) -> Callable[[], int]:
    """Return the entry point of a command: ``discinst_ros.commands:train`` in setup.py."""
    if name in COMMANDS:
        return partial(run, name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
