# SPDX-License-Identifier: Apache-2.0
"""
How fast and how right the clustering is, beside three of scikit-learn.

Two kinds of embedding fields: generated ones like a network's (95 % of the pixels within delta_v,
mixed at borders), of more and more pixels and objects, and those of the weights of drawn scenes on
such scenes. All get the true foreground. The settings of scikit-learn are the best of a few, found
for each size and kind on fields of another seed; ours are those of the node.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial
from typing import Any

from discinst_ros.benchmark.agreement import clusters, mean_iou, rand_index
from discinst_ros.benchmark.clustering_fields import (
    COUNT,
    generated,
    INSTANCES,
    of_scenes,
    PIXELS,
    SIZE,
)
from discinst_ros.benchmark.clustering_picture import draw
from discinst_ros.benchmark.hardware import hardware
from discinst_ros.benchmark.memory import lowering
from discinst_ros.benchmark.options import (
    add_common,
    clock_note,
    counts,
    prepare,
    settings,
    Size,
)
from discinst_ros.benchmark.peers import best_setting, Field, Method, one_pool, OURS, ours, peers
from discinst_ros.benchmark.results import Results
from discinst_ros.benchmark.timing import clock_of, interleaved, timed

#: Between the seeds of what is measured and what the settings are found on.
_OTHER_SEED = 500
#: Rounds at least: the slowest takes seconds, and its rivals are far away.
_LEAST = 2
#: Of a side of a field: of a smaller one the objects may have too few pixels to cluster, or none.
_LEAST_PX = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument('--sizes', nargs='+', default=['256x128', '512x256', '1024x512'],
                        metavar='WxH', help=f'of fields with {COUNT} objects '
                        '(256x128 512x256 1024x512)')
    parser.add_argument('--instances', type=int, nargs='+', default=[5, 10, 20, 40], metavar='N',
                        help=f'objects drawn into fields of {SIZE} (5 10 20 40)')
    parser.add_argument('--scenes', nargs='+', default=['sticks', 'shapes'], metavar='KIND',
                        help='drawn for the weights of drawn scenes (sticks shapes)')
    add_common(parser, seconds=3, threads=1, what='each field')


def run(options: argparse.Namespace) -> None:
    """
    Measure and report.

    :raises ValueError: for an option that cannot be used, or where scikit-learn is missing.
    """
    sizes = [Size.parse(text) for text in options.sizes]
    for size in sizes:
        if min(size.width, size.height) < _LEAST_PX:
            raise ValueError(f'--sizes {size}: expected {_LEAST_PX} pixels or more each way, so '
                             'that there are objects to cluster')
    counts('--instances', options.instances)
    device = prepare(options)
    rivals = peers()
    rows: list[dict[str, Any]] = []
    chosen: dict[str, dict[str, Any]] = {}
    other = options.seed + _OTHER_SEED
    with lowering('lower --sizes'), one_pool():
        for growth, one, twins in [*generated(sizes, options.instances, options.seed, device),
                                   *of_scenes(options.scenes, options.seed, device)]:
            kind = str(twins)
            if kind not in chosen:
                training = twins.fields(other, device)
                chosen[kind] = {name: best_setting(peer, training)
                                for name, peer in rivals.items()}
            methods = {OURS: ours, **{name: peer.method(chosen[kind][name])
                                      for name, peer in rivals.items()}}
            rows.append({'growth': growth, **measure(one, methods, options.seconds,
                                                      options.clock)})
    results = Results('clustering', hardware(device),
                      {**settings(options), 'chosen': chosen}, rows, [
        'ms: median [quartiles]; ARI and mean IoU over the pixels of the true objects, which all '
        'got as foreground', clock_note(options.clock),
        'scikit-learn: every step-th pixel, the others go to the nearest mean; on the CPU, '
        'settings found on another seed:',
        *(f'  {kind}, {name}: ' + ', '.join(f'{key} {value}' for key, value in setting.items())
          for kind, some in chosen.items() for name, setting in some.items())])
    print(results.text(
        ['field', 'objects', 'foreground px', 'clustering', 'ms', 'times ours', 'ARI',
         'mean IoU', 'clusters'], [line for row in rows for line in _cells(row)]))
    if options.json:
        results.write_json(options.json)
    if options.picture:
        draw(options.picture, rows, (PIXELS, INSTANCES))


def measure(one: Field, methods: Mapping[str, Method], seconds: float, clock_kind: str
            ) -> dict[str, Any]:
    """Return the figures of all methods on a field."""
    found = {name: method(one) for name, method in methods.items()}
    clock = clock_of(one.embeddings.device, clock_kind)
    times = interleaved({name: timed(partial(method, one), clock)
                         for name, method in methods.items()}, seconds=seconds, least=_LEAST)
    first = times[OURS]['time'].median_s
    return {
        'field': one.name, 'pixels': one.truth.size, 'foreground_px': int((one.truth > 0).sum()),
        'objects': clusters(one.truth),
        'methods': {name: {
            **times[name]['time'].as_json(), 'text': str(times[name]['time']),
            'ratio': times[name]['time'].median_s / first,
            'ari': rand_index(labels, one.truth), 'mean_iou': mean_iou(labels, one.truth),
            'clusters': clusters(labels)} for name, labels in found.items()}}


def _cells(row: dict[str, Any]) -> list[list[str]]:
    """Return a line for each method; the field is named in the first."""
    field = [row['field'], str(row['objects']), str(row['foreground_px'])]
    return [[*(field if name == OURS else [''] * len(field)), name, one['text'],
             f'{one["ratio"]:.1f}', f'{one["ari"]:.3f}', f'{one["mean_iou"]:.3f}',
             str(one['clusters'])] for name, one in row['methods'].items()]
