# SPDX-License-Identifier: Apache-2.0
"""The evaluate command: a checkpoint and labelled images in, honest figures out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import re
import sys

from discinst_ros.data.cityscapes_submission import open_submissions
from discinst_ros.data.drawn import COUNT, FIRST_SEED
from discinst_ros.data.reader_options import reader_options
from discinst_ros.evaluation.arguments import (
    make_parser,
    PICTURES,
    refuse_seeds,
    refuse_unused,
)
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
from discinst_ros.writable import check_writable, path_of


def run(options: argparse.Namespace) -> None:
    """
    Do what the command line asks.

    :raises ValueError: where options do not go together, a pattern, data, a checkpoint or a device
        cannot be used, or what is to be written cannot be.
    """
    refuse_unused(options)
    check_writable(options, files=('json', 'calibrate'), folders=('out', 'submission'),
                   kept=_read(options))
    by = None if options.by is None else pattern_of(options.by)
    if options.score_submission:
        run_scoring(options)
        return
    source = Source.open(
        options.data, first_seed=_or(options.first_seed, FIRST_SEED),
        count=_or(options.count, COUNT), format=options.format, split=options.split,
        ignore_holes=options.ignore_holes, **reader_options(options))
    if not source.is_drawn:
        refuse_seeds(options)
    checkpoint = options.checkpoint or default_for(source)
    if options.calibrate:
        run_calibration(source, checkpoint, options)
        return
    segmenter = InstanceSegmenter.from_checkpoint(
        checkpoint, options.device, options.semantics,
        classes_given=options.true_semantics and not options.sweep)
    about = {'checkpoint': Path(checkpoint).name, 'data': ' '.join(options.data)}
    if options.sweep:
        run_sweep(source, segmenter, options, about)
    else:
        run_scores(source, segmenter, options, about, by)


def run_scores(source: Source, segmenter: InstanceSegmenter, options: argparse.Namespace,
               about: dict[str, str], by: re.Pattern[str] | None) -> None:
    """
    Score all images, print the figures, and write what is asked for.

    :param about: names of the checkpoint and of the data.
    :param by: tells the category of an image from its name.
    :raises ValueError: where classes do not match, or an image cannot be read.
    """
    classes = match_classes(segmenter.class_names, source.class_names,
                            agnostic=options.class_agnostic)
    own, true = open_submissions(options.submission, options.split, segmenter.class_names,
                                 source.class_names if options.true_semantics else None)
    report = evaluate(source, segmenter, metrics=options.metrics or tuple(METRICS),
                      classes=classes, true_semantics=options.true_semantics,
                      pictures=_or(options.pictures, PICTURES) if options.out else 0,
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
        write_report(options.out, report, _title(about), names)


def run_sweep(source: Source, segmenter: InstanceSegmenter, options: argparse.Namespace,
              about: dict[str, str]) -> None:
    """
    Try other settings, print the tables, and write what is asked for.

    :param about: names of the checkpoint and of the data.
    :raises ValueError: where an image cannot be read.
    """
    swept = sweep(source, segmenter)
    print(sweep_text(swept))
    if options.json:
        write_json(options.json, sweep_json(swept, **about))
    if options.out:
        write_sweep(options.out, swept, _title(about))


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    try:
        run(make_parser().parse_args(arguments))
    except (ValueError, OSError) as error:
        print(f'evaluate: {error}', file=sys.stderr)
        return 1
    return 0


def _read(options: argparse.Namespace) -> list[Path]:
    """Return what is read and has to stay as it is; a checkpoint may be calibrated in place."""
    return [path_of(path) for path in (
        *options.data, options.semantics, None if options.calibrate else options.checkpoint)
        if path is not None]


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _title(about: dict[str, str]) -> str:
    return f'{about["checkpoint"]} on {about["data"]}'


def _heading(true_semantics: bool, classes: ClassMatch) -> list[str]:
    kind = 'all objects of one class' if classes.agnostic else 'class by class'
    return [kind, ''] + (['true semantics'] if true_semantics else [])


if __name__ == '__main__':
    sys.exit(main())
