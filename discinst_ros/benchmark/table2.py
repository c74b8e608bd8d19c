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
from collections.abc import Sequence

from discinst_ros.benchmark.contender import Contender, contenders, parse_checkpoints
from discinst_ros.benchmark.hardware import hardware
from discinst_ros.benchmark.memory import COUNTED, lowering, OutOfMemory
from discinst_ros.benchmark.options import add_common, clock_note, prepare, settings, Size
from discinst_ros.benchmark.paper import SIZES, SOURCE
from discinst_ros.benchmark.results import Results
from discinst_ros.benchmark.table2_accuracy import (
    accuracy,
    AP,
    check_classes,
    check_sizes,
    notes_of,
    open_data,
)
from discinst_ros.benchmark.table2_measure import add_memory, measure, noting_full_memory, Row
from discinst_ros.benchmark.table2_report import cells, draw, heading
from discinst_ros.data.dataset import AUTO
from discinst_ros.data.formats import FORMATS
from discinst_ros.networks import NETWORKS
import torch


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

    :raises ValueError: for an option, a network, a checkpoint or data that cannot be used, and
        where memory is too small for every network.
    """
    sizes = [Size.parse(text) for text in options.sizes]
    checkpoints = parse_checkpoints(options.checkpoint)
    device = prepare(options)
    source = open_data(options)
    if source is None and options.images is not None:
        raise ValueError(f'--images is {options.images} and no --data is given, of which so many '
                         'would be taken')
    with lowering('name fewer or smaller --networks'):
        taking_part = contenders(options.networks, checkpoints)
    if source is not None and not checkpoints:
        raise ValueError('--data is given and no --checkpoint NAME=FILE: networks that have '
                         'learned nothing have no AP')
    if source is not None:
        check_classes(taking_part, source, options.class_name)
        check_sizes(sizes)
    rows: list[Row] = []
    notes = [SOURCE, 'ms: median [quartiles]; times: of the median of the first network at that '
             'size; fps of the forward pass; GFLOP: a multiplication and an addition are two',
             clock_note(options.clock), COUNTED[device.type]]
    try:
        for size in sizes:
            measured, note = measure(taking_part, size, options, device)
            rows += measured
            notes.append(note)
            add_memory(taking_part, measured, size, device)
            for contender, row in zip(taking_part, measured):
                if source is not None and contender.checkpoint and not row['out_of_memory']:
                    with noting_full_memory(row):
                        row |= accuracy(contender, size, source, options, device)
    except KeyboardInterrupt:
        if rows:
            _report(options, device, taking_part, rows, [
                *notes, 'stopped by Ctrl-C: what had been measured by then'])
        raise
    _report(options, device, taking_part, rows, notes)
    if not any(row['forward'] for row in rows):
        raise OutOfMemory(rows[0]['out_of_memory'])


def _report(options: argparse.Namespace, device: torch.device, taking_part: Sequence[Contender],
            rows: list[Row], notes: list[str]) -> None:
    images = max(row.get('images', 0) for row in rows)
    notes = [*notes, *([
        f'AP: {options.metric}, {images} images of {" ".join(options.data)}, '
        f'{options.class_name or "all classes"}', *notes_of(rows, taking_part)] if images else [])]
    notes += [f'{row["network"]} at {row["size"]}: {row["out_of_memory"]}'
              for row in rows if row['out_of_memory']]
    results = Results('table2', hardware(device), settings(options), rows, notes)
    print(results.text(heading(rows), cells(rows)))
    if options.json:
        results.write_json(options.json)
    if options.picture and any(row['forward'] for row in rows):
        draw(options.picture, rows)
