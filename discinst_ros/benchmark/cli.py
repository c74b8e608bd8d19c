# SPDX-License-Identifier: Apache-2.0
"""The benchmark command: one subcommand per question, each in a module of its own."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import sys
from types import ModuleType

from discinst_ros.benchmark import (
    classical,
    clustering,
    identical,
    loss,
    occlusion,
    picking,
    pipeline,
    table2,
)
from discinst_ros.writable import check_writable

#: Every subcommand and its module, which has ``add_arguments(parser)``, ``run(options)`` and a
#: docstring whose first line is its help. ``run`` raises ValueError or OSError with one sentence.
SUBCOMMANDS: dict[str, ModuleType] = {
    'table2': table2,
    'clustering': clustering,
    'loss': loss,
    'pipeline': pipeline,
    'occlusion': occlusion,
    'identical': identical,
    'classical': classical,
    'picking': picking,
}

#: Options of the subcommands that name a file to write, and a folder.
_FILES, _FOLDERS = ('json', 'picture', 'film'), ('out',)

_EPILOG = """\
examples:
  benchmark table2                                       every network at 512x256
  benchmark table2 --sizes 512x256 768x384 1024x512 --json table2.json --picture table2.png
  benchmark table2 --data cityscapes --split val --checkpoint enet=runs/enet/best.safetensors
  benchmark clustering --picture clustering.png          beside scikit-learn
  benchmark loss --instances 5 20 60                     beside a plain loop
  benchmark pipeline my_images --device cuda             stage by stage
  benchmark occlusion --out runs/occlusion               sticks whose boxes are nearly one
  benchmark identical --scenes 4                         copies of one part
  benchmark classical my_images                          beside a method without a network
  benchmark picking --bins 8 --count 8                   bins emptied in simulation
  benchmark SUBCOMMAND --help
"""


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog='benchmark', description='Measure this package beside its peers.', epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    for name, module in SUBCOMMANDS.items():
        summary, _, rest = (module.__doc__ or '').strip().partition('\n')
        one = commands.add_parser(name, help=summary, description=f'{summary}\n{rest}',
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
        module.add_arguments(one)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = make_parser().parse_args(arguments)
    try:
        check_writable(options, files=_FILES, folders=_FOLDERS)
        SUBCOMMANDS[options.command].run(options)
    except (ValueError, OSError) as error:
        print(f'benchmark: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
