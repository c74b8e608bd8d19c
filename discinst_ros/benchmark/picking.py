# SPDX-License-Identifier: Apache-2.0
"""
Bins emptied in simulation by what is seen of them: a network, the true masks, depth alone.

All three see the same camera and go through the same choice of an object and of a place on it;
each gets the bins as they were at first. A pick is a success where it lifts the object that has
most pixels in the chosen mask; how often that mask fits it is told beside that, since a mask of a
part lifts the object as well. Intervals are over bins drawn anew, with replacement.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import math
import sys
import time

from discinst_ros.benchmark.hardware import hardware
from discinst_ros.benchmark.options import counts, settings
from discinst_ros.benchmark.picking_bin import (
    BinRecord,
    by_geometry,
    by_network,
    by_truth,
    empty_bin,
    Method,
)
from discinst_ros.benchmark.picking_film import check_film, Film
from discinst_ros.benchmark.picking_report import NETWORK, report, rows_of
from discinst_ros.benchmark.results import Results
from discinst_ros.inference.checks import choose_device
from discinst_ros.inference.pair import SegmenterPair
from discinst_ros.picking.gripper import Gripper
from discinst_ros.picking.progress import Patience
from discinst_ros.scenes.cell import Cell, Cup
from discinst_ros.scenes.heaps import Heap, HeapError, make_heap
from discinst_ros.scenes.heaps.engine import check_graphics
from discinst_ros.writable import path_of
from tqdm import tqdm

TRUTH, CLASSICAL = 'true masks', 'classical'
METHODS = (NETWORK, TRUTH, CLASSICAL)
_FAMILIES = {'held-out': 'held_out', 'training': 'training', 'all': 'all'}
#: The parts that no training may see are narrow: a broader cup finds no place on most.
_CUP_RADIUS_M = 0.006
#: A wrist that a bin leaves room for; what lies steeper than that is a try in vain.
_MAX_TILT_DEG = 45.0
#: Picks for each object of a bin, after which the bin is given up.
_TRIES_PER_OBJECT = 3
#: So many seeds in a row that do not come to rest are no chance: the next will not, either.
_MOST_IN_VAIN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument('--bins', type=int, default=50, help='how many (%(default)s)')
    parser.add_argument('--seed', type=int, default=0,
                        help='of the first heap, the next have the next (%(default)s)')
    parser.add_argument('--families', choices=_FAMILIES, default='held-out',
                        help='shapes that training may not see, may see, or both (%(default)s)')
    parser.add_argument('--kind', choices=('bin', 'tote', 'moulded'), default='bin',
                        help='(%(default)s)')
    parser.add_argument('--count', type=int,
                        help='objects in each bin, fewer where they do not fit; by chance')
    parser.add_argument('--methods', nargs='+', choices=[one.replace(' ', '-') for one in METHODS],
                        help='who sees; all')
    parser.add_argument('--checkpoint', type=path_of, help='default: the shipped weights')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (%(default)s)')
    parser.add_argument('--cup-radius-m', type=float, default=_CUP_RADIUS_M,
                        help='of the suction cup (%(default)s)')
    parser.add_argument('--max-tilt-deg', type=float, default=_MAX_TILT_DEG,
                        help='that the arm reaches (%(default)s)')
    parser.add_argument('--tries-per-object', type=int, default=_TRIES_PER_OBJECT,
                        help='picks for each object in a bin, after which it is given up '
                        '(%(default)s)')
    parser.add_argument('--film', type=path_of, help='write here how the first bin is emptied by '
                        'the first method: .gif, or .png or .jpg for a strip of pictures')
    parser.add_argument('--json', type=path_of, help='write all figures here, bin by bin')


def run(options: argparse.Namespace) -> None:
    """
    Empty the bins and print the figures.

    :raises ValueError: for options that cannot be used, or where MuJoCo or its libraries lack.
    """
    _check(options)
    check_graphics()
    device = choose_device(options.device)
    methods = _methods(options)
    found: dict[str, list[BinRecord]] = {name: [] for name in methods}
    begin, worked = time.monotonic(), time.process_time()

    def write(*notes: str) -> None:
        passed_s, worked_s = time.monotonic() - begin, time.process_time() - worked
        simulated_s = sum(one.simulated_s for records in found.values() for one in records)
        told = [f'{passed_s:.0f} s on the clock and {worked_s:.0f} s of processor time for '
                f'{simulated_s:.0f} s of simulated picking', *notes]
        results = Results('picking', hardware(device), settings(options), rows_of(found), told)
        print('\n'.join([f'{results.hardware}\n\n{report(found)}\n', *told]))
        if options.json:
            results.write_json(options.json)

    try:
        _empty_all(options, methods, found)
    except (KeyboardInterrupt, HeapError) as stop:
        bins = min(map(len, found.values()))
        if bins:
            for records in found.values():  # what is compared is of the same bins
                del records[bins:]
            why = 'Ctrl-C' if isinstance(stop, KeyboardInterrupt) else 'heaps that did not rest'
            write(f'stopped by {why}: the first {bins} of {options.bins} bins')
        raise
    write()


def _check(options: argparse.Namespace) -> None:
    """
    Refuse what cannot be used, before any work is done.

    :raises ValueError: with the option and what it may be.
    """
    counts('--bins', [options.bins])
    counts('--tries-per-object', [options.tries_per_object])
    if options.seed < 0:
        raise ValueError(f'--seed {options.seed}: expected 0 or more')
    if options.count is not None and not 2 <= options.count <= 40:
        raise ValueError(f'--count {options.count}: expected 2 to 40 objects')
    if not 0.001 <= options.cup_radius_m <= 0.1:
        raise ValueError(f'--cup-radius-m {options.cup_radius_m}: expected metres, 0.001 to 0.1')
    if not 0 < options.max_tilt_deg <= 90:
        raise ValueError(f'--max-tilt-deg {options.max_tilt_deg}: expected degrees, up to 90')
    if options.film:
        check_film(options.film)


def _methods(options: argparse.Namespace) -> dict[str, Method]:
    """Return who is asked for, in the order of :data:`METHODS`."""
    names = [one.replace('-', ' ') for one in options.methods or METHODS]
    methods: dict[str, Method] = {}
    if NETWORK in names:
        methods[NETWORK] = by_network(SegmenterPair(options.checkpoint, device=options.device))
    methods.update((name, one) for name, one in ((TRUTH, by_truth), (CLASSICAL, by_geometry))
                   if name in names)
    return methods


def _empty_all(options: argparse.Namespace, methods: dict[str, Method],
               found: dict[str, list[BinRecord]]) -> None:
    """Empty each bin by each method, and add what came of it to what was found."""
    cup = Cup(Gripper(cup_radius_m=options.cup_radius_m,
                      max_tilt_rad=math.radians(options.max_tilt_deg)))
    film = Film(options.cup_radius_m)
    for heap in heaps(options.seed, options.bins, shapes=_FAMILIES[options.families],
                      kind=options.kind, count=options.count):
        patience = Patience(max_tries=options.tries_per_object * len(heap.present))
        for name, method in methods.items():
            take = film if options.film and not film.frames else None
            cell = Cell(heap, seed=heap.seed, cup=cup)
            try:
                found[name].append(empty_bin(cell, method, patience, seed=heap.seed,
                                             one_part=len(heap.designs) == 1, film=take))
            finally:
                cell.close()
            if take is not None:
                take.write(options.film)


def heaps(seed: int, bins: int, *, shapes: str, kind: str, count: int | None) -> Iterator[Heap]:
    """
    Make so many heaps, with a progress bar; a seed that does not come to rest is left out.

    :raises HeapError: where too many seeds in a row did not.
    """
    in_vain = 0
    with tqdm(total=bins, unit='bin') as bar:
        while bar.n < bins:
            try:
                heap = make_heap(seed, shapes=shapes, kind=kind, count=count)
            except HeapError as error:
                bar.write(f'{error}; left out', file=sys.stderr)
                in_vain += 1
                if in_vain == _MOST_IN_VAIN:
                    raise HeapError(
                        f'{in_vain} heaps in a row, up to seed {seed}, did not come to rest; '
                        'another --kind, --families or smaller --count may') from error
            else:
                in_vain = 0
                yield heap
                bar.update()
            seed += 1
