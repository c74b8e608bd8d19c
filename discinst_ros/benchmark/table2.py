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
    prepare,
    settings,
    Size,
)
from discinst_ros.benchmark.paper import SIZES, SOURCE
from discinst_ros.benchmark.results import Results
from discinst_ros.benchmark.table2_accuracy import accuracy, AP, check_classes, open_data
from discinst_ros.benchmark.table2_report import cells, draw, HEADING
from discinst_ros.benchmark.timing import clock_of, interleaved
from discinst_ros.data.dataset import AUTO
from discinst_ros.data.drawn import FIRST_SEED
from discinst_ros.data.formats import FORMATS
from discinst_ros.networks import NETWORKS
from discinst_ros.scenes import draw_scene
import torch

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
    parser.add_argument('--metric', choices=tuple(AP), default='cityscapes',
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
    source = open_data(options)
    taking_part = contenders(options.networks, checkpoints)
    if source is not None and not checkpoints:
        raise ValueError('--data is given and no --checkpoint NAME=FILE: networks that have '
                         'learned nothing have no AP')
    if source is not None:
        check_classes(taking_part, source, options.class_name)
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
