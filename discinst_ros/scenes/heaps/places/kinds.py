# SPDX-License-Identifier: Apache-2.0
"""Where a heap lies: a table, a bin or a tote, in a room with furniture."""

from __future__ import annotations

from collections.abc import Callable

from discinst_ros.scenes.heaps.places.containers import make_bin, make_moulded, make_tote
from discinst_ros.scenes.heaps.places.rooms import add_table, furnish
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
from discinst_ros.scenes.textures import Rng
import numpy as np


def make_surroundings(kind: str, rng: Rng) -> Surroundings:
    """
    Return a place for a heap.

    :param kind: one of :data:`KINDS`.
    """
    place = _MAKERS[kind](rng)
    furnish(rng, place)
    return place


def _table(rng: Rng) -> Surroundings:
    half = np.array((rng.uniform(0.45, 1.0), rng.uniform(0.3, 0.6)))
    reach = rng.uniform(0.12, 0.3)
    place = Surroundings('table', (reach * rng.uniform(0.8, 1.3), reach), 0.0)
    add_table(rng, place, half, 0.0)
    return place


_MAKERS: dict[str, Callable[[Rng], Surroundings]] = {
    'table': _table, 'bin': make_bin, 'tote': make_tote, 'moulded': make_moulded}
KINDS = tuple(_MAKERS)
