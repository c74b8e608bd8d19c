# SPDX-License-Identifier: Apache-2.0
"""One seed, one heap: what it is made of, where it lies, and how it came to rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from discinst_ros.scenes.heaps.arrangement import ARRANGERS
from discinst_ros.scenes.heaps.design import Design
from discinst_ros.scenes.heaps.disguise import disguised
from discinst_ros.scenes.heaps.engine import engine
from discinst_ros.scenes.heaps.families.catalogue import make_design, SHAPE_SETS
from discinst_ros.scenes.heaps.huddle import huddled
from discinst_ros.scenes.heaps.model import build_model
from discinst_ros.scenes.heaps.places.clutter import add_clutter
from discinst_ros.scenes.heaps.places.kinds import KINDS, make_surroundings
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
from discinst_ros.scenes.heaps.screened import screened
from discinst_ros.scenes.heaps.settle import fallen, fault, settle, settle_again, take_away
from discinst_ros.scenes.heaps.surface import Points
from discinst_ros.scenes.textures import Rng
import numpy as np

#: Fewest and most objects of a heap.
FEWEST, MOST = 2, 40
_ARRANGERS = {**ARRANGERS, 'huddled': huddled, 'screened': screened}
#: How often each kind of surroundings comes, and how often it holds copies of one part.
_KIND_SHARE = {'table': 0.45, 'bin': 0.33, 'tote': 0.22}
_ONE_PART_SHARE = {'table': 0.12, 'bin': 0.55, 'tote': 0.25, 'moulded': 0.15}
_ARRANGEMENTS = {
    'table': {'standing': 0.4, 'dropped': 0.25, 'stacked': 0.2, 'leaning': 0.15},
    'bin': {'dropped': 0.8, 'standing': 0.1, 'stacked': 0.05, 'leaning': 0.05},
    'tote': {'dropped': 0.7, 'standing': 0.15, 'stacked': 0.1, 'leaning': 0.05},
    'moulded': {'dropped': 0.75, 'standing': 0.1, 'stacked': 0.1, 'leaning': 0.05},
}
#: What is bought stands on a table like this.
_GROCERIES = {'huddled': 0.3, 'screened': 0.4, 'stacked': 0.2, 'leaning': 0.05, 'dropped': 0.05}
#: Copies of one part lie in rows this often.
_ROWS_SHARE = 0.25
#: Of the volume of a container, boxes around the objects may fill this much.
_FULLEST = 0.9
#: Height to which a table is filled, metres.
_TABLE_FILL_M = 0.12
#: Attempts until a seed is given up.
_ATTEMPTS = 12
_STREAM = 0x4EA9
#: How often an emptied heap has no object left, and the stream that decides it.
_ALL_GONE_SHARE = 0.3
_EMPTIED = 0xE3B7


class HeapError(ValueError):
    """A heap that did not come to rest, however often it was tried."""


@dataclass(frozen=True, eq=False)
class Heap:
    """Objects at rest; body k + 1 of the model is object k, and k + 1 its label."""

    seed: int
    #: 'table', 'bin', 'tote' or 'moulded', and how the objects were put there.
    kind: str
    arrangement: str
    designs: tuple[Design, ...]
    #: The design of each object, by number.
    members: tuple[int, ...]
    #: Objects that fell out and are not shown.
    gone: frozenset[int]
    surroundings: Surroundings
    #: mujoco.MjModel and mujoco.MjData.
    model: Any
    data: Any
    #: Why earlier attempts were rejected, and how many objects were taken away.
    rejected: Counter[str]

    @property
    def present(self) -> tuple[int, ...]:
        """The objects that are there."""
        return tuple(k for k in range(len(self.members)) if k not in self.gone)

    def design(self, number: int) -> Design:
        """Return the design of an object."""
        return self.designs[self.members[number]]


def make_heap(seed: int, *, shapes: str = 'training', kind: str | None = None,
              one_part: bool | None = None, count: int | None = None) -> Heap:
    """
    Make a heap; the same arguments give the same heap.

    :param seed: 0 or more.
    :param shapes: of :data:`SHAPE_SETS`, the families it may be made of.
    :param kind: 'table', 'bin', 'tote' or, never by chance, 'moulded'; by chance unless given.
    :param one_part: all objects are copies of one part; by chance unless given.
    :param count: number of objects, fewer where they do not fit; by chance unless given.
    :raises ValueError: for what cannot be chosen.
    :raises HeapError: where no attempt came to rest.
    :raises MissingPackage: where MuJoCo is not installed.
    """
    _check(seed, shapes, kind, count)
    rejected: Counter[str] = Counter()
    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng((_STREAM, seed, attempt))
        # Drawn whether or not they are given, so that options do not change the rest.
        drawn = _draw(rng, _KIND_SHARE)
        kind_here = kind or drawn
        one_here = rng.random() < _ONE_PART_SHARE[kind_here]
        one_here = one_here if one_part is None else one_part
        place = make_surroundings(kind_here, rng)
        # of a stream of its own, so that the heap is the same without it
        add_clutter(rng.spawn(1)[0], place)
        wanted = _draw_count(rng, kind_here, one_here) if count is None else count
        designs, members = _choose_parts(rng, place, SHAPE_SETS[shapes], wanted, one_here)
        if kind_here == 'moulded':
            designs = disguised(rng.spawn(1)[0], designs, place)
        arrangement = ('in_rows' if one_here and rng.random() < _ROWS_SHARE
                       else _draw(rng, _arrangements(shapes, kind_here)))
        starts = _ARRANGERS[arrangement](rng, [designs[k] for k in members], place.region)
        model = build_model(designs, members, starts, place)
        data = engine().MjData(model)
        settle(model, data)
        gone = fallen(data, _reach(place))
        take_away(model, data, gone)
        reason = fault(model, data)
        if reason is None and len(members) - len(gone) < FEWEST:
            reason = 'fell out'
        if reason is None:
            rejected['objects taken away'] += len(gone)
            return Heap(seed, kind_here, arrangement, tuple(designs), tuple(members),
                        frozenset(gone), place, model, data, rejected)
        rejected[reason] += 1
    why = ', '.join(f'{name} {times} times' for name, times in rejected.items())
    raise HeapError(f'heap {seed} did not come to rest: {why}; take another seed')


def emptied(heap: Heap) -> Heap:
    """
    Return the heap with objects taken away from the top, as a robot does: some of them, or all.

    What lost its hold comes to rest anew. The seed decides how many go, and where what is left
    may not be shown, more of them do; the physics of the heap given change with it.
    """
    rng = np.random.default_rng((_EMPTIED, heap.seed))
    left = 0 if rng.random() < _ALL_GONE_SHARE else int(rng.integers(1, len(heap.present) + 1))
    from_below = sorted(heap.present, key=lambda k: float(heap.data.xpos[k + 1, 2]))
    gone = set(heap.gone)
    for fewer in range(left, -1, -1):
        gone.update(from_below[fewer:])
        take_away(heap.model, heap.data, sorted(gone))
        settle_again(heap.model, heap.data, gone)
        gone.update(fallen(heap.data, _reach(heap.surroundings)))
        take_away(heap.model, heap.data, sorted(gone))
        if fault(heap.model, heap.data) is None:
            break
    return replace(heap, gone=frozenset(gone))


def _reach(place: Surroundings) -> Points:
    """Return how far from the middle what is there may lie, half extents in metres."""
    return np.asarray(np.array(place.region) + (0.1 if place.wall_m else 0.35))


def _check(seed: int, shapes: str, kind: str | None, count: int | None) -> None:
    if seed < 0:
        raise ValueError(f'heap seed {seed}: expected 0 or more')
    if shapes not in SHAPE_SETS:
        raise ValueError(f"shapes '{shapes}' are not known; choose one of "
                         f'{", ".join(SHAPE_SETS)}')
    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind of surroundings '{kind}' is not known; choose one of "
                         f'{", ".join(KINDS)}')
    if count is not None and not FEWEST <= count <= MOST:
        raise ValueError(f'{count} objects: expected {FEWEST} to {MOST}')


def _arrangements(shapes: str, kind: str) -> dict[str, float]:
    return _GROCERIES if (shapes, kind) == ('groceries', 'table') else _ARRANGEMENTS[kind]


def _draw(rng: Rng, shares: dict[str, float]) -> str:
    return str(rng.choice(list(shares), p=list(shares.values())))


def _draw_count(rng: Rng, kind: str, one_part: bool) -> int:
    low, high = {'table': (2, 22), 'bin': (3, 32), 'tote': (3, 28), 'moulded': (3, 28)}[kind]
    if one_part:
        low, high = 5, MOST
    return round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))


def _choose_parts(rng: Rng, place: Surroundings, families: Sequence[str], wanted: int,
                  one_part: bool) -> tuple[list[Design], list[int]]:
    """Return designs, and members until so many are there or the place is full."""
    height = place.wall_m or _TABLE_FILL_M
    room = 4 * place.region[0] * place.region[1] * height * _FULLEST
    largest = 0.85 * min(place.region) if place.wall_m else 1.0
    designs: list[Design] = []
    members: list[int] = []
    for number in range(wanted):
        if not designs or (not one_part and rng.random() < 0.9):
            for _ in range(8):
                design = make_design(str(rng.choice(list(families))), rng)
                if design.half_size.max() < largest:
                    break
            designs.append(design)
        member = len(designs) - 1
        room -= 8 * float(np.prod(designs[member].half_size))
        if number >= FEWEST and room < 0:
            break
        members.append(member)
    return designs, members
