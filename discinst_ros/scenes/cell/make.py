# SPDX-License-Identifier: Apache-2.0
"""A cell out of a few numbers: everybody who gives the same ones has the same cell."""

from __future__ import annotations

from discinst_ros.scenes.cell.cell import Cell
from discinst_ros.scenes.cell.cup import Cup
from discinst_ros.scenes.cell.sensors import HEIGHT_PX, WIDTH_PX
from discinst_ros.scenes.heaps import make_heap

#: What may lie in a bin, and whether these are copies of one part; None is by chance.
PARTS = {'any': None, 'one': True, 'mixed': False}


def make_cell(seed: int, *, shapes: str = 'training', kind: str = 'bin', parts: str = 'any',
              count: int = 0, cup: Cup | None = None, width: int = WIDTH_PX,
              height: int = HEIGHT_PX) -> Cell:
    """
    Return a cell with a new heap in it.

    :param seed: of the heap, the camera and the lamps.
    :param shapes: of :data:`~discinst_ros.scenes.heaps.SHAPE_SETS`.
    :param kind: 'bin', 'tote' or 'moulded'.
    :param parts: 'one': all objects are copies of one part; 'mixed'; 'any': by chance.
    :param count: objects in it, fewer where they do not fit; 0: by chance.
    :param width: of the images, pixels.
    :param height: of the images, pixels.
    :raises ValueError: for what cannot be chosen.
    :raises HeapError: for a seed whose heap does not come to rest.
    """
    if parts not in PARTS:
        raise ValueError(f"parts '{parts}' are not known; choose one of {', '.join(PARTS)}")
    heap = make_heap(seed, shapes=shapes, kind=kind, one_part=PARTS[parts], count=count or None)
    return Cell(heap, seed=seed, cup=cup, width=width, height=height)


def why_fewer(cell: Cell, count: int) -> str:
    """
    Say why fewer objects lie in a new cell than were asked for, empty where none is missing.

    :param count: as in :func:`make_cell`.
    """
    dropped = len(cell.heap.members)
    reasons = {'do not fit in': count - dropped, 'fell out': dropped - len(cell.present)}
    if len(cell.present) >= count:
        return ''
    return ' and '.join(f'{number} {what}' for what, number in reasons.items() if number > 0)
