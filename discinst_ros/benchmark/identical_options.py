# SPDX-License-Identifier: Apache-2.0
"""Options of the study of copies, checked before anything is measured."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from discinst_ros.data.image_files import IMAGE_ENDINGS
from discinst_ros.networks import NETWORKS
from discinst_ros.scenes import FIRST_TRAINING_SEED
from discinst_ros.scenes.copies import LAYOUTS, pitch_for
from discinst_ros.writable import path_of

#: Scenes from here on are looked at; training draws others.
FIRST_SEED = 70_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument('--checkpoint', type=path_of, nargs='+',
                        help='trained weights (the shipped drawn-rgb, unless --untrained is given)'
                        )
    parser.add_argument('--untrained', nargs='+', choices=tuple(NETWORKS), default=(),
                        help='networks to look at before they have learned, with coordinates and '
                        'without')
    parser.add_argument('--copies', type=int, nargs='+', default=[10, 30, 60],
                        help='in a scene (10 30 60)')
    parser.add_argument('--layouts', nargs='+', choices=LAYOUTS, default=list(LAYOUTS),
                        help=f'({" ".join(LAYOUTS)})')
    parser.add_argument('--scenes', type=int, default=10,
                        help='of each layout and number of copies (%(default)s)')
    parser.add_argument('--width', type=int, default=320, help='pixels (%(default)s)')
    parser.add_argument('--height', type=int, default=240, help='pixels (%(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='other scenes, and other networks '
                        'before they have learned (%(default)s)')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (%(default)s)')
    parser.add_argument('--json', type=path_of, help='write all figures here')
    parser.add_argument('--picture', type=path_of, help='draw a scene of each layout with what '
                        f'each checkpoint finds, here ({", ".join(IMAGE_ENDINGS)})')


def check(options: argparse.Namespace) -> None:
    """
    Refuse what cannot be measured or drawn, before minutes go by.

    :raises ValueError: naming the option and what it has to be.
    """
    for name, value, least in (('width', options.width, 32), ('height', options.height, 32),
                               ('scenes', options.scenes, 1), ('copies', min(options.copies), 2)):
        if value < least:
            raise ValueError(f'--{name} is {value}, expected {least} or more')
    most = FIRST_TRAINING_SEED - FIRST_SEED
    if options.scenes > most:
        raise ValueError(f'--scenes is {options.scenes}, expected 1 to {most}, behind which are '
                         'scenes of trainings')
    last = most // options.scenes - 1
    if not 0 <= options.seed <= last:
        raise ValueError(f'--seed is {options.seed}, expected 0 to {last}, behind which are '
                         'scenes of trainings')
    if set(options.layouts) - {'bin'}:
        pitch_for(max(options.copies), options.width, options.height)
    if options.picture and options.picture.suffix.lower() not in IMAGE_ENDINGS:
        raise ValueError(f"--picture '{options.picture}': expected a file that ends in "
                         f'{", ".join(IMAGE_ENDINGS)}')


def named(paths: Sequence[Path]) -> dict[str, Path]:
    """
    Return checkpoints by what tells them apart: a run's folder, or the file's own name.

    Where that is one name for several, each has its whole path.

    :raises ValueError: where one is given twice.
    """
    short = [path.parent.name if path.stem in ('best', 'last') else path.stem for path in paths]
    found: dict[str, Path] = {}
    for path, name in zip(paths, short):
        if path.resolve() in [one.resolve() for one in found.values()]:
            raise ValueError(f"--checkpoint '{path}' is given twice")
        found[name if name and short.count(name) == 1 else str(path)] = path
    return found
