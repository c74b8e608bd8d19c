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
from discinst_ros.evaluation.comparison import Comparison, Overlaps
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
    lines = [boundary(predicted == label) for label in overlaps.rows]
    true_lines = [boundary(truth == label) for label in overlaps.columns]
    precise = recalled = 0
    for row, column in pairs:
        precise += int((lines[row] & cv2.dilate(true_lines[column], disk)).sum())
        recalled += int((true_lines[column] & cv2.dilate(lines[row], disk)).sum())
    return _measures(precise, sum(int(line.sum()) for line in lines),
                     recalled, sum(int(line.sum()) for line in true_lines))


def boundary(mask: npt.NDArray[np.bool_]) -> Mask:
    """
    Return H×W, 1 where a pixel differs from the next to the right, below or diagonally below.

    The boundary of the DAVIS benchmark (Perazzi et al. 2016), which the authors above use, too;
    the border of the image is none.
    """
    padded = np.pad(mask, ((0, 1), (0, 1)), mode='edge')
    right, below, diagonal = padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    return np.asarray((mask ^ right) | (mask ^ below) | (mask ^ diagonal), dtype=np.uint8)


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
