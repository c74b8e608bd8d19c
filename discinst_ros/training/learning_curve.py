# SPDX-License-Identifier: Apache-2.0
"""
The learning_curve command: it shows how many labelled images are enough.

The same training from 5, 10, 20 and 50 images, each scored on images that none of them saw.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import suppress
import json
from pathlib import Path
import sys
from typing import Any

from discinst_ros.commands import TERMINATED
from discinst_ros.data.dataset import AUTO, open_dataset
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.reader_options import add_reader_options, reader_options
from discinst_ros.evaluation.source import Source
from discinst_ros.json_file import write_json
from discinst_ros.resources import find_shipped
from discinst_ros.training.apart import same_path
from discinst_ros.training.cli import train
from discinst_ros.training.curve_scores import FIGURES, score, scores_of, scores_path
from discinst_ros.training.errors import sentence
from discinst_ros.visualization.learning_curve import draw_learning_curve
from discinst_ros.writable import check_writable, path_of
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.utilities.exceptions import SIGTERMException
import yaml

_EPILOG = """\
example:
  learning_curve my_images --test other_images --out runs/curve -- --config config/finetune.yaml
trains runs/curve/5, runs/curve/10 and so on, scores each on other_images, and writes
runs/curve/curve.json and curve.png. What is there already is not trained again. All after -- goes
to the train command.
"""


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog='learning_curve', usage='%(prog)s DATA --test TEST --out OUT [--images N ...] '
        '[-- TRAIN_OPTIONS]', description='Train on more and more labelled images.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data', help='labelled images to train on')
    parser.add_argument('--test', required=True, help='labelled images to score with')
    parser.add_argument('--images', type=int, nargs='+', default=[5, 10, 20, 50],
                        help='numbers of images (5 10 20 50)')
    parser.add_argument('--out', type=path_of, required=True, help='folder to write to')
    parser.add_argument('--test-split', metavar='SPLIT', help='of TEST, as --split is of DATA')
    add_reader_options(parser, images='--image-folder')
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options, ``training`` among them: what comes after --."""
    own = list(arguments)
    end = own.index('--') if '--' in own else len(own)
    options = make_parser().parse_args(own[:end])
    options.training = own[end + 1:]
    return options


def run(options: argparse.Namespace) -> dict[int, dict[str, float]]:
    """
    Train and score what is not there yet; return the figures by the number of images.

    :return: 0 stands for the weights that the trainings start from, where there are such.
    :raises ValueError: where data, settings or a checkpoint cannot be used.
    """
    if min(options.images) < 2:
        raise ValueError(f'--images is {min(options.images)}, expected 2 or more: one to train on '
                         'and one to validate with')
    _refuse_seen(options)
    reading = {'format': options.format, 'split': options.test_split, **reader_options(options)}
    check_writable(options, folders=['out'])  # all that can be told before hours of training
    Source.open([options.test], **reading)
    _refuse_too_many(options)
    options.out.mkdir(parents=True, exist_ok=True)
    curve: dict[int, dict[str, float]] = {}
    for count in sorted(options.images):
        folder = _folder(options, count)
        if not scores_path(folder).is_file():
            unfinished = ['--resume'] if (folder / 'last.ckpt').is_file() else []
            train([*options.training, *_data(options), '--data.images', str(count),
                   '--out', str(folder), *unfinished])
        curve[count] = scores_of(folder, options.test, **reading)
    curve = {**_at_the_start(options, reading), **curve}
    write_json(options.out / 'curve.json', {str(count): row for count, row in curve.items()})
    draw_learning_curve(curve, FIGURES).savefig(options.out / 'curve.png', dpi=120)
    return curve


def _refuse_seen(options: argparse.Namespace) -> None:
    """
    Refuse to score with images that are trained on.

    :raises ValueError: where both are the same.
    """
    parts = options.split, options.test_split
    if same_path(options.data, options.test) and (None in parts or parts[0] == parts[1]):
        raise ValueError(f"--test is '{options.test}', which is trained on, so that its scores "
                         'would say nothing; give other images, or two parts of these as --split '
                         'and --test-split')


def _refuse_too_many(options: argparse.Namespace) -> None:
    left = [count for count in options.images
            if not scores_path(_folder(options, count)).is_file()]
    with suppress(FolderError):  # a recipe may know how to read them; if not, training tells
        have = len(open_dataset(options.data, format=options.format, split=options.split,
                                **reader_options(options)))
        if max(left, default=0) > have:
            raise ValueError(f"--images is {max(left)}, but '{options.data}' has {have}; give "
                             'numbers up to that')


def _folder(options: argparse.Namespace, count: int) -> Path:
    """Return the folder of the training from so many images."""
    return Path(options.out / str(count))


def _data(options: argparse.Namespace) -> list[str]:
    """Return what the train command is to be given of the data."""
    given = {'format': None if options.format == AUTO else options.format,
             'split': options.split,
             'options': json.dumps(reader_options(options)) if reader_options(options) else None}
    return ['--data.train', options.data, *(
        part for name, value in given.items() if value is not None
        for part in (f'--data.{name}', value))]


def _at_the_start(options: argparse.Namespace,
                  reading: Mapping[str, Any]) -> dict[int, dict[str, float]]:
    """Return the figures of the weights that the trainings started from, if from any."""
    settings = [path for count in sorted(options.images)
                if (path := _folder(options, count) / 'config.yaml').is_file()]
    start = yaml.safe_load(settings[0].read_text())['model']['start_from'] if settings else None
    if start is None:
        return {}
    try:
        return {0: score(find_shipped(start), options.test, **reading)}
    except ValueError as error:  # of other classes, say: what was trained is there all the same
        print(f'learning_curve: weights at the start are not scored: {sentence(error)}',
              file=sys.stderr)
        return {}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    try:
        curve = run(parse(sys.argv[1:] if arguments is None else arguments))
    except (ValueError, OSError, MisconfigurationException) as error:
        print(f'learning_curve: {sentence(error)}', file=sys.stderr)
        return 1
    except SIGTERMException:
        print('learning_curve: stopped by a termination signal; the same command goes on',
              file=sys.stderr)
        return TERMINATED
    print(f'{"images":>10}' + ''.join(f'{name:>12}' for name in FIGURES))
    for count, figures in curve.items():
        print(f'{count:>10}' + ''.join(f'{figures[name]:>12.3f}' for name in FIGURES))
    return 0


if __name__ == '__main__':
    sys.exit(main())
