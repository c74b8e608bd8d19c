# SPDX-License-Identifier: Apache-2.0
"""A cell out of a few numbers: everybody who gives the same ones has the same cell."""

from __future__ import annotations

from discinst_ros.scenes.cell.cell import Cell
from discinst_ros.scenes.cell.cup import Cup
from discinst_ros.scenes.heaps import make_heap

#: What may lie in a bin, and whether these are copies of one part; None is by chance.
PARTS = {'any': None, 'one': True, 'mixed': False}


def make_cell(seed: int, *, shapes: str = 'training', kind: str = 'bin', parts: str = 'any',
              count: int = 0, cup: Cup | None = None) -> Cell:
    """
    Return a cell with a new heap in it.

    :param seed: of the heap, the camera and the lamps.
    :param shapes: of :data:`~discinst_ros.scenes.heaps.SHAPE_SETS`.
    :param kind: 'bin', 'tote' or 'moulded'.
    :param parts: 'one': all objects are copies of one part; 'mixed'; 'any': by chance.
    :param count: objects in it, 0: by chance.
    :raises ValueError: for what cannot be chosen.
    :raises HeapError: for a seed whose heap does not come to rest.
    """
    if parts not in PARTS:
        raise ValueError(f"parts '{parts}' are not known; choose one of {', '.join(PARTS)}")
    heap = make_heap(seed, shapes=shapes, kind=kind, one_part=PARTS[parts], count=count or None)
    return Cell(heap, seed=seed, cup=cup)
