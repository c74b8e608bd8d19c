# SPDX-License-Identifier: Apache-2.0
"""
Weights beside segmentation without a network, on the same images, with an interval.

The other side sees depth alone: the table is removed and what stands on it is cut at depth steps
and concave creases (discinst_ros.classical). Both are scored as evaluate scores, and the interval
is that of the mean difference over images drawn anew, with replacement (paired bootstrap).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
import math
from pathlib import Path
from typing import Any

from discinst_ros.benchmark.bootstrap import between, CONFIDENCE, draw_again
from discinst_ros.classical import segment_classically
from discinst_ros.data.dataset import AUTO
from discinst_ros.data.drawn import COUNT, FIRST_SEED
from discinst_ros.data.formats import FORMATS
from discinst_ros.data.sample import ignoring_holes, Sample
from discinst_ros.evaluation.comparison import compare
from discinst_ros.evaluation.overlap_boundary import OverlapBoundary
from discinst_ros.evaluation.report import as_text
from discinst_ros.evaluation.source import Source
from discinst_ros.inference.regions import as_instances
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.json_file import write_json
from discinst_ros.resources import default_depth_checkpoint
from discinst_ros.writable import path_of
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Difference:
    """One figure of both sides; means over images."""

    weights: float
    classical: float
    #: Interval of the difference, weights minus classical.
    low: float
    high: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument('data', nargs='+', help='as of evaluate; images need depth and camera')
    parser.add_argument('--checkpoint', type=path_of, help='default: the shipped weights, those '
                        'for images with depth')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (%(default)s)')
    parser.add_argument('--format', choices=(AUTO, *FORMATS), default=AUTO,
                        help='of labelled images on disk (%(default)s)')
    parser.add_argument('--split', help='train, val and so on, as the format has them; all')
    parser.add_argument('--count', type=int, default=COUNT, help='drawn scenes (%(default)s)')
    parser.add_argument('--first-seed', type=int, default=FIRST_SEED,
                        help='of the drawn scenes (%(default)s)')
    parser.add_argument('--ignore-holes', action='store_true',
                        help='pixels without depth count for nobody: where labels were made from '
                        'depth, weights that see colour would be wrong there by being right')
    parser.add_argument('--no-creases', action='store_true',
                        help='cut at depth steps only')
    parser.add_argument('--json', type=path_of, help='write the figures here')


def run(options: argparse.Namespace) -> None:
    """
    Score both and print them side by side.

    :raises ValueError: where data, a checkpoint or a device cannot be used.
    """
    source = Source.open(options.data, first_seed=options.first_seed, count=options.count,
                         format=options.format, split=options.split)
    checkpoint = options.checkpoint or default_depth_checkpoint()
    segmenter = InstanceSegmenter.from_checkpoint(checkpoint, options.device)
    found = measure(source, segmenter, ignore_holes=options.ignore_holes,
                    creases=not options.no_creases)
    print(as_text([
        [f'means over {sum(map(len, source.sets))} images', Path(checkpoint).stem, 'classical',
         'difference', f'{CONFIDENCE:.0%} from', 'to'],
        *([OverlapBoundary.meaning[name], f'{one.weights:.3f}', f'{one.classical:.3f}',
           f'{one.weights - one.classical:+.3f}', f'{one.low:+.3f}', f'{one.high:+.3f}']
          for name, one in found.items())]))
    if options.json:
        write_json(options.json, {name: vars(one) for name, one in found.items()})


def measure(samples: Iterable[Sample], segmenter: InstanceSegmenter, *,
            ignore_holes: bool = False, creases: bool = True) -> dict[str, Difference]:
    """
    Score the weights and the classical method on the same images.

    :param samples: with labels, depth and intrinsics.
    :param segmenter: holds the weights.
    :param ignore_holes: leave pixels without depth out.
    :param creases: whether the classical method cuts at them.
    :return: by the names of :class:`OverlapBoundary`.
    :raises ValueError: where a sample lacks something, or there is none.
    """
    settings: dict[str, Any] = {} if creases else {'crease_px': 0}
    ours, theirs = OverlapBoundary(), OverlapBoundary()
    for sample in samples:
        depth, camera = sample.depth, sample.intrinsics
        if depth is None or camera is None:
            raise ValueError(f"sample '{sample.name}' has no depth or no camera, without which "
                             'there is nothing for the classical method to see')
        if ignore_holes:
            sample = ignoring_holes(sample)
        seen = segmenter(sample.image, depth, camera)
        ours.add(compare(sample, seen, class_agnostic=True))
        labels = segment_classically(depth, camera, **settings)
        theirs.add(compare(sample, as_instances(labels.astype(np.uint16)), class_agnostic=True))
    if not ours.per_image['overlap_f']:
        raise ValueError('there are no images to score')
    found = {}
    for name, value in ours.figures().items():
        difference = np.subtract(ours.per_image[name], theirs.per_image[name])
        found[name] = Difference(value, theirs.figures()[name], *interval(difference))
    return found


def interval(values: npt.NDArray[np.float64], *, seed: int = 0) -> tuple[float, float]:
    """
    Return the bootstrap interval of a mean.

    :param values: (N,), NaN where there is none; of fewer than two there is no interval.
    :param seed: the same values give the same interval.
    """
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return math.nan, math.nan
    return between(known[draw_again(len(known), seed=seed)].mean(axis=1))
