# SPDX-License-Identifier: Apache-2.0
"""All that a camera sees of a bin, and which points are of which object."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from discinst_ros.picking.arrays import Array, Indices
import numpy as np
import numpy.typing as npt

#: Where in the image points are is looked up in a grid of so many cells each way.
_SIDE = 64
#: So many points tell where in the image most of them are, but for this share at each side: a
#: point near to the camera may be anywhere.
_ENOUGH, _STRAY = 2000, 1.0


@dataclass(frozen=True, eq=False)
class Cloud:
    """Points with labels, sorted once for all objects: each of hundreds asks for its own."""

    #: N×3 metres in the camera optical frame.
    points: Array
    #: (N,) the label of each point, 0 = no object.
    labels: npt.NDArray[np.int64]

    @cached_property
    def image(self) -> Array:
        """N×2, x/z and y/z: where in the image the points are, whatever the camera."""
        return np.asarray(self.points[:, :2] / self.points[:, 2:], order='F')

    def of(self, label: int) -> Indices:
        """Return the indices of the points of an object, ascending."""
        order, labels = self._by_label
        first, end = np.searchsorted(labels, (label, label + 1))
        return order[first:end]

    def within(self, low: Array, high: Array) -> Indices:
        """
        Return the indices of the points in a part of the image, ascending.

        :param low: (2,) the least x/z and y/z.
        :param high: (2,) the greatest ones.
        """
        order, start = self._by_cell
        (left, top), (right, bottom) = self._cells(np.stack([low, high])).tolist()
        near = np.concatenate([order[start[row, left]:start[row, right + 1]]
                               for row in range(top, bottom + 1)])
        image = self.image[near]
        return np.sort(near[((image >= low) & (image <= high)).all(axis=1)])

    @cached_property
    def _by_label(self) -> tuple[Indices, npt.NDArray[np.int64]]:
        order = np.argsort(self.labels, kind='stable')
        return order, self.labels[order]

    @cached_property
    def _range(self) -> tuple[Array, Array]:
        """Where in the image most points are: the least x/z and y/z, and the size of a cell."""
        some = self.image[::1 + len(self.image) // _ENOUGH]
        low, high = np.percentile(some, [_STRAY, 100 - _STRAY], axis=0)
        return low, np.maximum(high - low, np.finfo(np.float64).tiny) / _SIDE

    def _cells(self, image: Array) -> npt.NDArray[np.int64]:
        """Return column and row; what lies outside is in the outermost cells."""
        low, step = self._range
        return np.clip(np.floor((image - low) / step), 0, _SIDE - 1).astype(np.int64)

    @cached_property
    def _by_cell(self) -> tuple[Indices, Indices]:
        """Return the points cell by cell, and where those of each row and column begin."""
        column, row = self._cells(self.image).T
        # of 16 bits: these are sorted in a fraction of the time
        cell = (row * _SIDE + column).astype(np.int16)
        order = np.argsort(cell, kind='stable')
        start = np.searchsorted(cell[order], np.arange(_SIDE * _SIDE + 1))
        rows = np.arange(_SIDE)[:, None] * _SIDE
        return order, start[rows + np.arange(_SIDE + 1)]
