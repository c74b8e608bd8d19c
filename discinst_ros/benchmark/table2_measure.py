# SPDX-License-Identifier: Apache-2.0
"""
Size, speed and memory of every network at one size of the image: the rows of Table 2.

A network for which memory is too small leaves its figures empty and the reason in its row; the
others go on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from discinst_ros.benchmark.contender import (
    Contender,
    Contest,
    FORWARD,
    prepared_forward,
    stand_in_for,
    WHOLE,
)
from discinst_ros.benchmark.memory import lowering, OutOfMemory, peak_memory
from discinst_ros.benchmark.options import Size
from discinst_ros.benchmark.timing import clock_of, interleaved, Timing
from discinst_ros.data.drawn import FIRST_SEED
from discinst_ros.data.sample import Sample
from discinst_ros.scenes import draw_scene
import torch

#: What is drawn for the timing.
_KIND = 'shapes'

Row = dict[str, Any]


class _DroppedOut(Exception):
    """A network ran out of memory while others were timed; its argument is the name."""


def measure(taking_part: Sequence[Contender], size: Size, options: argparse.Namespace,
            device: torch.device) -> tuple[list[Row], str]:
    """
    Return a row for each network at a size, and what clustering and poses worked on.

    Memory comes afterwards, see :func:`add_memory`.
    """
    rows = {one.name: _empty_row(one, size) for one in taking_part}
    scene = _drawn(size, options.seed, rows)
    if scene is None:
        return list(rows.values()), f'{size}: there is no memory for a scene to time it on'
    clock = clock_of(device, options.clock)
    contests = {}
    for one in taking_part:
        with noting_full_memory(rows[one.name]):
            contests[one.name] = Contest(one, scene, device, None if one.finds_objects else
                                         stand_in_for(scene, one.model.config, options.seed,
                                                      device), clock)
    for name, times in _timed(contests, rows, options.seconds).items():
        forward, whole = times[FORWARD], times[WHOLE]
        rows[name] |= {
            'flops': contests[name].flops, 'fps': 1 / forward.median_s,
            'forward': {**forward.as_json(), 'text': str(forward)},
            'end_to_end': {**whole.as_json(), 'text': str(whole)}}
    _add_multiples(list(rows.values()))
    assert scene.labels is not None
    objects = len(set(scene.labels[scene.labels > 0].tolist()))
    untrained = [one.name for one in taking_part if not one.finds_objects]
    of = (f'; clustering and poses of {", ".join(untrained)} worked on a field made from its true '
          'labels, since without a --checkpoint that was trained for all there is nothing in the '
          'output' if untrained else '')
    return list(rows.values()), f'{size}: timed on a drawn scene of {objects} objects{of}'


def add_memory(taking_part: Sequence[Contender], rows: Sequence[Row], size: Size,
               device: torch.device) -> None:
    """Put the memory of each network that could be timed at a size into its row."""
    for contender, row in zip(taking_part, rows):
        if row['forward']:
            with noting_full_memory(row):
                row['memory_bytes'] = peak_memory(
                    device, prepared_forward, contender.model.config, size,
                    str(device)).peak_bytes


@contextmanager
def noting_full_memory(row: Row) -> Iterator[None]:
    """Where memory is too small, end the block and put the reason and what to lower into a row."""
    try:
        with lowering(f'lower --sizes {row["size"]}, or name fewer or smaller --networks'):
            yield
    except OutOfMemory as error:
        row['out_of_memory'] = str(error)


def _empty_row(contender: Contender, size: Size) -> Row:
    """Return what is known before anything is measured; None stands for what is not."""
    return {
        'network': contender.name, 'size': str(size), 'parameters': contender.parameters,
        'flops': None, 'fps': None, 'forward': None, 'end_to_end': None, 'memory_bytes': None,
        'times_first': {'forward': None, 'end_to_end': None},
        'checkpoint': None if contender.checkpoint is None else contender.checkpoint.name,
        'out_of_memory': None}


def _add_multiples(rows: Sequence[Row]) -> None:
    """Put into each row how many times as long as the first network it takes."""
    for row in rows:
        for part in row['times_first']:
            if row[part] and rows[0][part]:
                row['times_first'][part] = row[part]['median_s'] / rows[0][part]['median_s']


def _drawn(size: Size, seed: int, rows: Mapping[str, Row]) -> Sample | None:
    """Return the scene for all networks, or None, and the reason in every row."""
    scene: Row = {'size': str(size), 'out_of_memory': None}
    with noting_full_memory(scene):
        return draw_scene(_KIND, FIRST_SEED + seed, size.width, size.height)
    for row in rows.values():
        row['out_of_memory'] = scene['out_of_memory']
    return None


def _timed(contests: Mapping[str, Contest], rows: Mapping[str, Row], seconds: float
           ) -> dict[str, dict[str, Timing]]:
    """
    Time them in turns; one that runs out of memory drops out, and the others begin anew.

    It usually does so in the warm-up, so that little time is lost.
    """
    left = dict(contests)
    while left:
        try:
            return interleaved({name: _or_drop_out(one, rows[name]) for name, one in left.items()},
                               seconds=seconds)
        except _DroppedOut as dropped:
            contender = left.pop(dropped.args[0]).contender
            contender.model.network.to('cpu')  # what it held is for the others
    return {}


def _or_drop_out(contest: Contest, row: Row) -> Callable[[], Mapping[str, float]]:
    def run() -> Mapping[str, float]:
        with noting_full_memory(row):
            return contest()
        raise _DroppedOut(row['network'])

    return run
