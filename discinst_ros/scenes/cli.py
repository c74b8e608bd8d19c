# SPDX-License-Identifier: Apache-2.0
"""The make_scenes command: drawn scenes as a folder of images, labels, depth and intrinsics."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from discinst_ros.data.folder import write_sample
from discinst_ros.scenes import draw_scene, FIRST_TRAINING_SEED, SCENE_KINDS
from tqdm import tqdm

_EPILOG = """\
example:
  make_scenes --kind sticks --count 20 --out sticks
writes sticks/sticks-0-color.png, -label.png, -depth.png, -camera.json and so on; replay_camera,
segment and evaluate read the folder.
"""


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog='make_scenes', description='Draw scenes with true ids and depth.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True, help='folder to write to')
    parser.add_argument('--kind', choices=SCENE_KINDS, default='sticks', help='(%(default)s)')
    parser.add_argument('--count', type=int, default=20, help='number of scenes (%(default)s)')
    parser.add_argument('--seed', type=int, default=0,
                        help='of the first scene, the others follow (%(default)s); training '
                        f'draws {FIRST_TRAINING_SEED} and above')
    parser.add_argument('--width', type=int, default=320, help='pixels (%(default)s)')
    parser.add_argument('--height', type=int, default=240, help='pixels (%(default)s)')
    return parser


def run(options: argparse.Namespace) -> int:
    """
    Draw the scenes that are asked for and return their number.

    :raises ValueError: for numbers that make no scene.
    """
    if options.count < 1 or options.seed < 0:
        raise ValueError(f'--count {options.count} --seed {options.seed}: expected 1 or more '
                         'scenes from seed 0 or more')
    if min(options.width, options.height) < 32:
        raise ValueError(f'{options.width}x{options.height} pixels are too few; give 32x32 or '
                         'more')
    for seed in tqdm(range(options.seed, options.seed + options.count), unit='scene'):
        write_sample(options.out, draw_scene(options.kind, seed, options.width, options.height))
    return int(options.count)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = make_parser().parse_args(arguments)
    try:
        print(f'{run(options)} scenes in {options.out}')
    except (ValueError, OSError) as error:
        print(f'make_scenes: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
