# SPDX-License-Identifier: Apache-2.0
"""AP of the networks in Table 2, from the code of the evaluate command."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
import math
from typing import Any

from discinst_ros.benchmark.contender import Contender
from discinst_ros.benchmark.options import counts, Size, size_range
from discinst_ros.data.drawn import COUNT
from discinst_ros.data.sample import Sample
from discinst_ros.evaluation.classes import match_classes
from discinst_ros.evaluation.evaluate import evaluate
from discinst_ros.evaluation.source import Source
from discinst_ros.inference.preprocess import working_size
from discinst_ros.model_config import SMALLEST_PX
import torch

#: Figure of an evaluation by the metric's name.
AP = {'cityscapes': 'ap', 'coco': 'coco_ap'}


def open_data(options: argparse.Namespace) -> Source | None:
    """
    Open what the AP is measured on, and check what is asked of it.

    :raises ValueError: where it cannot be used.
    """
    if options.images is not None:
        counts('--images', [options.images])
    if not options.data:
        return None
    source = Source.open(options.data, count=options.images or COUNT, format=options.format,
                         split=options.split)
    if options.class_name and options.class_name not in source.class_names[1:]:
        raise ValueError(f"--class-name '{options.class_name}' is no class of the data, which has "
                         f'{", ".join(source.class_names[1:])}')
    if options.class_name and options.metric != 'cityscapes':
        raise ValueError('--class-name goes with --metric cityscapes only')
    return source


def check_classes(taking_part: Sequence[Contender], source: Source,
                  class_name: str | None) -> None:
    """
    Check, before anything is measured, that networks with a checkpoint can be scored on data.

    :param class_name: of the data, whose AP alone is asked for.
    :raises ValueError: where classes do not match, or a network does not tell them apart.
    """
    for one in taking_part:
        if one.checkpoint is None:
            continue
        names = one.model.config.class_names
        match = match_classes(names, source.class_names)
        if class_name and match.agnostic and len(source.class_names) > 2:
            raise ValueError(f"--class-name '{class_name}' means nothing for '{one.checkpoint}', "
                             f"which knows one class only ('{names[1]}') and so is scored "
                             'without classes; leave --class-name out, or give weights that '
                             'know several')


def check_sizes(sizes: Sequence[Size]) -> None:
    """
    Check that images can be reduced to these sizes.

    :raises ValueError: for a size below what an image can be reduced to.
    """
    for size in sizes:
        if max(size.width, size.height) < SMALLEST_PX:
            raise ValueError(f'--sizes {size}: with --data, {SMALLEST_PX} pixels or more of the '
                             'longer side')


def notes_of(rows: Sequence[Mapping[str, Any]], taking_part: Sequence[Contender]) -> list[str]:
    """Return what has to be known of the AP: what is left out, and images of another size."""
    seen = {row['size']: row['ap_size'] for row in rows if 'ap_size' in row}
    return [f'AP of {one.name}: with true semantics only, its checkpoint was trained for '
            f'{one.model.trained} alone' for one in taking_part
            if one.checkpoint and not one.finds_objects] + [
        f'AP at {size}: of images at {own}, reduced to the longer side of the size, never enlarged'
        for size, own in seen.items() if own != size]


def accuracy(contender: Contender, size: Size, source: Source, options: argparse.Namespace,
             device: torch.device) -> dict[str, Any]:
    """
    Return the AP of a trained network that sees images reduced to the longer side of a size.

    Beside it stands the size that it saw them at.
    """
    segmenter = contender.segmenter(device, max(size.width, size.height))
    classes = match_classes(segmenter.class_names, source.class_names)
    seen: list[tuple[int, int]] = []

    def samples() -> Iterator[Sample]:
        for sample in islice(source, options.images):
            height, width = sample.image.shape[:2]
            seen.append(working_size(height, width, segmenter.config))
            yield sample

    report = evaluate(samples(), segmenter, metrics=[options.metric], classes=classes,
                      true_semantics=True)
    assert report.true_semantics is not None
    # Classes that nobody trained have no AP.
    figures = {'ap': report.figures if contender.finds_objects else {},
               'ap_gt': report.true_semantics}
    return {**{name: figure_of(some, AP[options.metric], options.class_name, source.class_names)
               for name, some in figures.items()},
            'images': len(report.images), 'ap_size': size_range(seen)}


def figure_of(figures: Mapping[str, float], name: str, class_name: str | None,
              class_names: Sequence[str]) -> float | None:
    """
    Return an AP of an evaluation, None where it has no value.

    :param figures: of the evaluation; 'ap:2' is the AP of class 2, where that occurs.
    :param name: of the AP.
    :param class_name: whose AP it is to be; None for the average over all.
    :param class_names: of the data, index = class id.
    """
    if class_name is not None and len(class_names) > 2:
        name += f':{class_names.index(class_name)}'
    value = figures.get(name, math.nan)
    return None if math.isnan(value) else float(value)
