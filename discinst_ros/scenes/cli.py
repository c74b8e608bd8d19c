# SPDX-License-Identifier: Apache-2.0
"""The make_scenes command: scenes as a folder of images, labels, depth and intrinsics."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import os
import sys

from discinst_ros.data.folder import write_sample
from discinst_ros.optional import MissingPackage
from discinst_ros.scenes import draw_scene, FIRST_TRAINING_SEED, SCENE_KINDS
from discinst_ros.scenes.output import check_output, HEAPS
from discinst_ros.writable import check_writable, path_of
from tqdm import tqdm

#: Heaps below are for looking and measuring; those of the shipped weights' training begin at
#: 333,333.
FIRST_TRAINING_HEAP = 300_000
#: Bounds of the options: far more than a disk or a memory holds is a slip of the hand.
MOST_SCENES, LEAST_SIDE_PX, MOST_PIXELS, MOST_WORKERS = 10_000_000, 32, 2 ** 26, 1024
#: Options that only heaps have.
_OF_HEAPS = ('views', 'shapes', 'place', 'emptied', 'classes', 'ideal', 'workers')
_EPILOG = """\
examples:
  make_scenes --count 100 --out heaps
  make_scenes --kind sticks --count 20 --out my_sticks
writes heaps/heaps-0-color.png, -label.png, -depth.png, -camera.json and so on; replay_camera,
segment and evaluate read the folder. Of heaps also -class.png, -truth.json (poses, occlusions) and
contact_sheet.jpg; what is there already is kept, so a run that was stopped goes on. Heaps need
MuJoCo (pip install mujoco), the drawn kinds need nothing.
"""


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog='make_scenes', description='Make scenes with true ids and depth.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=path_of, required=True, help='folder to write to')
    parser.add_argument('--kind', choices=(*SCENE_KINDS, HEAPS),
                        default=HEAPS, help='drawn, or heaps made by physics (%(default)s)')
    parser.add_argument('--count', type=int, default=20, help='number of scenes (%(default)s)')
    parser.add_argument('--seed', type=int, default=0,
                        help='of the first scene, the others follow (%(default)s); for looking '
                        f'and measuring below {FIRST_TRAINING_SEED}, of heaps below '
                        f'{FIRST_TRAINING_HEAP} times VIEWS; above is for training')
    parser.add_argument('--width', type=int, default=320, help='pixels (%(default)s)')
    parser.add_argument('--height', type=int, default=240, help='pixels (%(default)s)')
    heaps = parser.add_argument_group('of heaps')
    heaps.add_argument('--views', type=int, default=5,
                       help='pictures of each heap (%(default)s); frame n shows heap n / VIEWS')
    heaps.add_argument('--shapes', default='training',
                       choices=('training', 'held_out', 'all', 'groceries', 'bags', 'goods',
                                'sheets', 'hardware'),
                       help='families of objects (%(default)s); groceries and bags: some of '
                       'those of training, cartons or bags above all; goods: small shipments; '
                       'sheets: leaflets on bags; hardware: parts of a workshop')
    heaps.add_argument('--place', choices=('table', 'bin', 'tote', 'moulded'),
                       help='where all of them lie (by chance)')
    heaps.add_argument('--emptied', action='store_true',
                       help='take objects away from the top, as a robot does: some, all or none')
    heaps.add_argument('--classes', choices=('object', 'family'), default='object',
                       help='one class for all, or one for each family (%(default)s)')
    heaps.add_argument('--ideal', action='store_true',
                       help='leave out the faults of real cameras')
    heaps.add_argument('--workers', type=int, default=len(os.sched_getaffinity(0)),
                       help='processes (%(default)s, the cores of this machine)')
    return parser


def run(options: argparse.Namespace) -> int:
    """
    Draw the scenes that are asked for and return their number.

    :raises ValueError: for numbers that make no scene.
    """
    _check(options)
    check_writable(options, folders=('out',))
    check_output(options.out, options.kind)
    if options.kind == HEAPS:
        return _make_heaps(options)
    given = [f'--{name}' for name in _OF_HEAPS
             if getattr(options, name) != make_parser().get_default(name)]
    if given:
        raise ValueError(f'{", ".join(given)}: only of --kind {HEAPS}, and this is '
                         f'{options.kind}; leave it out')
    for seed in tqdm(range(options.seed, options.seed + options.count), unit='scene'):
        write_sample(options.out, draw_scene(options.kind, seed, options.width, options.height))
    return int(options.count)


def _check(options: argparse.Namespace) -> None:
    """
    Refuse numbers that make no scene, or more than can be.

    :raises ValueError: with the option and its bounds.
    """
    if not 1 <= options.count <= MOST_SCENES or options.seed < 0:
        raise ValueError(f'--count {options.count} --seed {options.seed}: expected 1 to '
                         f'{MOST_SCENES:,} scenes from seed 0 or more')
    width, height = options.width, options.height
    if min(width, height) < LEAST_SIDE_PX:
        raise ValueError(f'{width}x{height} pixels are too few; give {LEAST_SIDE_PX}x'
                         f'{LEAST_SIDE_PX} or more')
    if width * height > MOST_PIXELS:
        raise ValueError(f'{width}x{height} pixels are too many; give {MOST_PIXELS:,} at most')


def _make_heaps(options: argparse.Namespace) -> int:
    """Make the frames of heaps that are not there yet and return the number that is there."""
    # here, so that drawn scenes need none of it
    from discinst_ros.scenes.heaps.folder.make import make_frames
    from discinst_ros.scenes.heaps.folder.options import FrameOptions
    if options.views < 1 or not 1 <= options.workers <= MOST_WORKERS:
        raise ValueError(f'--views {options.views} --workers {options.workers}: expected 1 or '
                         f'more of each, and {MOST_WORKERS} workers at most')
    frames = range(options.seed, options.seed + options.count)
    common = FrameOptions(options.width, options.height, options.views, options.shapes,
                          not options.ideal, options.classes == 'family', options.place,
                          options.emptied)
    try:
        counts = make_frames(options.out, frames, common, workers=options.workers)
    except MissingPackage as error:
        raise MissingPackage(f'{error}; or take a drawn --kind, which needs nothing: '
                             f'{", ".join(SCENE_KINDS)}') from error
    made, there = counts.pop('made', 0), counts.pop('there', 0)
    rest = ', '.join(f'{name}: {count}' for name, count in sorted(counts.items()) if count)
    print(f'{made} made, {there} were there' + (f'; rejected {rest}' if rest else ''))
    return made + there


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = make_parser().parse_args(arguments)
    try:
        made = run(options)
    except OSError as error:
        print(f"make_scenes: '{error.filename or options.out}' cannot be written: "
              f'{error.strerror or error}; mend that, or give another --out', file=sys.stderr)
        return 1
    except MemoryError:
        print(f'make_scenes: {options.width}x{options.height} pixels need more memory than there '
              'is; make the picture smaller', file=sys.stderr)
        return 1
    except ValueError as error:
        print(f'make_scenes: {error}', file=sys.stderr)
        return 1
    print(f'{made} scenes in {options.out}')
    return 0 if made == options.count else 1


if __name__ == '__main__':
    sys.exit(main())
