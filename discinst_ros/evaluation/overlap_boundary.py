# SPDX-License-Identifier: Apache-2.0
"""
Precision, recall and F of overlap and of boundary, as work on unseen objects reports them.

Xie, Xiang, Mousavian, Fox: Unseen Object Instance Segmentation for Robotic Environments
(arXiv 2007.08073, section VI): found and true objects are paired one to one so that the sum of
their F is highest; precision is the share of the pixels found that lie in the object's partner,
recall the share of the true pixels that their partner covers. For the boundary, lines stand in
the place of the areas, and the partner's line is dilated.
"""

from __future__ import annotations

from collections.abc import Sequence
import math
from typing import Any, ClassVar

import cv2
from discinst_ros.evaluation.comparison import (
    Comparison,
    grown,
    Labels,
    Overlaps,
    Window,
    windows,
)
import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Mask = npt.NDArray[np.uint8]

#: Tolerance of the boundary as a share of the image's diagonal, rounded up to a pixel.
BOUNDARY_SHARE = 0.003
#: A true object whose overlap F exceeds this is found.
FOUND_F = 0.75


class OverlapBoundary:
    """Collect precision, recall and F of each image; the figures are means over images."""

    meaning: ClassVar[dict[str, str]] = {
        'overlap_precision': 'overlap, precision',
        'overlap_recall': 'overlap, recall',
        'overlap_f': 'overlap, F',
        'boundary_precision': 'boundary, precision',
        'boundary_recall': 'boundary, recall',
        'boundary_f': 'boundary, F',
        'found_75': 'objects with an overlap F > 0.75',
    }

    def __init__(self) -> None:
        self._rows: list[list[float]] = []

    def add(self, comparison: Comparison) -> None:
        """Take one image into account."""
        overlaps = comparison.overlaps
        pairs = paired(overlaps)
        self._rows.append([
            *overlap_measures(overlaps, pairs),
            *boundary_measures(comparison.predicted, comparison.truth, overlaps, pairs),
            found_share(overlaps, pairs)])

    @property
    def per_image(self) -> dict[str, list[float]]:
        """The figures of each image, in the order they came."""
        return {name: [row[index] for row in self._rows]
                for index, name in enumerate(self.meaning)}

    def figures(self) -> dict[str, float]:
        """Return the means; an image without objects has no share of objects found."""
        return dict(zip(self.meaning, means(self._rows), strict=True))


def means(rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the mean of each column over the rows where it has a value, NaN where none has."""
    return [float(np.nanmean(column)) if np.isfinite(column).any() else math.nan
            for column in np.array(rows).T]


def paired(overlaps: Overlaps) -> list[tuple[int, int]]:
    """Return the pairs (row, column) of the assignment with the highest F that overlap at all."""
    f = overlaps.dice
    return [(int(row), int(column)) for row, column in zip(*linear_sum_assignment(-f))
            if f[row, column] > 0]


def found_share(overlaps: Overlaps, pairs: list[tuple[int, int]]) -> float:
    """Return the share of true objects with an F above :data:`FOUND_F`, NaN without objects."""
    found = sum(overlaps.dice[pair] > FOUND_F for pair in pairs)
    return float(found / len(overlaps.columns)) if len(overlaps.columns) else math.nan


def overlap_measures(overlaps: Overlaps, pairs: list[tuple[int, int]]
                     ) -> tuple[float, float, float]:
    """Return precision, recall and F of the areas of one image."""
    shared = sum(overlaps.shared[pair] for pair in pairs)
    return _measures(shared, overlaps.row_area.sum(), shared, overlaps.column_area.sum())


def boundary_measures(
    predicted: npt.NDArray[np.int32], truth: npt.NDArray[np.int32], overlaps: Overlaps,
    pairs: list[tuple[int, int]],
) -> tuple[float, float, float]:
    """
    Return precision, recall and F of the boundaries of one image.

    An object that fills the image has none, but counts where it alone is there.
    """
    if bool(len(overlaps.rows)) != bool(len(overlaps.columns)):
        return float(not len(overlaps.rows)), float(not len(overlaps.columns)), 0.0
    radius = math.ceil(BOUNDARY_SHARE * math.hypot(*truth.shape))
    across = np.arange(-radius, radius + 1)
    disk = (across ** 2 + across[:, None] ** 2 <= radius ** 2).astype(np.uint8)
    found, true = _Outlines(predicted, overlaps.rows), _Outlines(truth, overlaps.columns)
    precise = recalled = 0
    for row, column in pairs:
        # An outline is at most a pixel outside of its object, and is dilated by the radius.
        window = grown(_around(found.windows[row], true.windows[column]), radius + 1)
        line, true_line = found.within(window, row), true.within(window, column)
        precise += int((line & cv2.dilate(true_line, disk)).sum())
        recalled += int((true_line & cv2.dilate(line, disk)).sum())
    return _measures(precise, found.length, recalled, true.length)


def boundary(mask: npt.NDArray[np.bool_]) -> Mask:
    """
    Return H×W, 1 where a pixel differs from the next to the right, below or diagonally below.

    The boundary of the DAVIS benchmark (Perazzi et al. 2016), which the authors above use, too;
    the border of the image is none.
    """
    padded = np.pad(mask, ((0, 1), (0, 1)), mode='edge')
    right, below, diagonal = padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    return np.asarray((mask ^ right) | (mask ^ below) | (mask ^ diagonal), dtype=np.uint8)


class _Outlines:
    """The outlines of the objects of a label image, each looked at where it is."""

    def __init__(self, labels: Labels, ids: Labels) -> None:
        """
        Find the objects.

        :param labels: H×W.
        :param ids: of the objects, ascending.
        """
        self._labels, self._ids = labels, ids
        self.windows = windows(labels, ids)

    def within(self, window: Window, index: int) -> Mask:
        """Return the outline of one object in a window that reaches beyond it."""
        return boundary(self._labels[window] == self._ids[index])

    @property
    def length(self) -> int:
        """Pixels of all of them."""
        return sum(int(self.within(grown(window, 1), index).sum())
                   for index, window in enumerate(self.windows))


def _around(one: Window, other: Window) -> Window:
    """Return the smallest window that holds both."""
    rows, columns = (slice(min(side.start, beside.start), max(side.stop, beside.stop))
                     for side, beside in zip(one, other, strict=True))
    return rows, columns


def _measures(precise: float, found: float, recalled: float, true: float
              ) -> tuple[float, float, float]:
    """
    Return precision, recall and F.

    Nothing found is precise, nothing to find is recalled, and F is 0 where only one is nothing.
    """
    precision, recall = _share(precise, found), _share(recalled, true)
    if not (found and true):
        return precision, recall, float(not found and not true)
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def _share(part: Any, whole: Any) -> float:
    return float(part / whole) if whole else 1.0
