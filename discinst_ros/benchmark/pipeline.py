# SPDX-License-Identifier: Apache-2.0
"""
Where the time goes on the way from image to instances.

Every image runs through InstanceSegmenter, the code of the node, which notes its stages:
preprocess, network, clustering (with scores and label image) and poses (where there is depth). An
outer stopwatch around the whole call stands beside their sum.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
from discinst_ros.benchmark.hardware import hardware
from discinst_ros.benchmark.memory import lowering
from discinst_ros.benchmark.options import (
    add_common,
    counts,
    prepare,
    settings,
    Size,
    size_range,
)
from discinst_ros.benchmark.results import picture, Results
from discinst_ros.benchmark.timing import Clock, clock_of, interleaved, Run, seconds_of, Timing
from discinst_ros.data.dataset import AUTO, Dataset, is_named, open_dataset
from discinst_ros.data.drawn import FIRST_SEED
from discinst_ros.data.formats import FORMATS
from discinst_ros.data.image_files import IMAGE_ENDINGS
from discinst_ros.data.sample import Sample
from discinst_ros.inference.image_paths import find_images, ImageFiles
from discinst_ros.inference.model import Model
from discinst_ros.inference.preprocess import working_size
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.resources import default_checkpoint
from discinst_ros.scenes import SCENE_KINDS
from discinst_ros.writable import path_of
import numpy as np

#: Sizes that scenes are drawn at.
_SIZES = ('320x240', '640x480')
#: The outer stopwatch, and the sum of the stages, among the parts that are timed.
WHOLE, SUM = 'whole call', 'sum of stages'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument('data', nargs='?', default='sticks',
                        help=f'drawn scenes ({", ".join(SCENE_KINDS)}), tote, or on disk a '
                        'dataset, a picture or a folder of pictures (%(default)s)')
    parser.add_argument('--format', choices=(AUTO, *FORMATS), default=AUTO,
                        help='of images on disk (%(default)s)')
    parser.add_argument('--split', help='train, val and so on, as the format has them')
    parser.add_argument('--images', type=int, default=5, metavar='N',
                        help='so many, the first ones (%(default)s)')
    parser.add_argument('--sizes', nargs='+', metavar='WxH',
                        help=f'of the images ({" ".join(_SIZES)}; those of a dataset as they are)')
    parser.add_argument('--checkpoint', type=path_of, help='default: the shipped weights, those '
                        'for images without depth')
    parser.add_argument('--full-size', action='store_true',
                        help='show the network whole images, whatever longer side the checkpoint '
                        'reduces them to')
    add_common(parser, seconds=30, what='all images at all sizes', clock=False)


def run(options: argparse.Namespace) -> None:
    """
    Measure and report.

    :raises ValueError: for an option, a dataset or a checkpoint that cannot be used.
    """
    counts('--images', [options.images])
    default = _SIZES if options.data in SCENE_KINDS else ()
    sizes = [Size.parse(text) for text in options.sizes or default]
    device = prepare(options)
    checkpoint = options.checkpoint or default_checkpoint()
    model = Model.from_checkpoint(checkpoint)
    for output in ('embedding', 'semantics'):
        model.refuse_untrained(checkpoint, output, 'give one that was trained for both')
    config = replace(model.config, long_side_px=None) if options.full_size else model.config
    segmenter = InstanceSegmenter(model.network, config, str(device))
    rows: list[dict[str, Any]] = []
    with lowering('lower --sizes'):
        images = ({str(size): samples(options, size) for size in sizes}
                  or {'as it is': samples(options, None)})
        for name, timings in measure(images, segmenter, options.seconds).items():
            seen = [working_size(sample.image.shape[0], sample.image.shape[1], config)
                    for sample in images[name]]
            ratios = np.divide(timings[SUM].samples_s, timings[WHOLE].samples_s)
            rows.append({'size': name, 'network_size': size_range(seen),
                         'images': len(images[name]), 'sum_of_whole': float(np.median(ratios)),
                         'parts': {part: {**timing.as_json(), 'text': str(timing)}
                                   for part, timing in timings.items()}})
    results = Results('pipeline', hardware(device), settings(options), rows, [
        f'milliseconds: median [quartiles] over {len(next(iter(images.values())))} images, each '
        'as often as the others', 'clustering holds the scores and the label image, too',
        'the medians of the parts need not add up to that of the sum'])
    parts = list(rows[0]['parts'])
    print(results.text(['size', 'network sees', *parts, 'sum / whole'],
                       [_cells(row, parts) for row in rows]))
    if options.json:
        results.write_json(options.json)
    if options.picture:
        _draw(options.picture, rows)


def samples(options: argparse.Namespace, size: Size | None) -> list[Sample]:
    """
    Return the images that the command line names, at a size.

    :param size: None for the one they have.
    """
    if options.data in SCENE_KINDS:
        assert size is not None
        scenes = open_dataset(options.data, format=options.format, split=options.split,
                              first_seed=FIRST_SEED + options.seed, count=options.images,
                              width=size.width, height=size.height)
        return [scenes[index] for index in range(len(scenes))]
    dataset = _pictures(options)
    if dataset is None:
        dataset = open_dataset(options.data, format=options.format, split=options.split)
    found = [dataset[index] for index in range(min(options.images, len(dataset)))]
    return found if size is None else [resized(sample, size) for sample in found]


def _pictures(options: argparse.Namespace) -> Dataset | None:
    """Return pictures of no dataset, as the segment command takes them; None for anything else."""
    path = path_of(options.data)
    if is_named(options.data) or options.format != AUTO or options.split is not None:
        return None
    files = [path] if path.is_file() else path.iterdir() if path.is_dir() else []
    if (not any(file.suffix.lower() in IMAGE_ENDINGS for file in files)
            or any(one.fits(path) for one in FORMATS.values())):
        return None
    return ImageFiles(find_images([path]))


def resized(sample: Sample, size: Size) -> Sample:
    """Return image, depth and camera of a sample at another size; the labels are left out."""
    shape = (size.width, size.height)
    image = cv2.resize(sample.image, shape, interpolation=cv2.INTER_AREA)
    depth = (None if sample.depth is None
             else cv2.resize(sample.depth, shape, interpolation=cv2.INTER_NEAREST))
    camera = sample.intrinsics and sample.intrinsics.scaled_to(*shape)
    return Sample(sample.name, image, depth=depth, intrinsics=camera)


def measure(images: Mapping[str, Sequence[Sample]], segmenter: InstanceSegmenter, seconds: float
            ) -> dict[str, dict[str, Timing]]:
    """
    Return the times of all stages, of their sum and of the whole call, for each set of images.

    :param images: by any name; all images of all sets take turns, and those of a set count alike,
        however fast they are.
    """
    clock = clock_of(segmenter.device)
    runs = {(name, index): stages(segmenter, sample, clock)
            for name, some in images.items() for index, sample in enumerate(some)}
    timings = interleaved(runs, seconds=seconds)
    return {name: pooled([timings[name, index] for index in range(len(some))])
            for name, some in images.items()}


def pooled(timings: Sequence[Mapping[str, Timing]]) -> dict[str, Timing]:
    """Return the times of all images together, as many of each as of the one with fewest."""
    least = min(len(timing.samples_s) for parts in timings for timing in parts.values())
    return {part: Timing(tuple(seconds for parts in timings
                               for seconds in parts[part].samples_s[:least]))
            for part in timings[0]}


def stages(segmenter: InstanceSegmenter, sample: Sample, clock: Clock) -> Run:
    """Return a competitor that segments an image and tells its stages, sum and whole."""
    def once() -> dict[str, float]:
        laps: dict[str, float] = {}

        def call() -> None:
            found = segmenter(sample.image, sample.depth, sample.intrinsics)
            laps.update(found.timings_s)

        whole = seconds_of(call, clock)
        return {**laps, SUM: sum(laps.values()), WHOLE: whole}

    return once


def _cells(row: dict[str, Any], parts: Sequence[str]) -> list[str]:
    return [row['size'], row['network_size'], *(row['parts'][part]['text'] for part in parts),
            f'{row["sum_of_whole"]:.3f}']


def _draw(path: Path, rows: list[dict[str, Any]]) -> None:
    stages = [part for part in rows[0]['parts'] if part not in (SUM, WHOLE)]
    with picture(path, 1, (7, 1.2 + 0.5 * len(rows))) as axes:
        ends = np.zeros(len(rows))
        for stage in stages:
            widths = np.array([1e3 * row['parts'][stage]['median_s'] for row in rows])
            axes.barh([row['size'] for row in rows], widths, left=ends, label=stage)
            ends += widths
        axes.set(xlabel='milliseconds, medians')
        axes.invert_yaxis()
        axes.legend(frameon=False, ncols=len(stages), loc='lower center',
                    bbox_to_anchor=(0.5, 1.0))
