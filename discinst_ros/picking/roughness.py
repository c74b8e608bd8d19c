# SPDX-License-Identifier: Apache-2.0
"""
How far a surface is off a plane, and how much of that is noise.

It is asked of the means of many points: a bent surface stays off a plane there, noise does not.
"""

from __future__ import annotations

import math

from discinst_ros.picking.arrays import Array, Flags
import numpy as np

#: Outer radius of each ring of cells, as a share of the whole, and cells in it: all cells have
#: about the same area.
_RINGS = ((0.23, 1), (0.61, 6), (1.0, 12))
_ENDS, _CELLS = np.array([end for end, _ in _RINGS]), np.array([count for _, count in _RINGS])
_FIRST, _ALL_CELLS = np.cumsum(_CELLS) - _CELLS, int(_CELLS.sum())
#: Standard errors that the measured roughness is taken to be too small by.
_SURE = 2.0


def roughness_of(x: Array, y: Array, off: Array, within: Flags) -> tuple[Array, Array]:
    """
    Return roughness and noise of M surfaces, both root mean square, metres.

    :param x: M×K and
    :param y: where the points are, in a disc of radius 1.
    :param off: M×K metres.
    :param within: M×K, which of these are some.
    """
    row = np.nonzero(within)[0]
    x, y, off = x[within], y[within], off[within]
    ring = np.searchsorted(_ENDS[:-1], np.hypot(x, y))
    turn = np.arctan2(y, x) / math.tau % 1.0
    cell = row * _ALL_CELLS + _FIRST[ring] + (turn * _CELLS[ring]).astype(np.int64) % _CELLS[ring]
    shape = len(within), _ALL_CELLS

    def summed(values: Array | None = None) -> Array:
        cells = np.bincount(cell, values, len(within) * _ALL_CELLS)
        return cells.reshape(shape).astype(np.float64)

    members = summed()
    used = members > 0
    cells, count = used.sum(axis=1), within.sum(axis=1)
    held = np.where(used, members, 1)
    means = summed(off) / held
    spread = summed(off ** 2) - members * means ** 2
    variance = np.maximum(spread.sum(axis=1), 0) / np.maximum(count - cells, 1)
    cells = np.maximum(cells, 1)
    # What the means of cells are off by noise alone, squared.
    share = variance * (used / held).sum(axis=1) / cells
    surely = _SURE * share * np.sqrt(2 / cells)
    bent = np.maximum((means ** 2).sum(axis=1) / cells - share, 0)
    return np.sqrt(bent + surely), np.sqrt(variance)
