# SPDX-License-Identifier: Apache-2.0
"""
The paper's Table 2 on this machine: size, speed, memory and accuracy of every network.

Parameters and FLOPs, time of the forward pass and of the whole way from image to poses, memory,
beside the figures of the paper. With --data also AP and AP with true semantics, as the evaluate
command has them, of the networks that a checkpoint is given for.

A network without a checkpoint has learned nothing, so nothing can be clustered in its output: its
image goes through the whole network, and clustering and poses work on a field made from the true
labels of the drawn scene. Speed and memory do not depend on the weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import islice
import math
from typing import Any

from discinst_ros.benchmark.contender import (
    Contender,
    contenders,
    Contest,
    FORWARD,
    parse_checkpoints,
    prepared_forward,
    stand_in_for,
    WHOLE,
)
from discinst_ros.benchmark.hardware import hardware
from discinst_ros.benchmark.memory import COUNTED, lowering, peak_memory
from discinst_ros.benchmark.options import (
    add_common,
    clock_note,
    counts,
    prepare,
    settings,
    Size,
)
from discinst_ros.benchmark.paper import SIZES, SOURCE
from discinst_ros.benchmark.results import Results
from discinst_ros.benchmark.table2_report import cells, draw, HEADING
from discinst_ros.benchmark.timing import clock_of, interleaved
from discinst_ros.data.dataset import AUTO
from discinst_ros.data.drawn import COUNT, FIRST_SEED
from discinst_ros.data.formats import FORMATS
from discinst_ros.evaluation.classes import match_classes
from discinst_ros.evaluation.evaluate import evaluate
from discinst_ros.evaluation.source import Source
from discinst_ros.networks import NETWORKS
from discinst_ros.scenes import draw_scene
import torch

#: Figure of an evaluation by the metric's name.
_AP = {'cityscapes': 'ap', 'coco': 'coco_ap'}
#: What is drawn for the timing.
_KIND = 'shapes'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument('--networks', nargs='+', default=list(NETWORKS), metavar='NAME',
                        help=f'those that take part ({" ".join(NETWORKS)})')
    parser.add_argument('--sizes', nargs='+', default=[str(SIZES[0])], metavar='WxH',
                        help=f'that the networks see ({SIZES[0]}); those of the paper are '
                        f'{" ".join(map(str, SIZES))}')
    parser.add_argument('--checkpoint', action='append', default=[], metavar='NAME=FILE',
                        help='weights of a network; give it once for each')
    parser.add_argument('--data', nargs='+', help='labelled images or drawn scenes for the AP')
    parser.add_argument('--format', choices=(AUTO, *FORMATS), default=AUTO,
                        help='of --data (%(default)s)')
    parser.add_argument('--split', help='of --data: train, val and so on, as the format has them')
    parser.add_argument('--images', type=int, metavar='N', help='of --data only the first ones')
    parser.add_argument('--metric', choices=tuple(_AP), default='cityscapes',
                        help='whose AP (%(default)s, as in the paper)')
    parser.add_argument('--class-name', metavar='CLASS', help='AP of this class of --data alone, '
                        'car for instance; cityscapes only')
    add_common(parser, seconds=30, what='all networks at each size')


def run(options: argparse.Namespace) -> None:
    """
    Measure and report.

    :raises ValueError: for an option, a network, a checkpoint or data that cannot be used.
    """
    sizes = [Size.parse(text) for text in options.sizes]
    checkpoints = parse_checkpoints(options.checkpoint)
    device = prepare(options)
    source = _open_data(options)
    taking_part = contenders(options.networks, checkpoints)
    if source is not None and not checkpoints:
        raise ValueError('--data is given and no --checkpoint NAME=FILE: networks that have '
                         'learned nothing have no AP')
    rows: list[dict[str, Any]] = []
    notes = [SOURCE, 'ms: median [quartiles]; fps of the forward pass; GFLOP: a multiplication '
             'and an addition are two', clock_note(options.clock), COUNTED[device.type]]
    for size in sizes:
        with lowering(f'lower --sizes {size}, or name fewer or smaller --networks'):
            measured, note = measure(taking_part, size, options, device)
            for contender, row in zip(taking_part, measured):
                if source is not None and contender.checkpoint:
                    row |= accuracy(contender, size, source, options, device)
        rows += measured
        notes.append(note)
    if source is not None:
        images = max(row.get('images', 0) for row in rows)
        notes.append(f'AP: {options.metric}, {images} images of {" ".join(options.data)}, '
                     f'{options.class_name or "all classes"}')
    results = Results('table2', hardware(device), settings(options), rows, notes)
    print(results.text(HEADING, cells(rows)))
    if options.json:
        results.write_json(options.json)
    if options.picture:
        draw(options.picture, rows)


def measure(taking_part: list[Contender], size: Size, options: argparse.Namespace,
            device: torch.device) -> tuple[list[dict[str, Any]], str]:
    """Return a row for each network at a size, and what clustering and poses worked on."""
    scene = draw_scene(_KIND, FIRST_SEED + options.seed, size.width, size.height)
    assert scene.labels is not None
    clock = clock_of(device, options.clock)
    contests = {one.name: Contest(one, scene, device, None if one.checkpoint else stand_in_for(
        scene, one.model.config, options.seed, device), clock) for one in taking_part}
    times = interleaved(contests, seconds=options.seconds)
    rows = []
    for one in taking_part:
        forward, whole = times[one.name][FORWARD], times[one.name][WHOLE]
        memory = peak_memory(device, prepared_forward, one.model.config, size, str(device))
        rows.append({
            'network': one.name, 'size': str(size), 'parameters': one.parameters,
            'flops': contests[one.name].flops, 'fps': 1 / forward.median_s,
            'forward': {**forward.as_json(), 'text': str(forward)},
            'end_to_end': {**whole.as_json(), 'text': str(whole)},
            'memory_bytes': memory.peak_bytes,
            'checkpoint': None if one.checkpoint is None else one.checkpoint.name})
    objects = len(set(scene.labels[scene.labels > 0].tolist()))
    untrained = [one.name for one in taking_part if not one.checkpoint]
    of = (f'; clustering and poses of {", ".join(untrained)} worked on a field made from its true '
          'labels, since without --checkpoint there is nothing in the output' if untrained else '')
    return rows, f'{size}: timed on a drawn scene of {objects} objects{of}'


def accuracy(contender: Contender, size: Size, source: Source, options: argparse.Namespace,
             device: torch.device) -> dict[str, Any]:
    """Return the AP of a trained network that sees images of that size."""
    segmenter = contender.segmenter(device, max(size.width, size.height))
    classes = match_classes(segmenter.class_names, source.class_names)
    report = evaluate(islice(source, options.images), segmenter, metrics=[options.metric],
                      classes=classes, true_semantics=True)
    assert report.true_semantics is not None
    figures = {'ap': report.figures, 'ap_gt': report.true_semantics}
    return {**{name: figure_of(some, _AP[options.metric], options.class_name, source.class_names)
               for name, some in figures.items()}, 'images': len(report.images)}


def figure_of(figures: Mapping[str, float], name: str, class_name: str | None,
              class_names: Sequence[str]) -> float | None:
    """
    Return an AP of an evaluation, None where it has no value.

    :param figures: of the evaluation; 'ap:2' is the AP of class 2, where there are several.
    :param name: of the AP.
    :param class_name: whose AP it is to be; None for the average over all.
    :param class_names: of the data, index = class id.
    """
    if class_name is not None and len(class_names) > 2:
        name += f':{class_names.index(class_name)}'
    value = figures.get(name, math.nan)
    return None if math.isnan(value) else float(value)


def _open_data(options: argparse.Namespace) -> Source | None:
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
