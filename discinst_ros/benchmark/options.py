# SPDX-License-Identifier: Apache-2.0
"""Options that the subcommands share, and what they are turned into."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
import math
import re
from typing import Any

from discinst_ros.benchmark.results import PICTURE_ENDINGS
from discinst_ros.benchmark.timing import clock_of, CLOCKS, PROCESS, WALL
from discinst_ros.inference.checks import choose_device
from discinst_ros.optional import needed
from discinst_ros.writable import path_of
import torch

#: Bounds of the options: torch has no room for numbers of any length.
MOST_SEED, MOST_THREADS = 2**32 - 1, 1024


@dataclass(frozen=True, order=True)
class Size:
    """Of an image, in pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """
        Read a size such as 512x256.

        :raises ValueError: where it is none.
        """
        found = re.fullmatch(r'(\d+)[x×](\d+)', text.strip())
        if not found or not int(found[1]) or not int(found[2]):
            raise ValueError(f"size '{text}': expected WIDTHxHEIGHT in pixels, 1 or more each, "
                             'such as 512x256')
        return cls(int(found[1]), int(found[2]))

    @property
    def pixels(self) -> int:
        """How many it has."""
        return self.width * self.height

    def __str__(self) -> str:
        """Return it as it is written on the command line."""
        return f'{self.width}x{self.height}'


def size_range(sizes: Sequence[tuple[int, int]]) -> str:
    """Return the size (height, width) that all have, or the smallest and the largest."""
    ordered = sorted(set(sizes), key=lambda size: (math.prod(size), size))
    ends = dict.fromkeys((ordered[0], ordered[-1]))
    return ' to '.join(f'{width}x{height}' for height, width in ends)


def add_common(parser: argparse.ArgumentParser, *, seconds: float,
               threads: int | None = None, what: str = 'each comparison',
               clock: bool = True) -> None:
    """
    Add the options that every subcommand has.

    :param seconds: default of the budget.
    :param threads: default number of CPU threads; None leaves it to torch.
    :param what: the budget is for.
    :param clock: let it be chosen, too.
    """
    parser.add_argument('--seconds', type=float, default=seconds,
                        help=f'budget of the repetitions of {what} (%(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='of all that is drawn (%(default)s)')
    parser.add_argument('--threads', type=int, default=threads,
                        help=f'of the CPU ({threads or "as many as torch takes"})')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (%(default)s)')
    if clock:
        parser.add_argument('--clock', choices=CLOCKS, default=WALL,
                            help='time that passes, or CPU time of the process, which other work '
                            'on the machine does not change; with --threads 1 (%(default)s)')
    parser.add_argument('--json', type=path_of, help='write all figures here')
    parser.add_argument('--picture', type=path_of,
                        help=f'write a picture of them here ({", ".join(PICTURE_ENDINGS)})')


def prepare(options: argparse.Namespace) -> torch.device:
    """
    Check the common options before anything is measured, and apply threads and seed.

    :return: the device to measure on.
    :raises ValueError: for an option that cannot be used.
    """
    if not (math.isfinite(options.seconds) and options.seconds >= 0):
        raise ValueError(f'--seconds is {options.seconds}, expected 0 or more')
    if not 0 <= options.seed <= MOST_SEED:
        raise ValueError(f'--seed is {options.seed}, expected 0 to {MOST_SEED}')
    if options.threads is not None:
        if not 1 <= options.threads <= MOST_THREADS:
            raise ValueError(f'--threads is {options.threads}, expected 1 to {MOST_THREADS}')
        torch.set_num_threads(options.threads)
    if options.picture:
        if options.picture.suffix.lower() not in PICTURE_ENDINGS:
            raise ValueError(f"--picture '{options.picture}': expected a file that ends in "
                             f'{", ".join(PICTURE_ENDINGS)}')
        needed('matplotlib', 'matplotlib', instead='leave --picture out')
    torch.manual_seed(options.seed)
    device = choose_device(options.device)
    clock_of(device, getattr(options, 'clock', WALL))
    return device


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options as JSON can hold them."""
    return {name: _plain(value) for name, value in vars(options).items() if name != 'command'}


def clock_note(kind: str) -> str:
    """Return what was timed, as a sentence."""
    return ('time: CPU time of the process, all threads together' if kind == PROCESS
            else 'time: as it passes, also while other work has the CPU')


def counts(name: str, values: Sequence[int]) -> Sequence[int]:
    """
    Return numbers that have to be 1 or more.

    :param name: of the option.
    :raises ValueError: where one is not.
    """
    for value in values:
        if value < 1:
            raise ValueError(f'{name} {value}: expected 1 or more')
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (int, float, bool, type(None))) else str(value)
