# SPDX-License-Identifier: Apache-2.0
"""
Whether scores mean what they say: of the masks with a score of 0.8, 80 % should be good.

A mask is good where its IoU with a true object exceeds :data:`GOOD_IOU`. The reliability curve
and the expected calibration error are those of Guo et al. 2017 (arXiv 1706.04599, equation 5) with
bins of equal width, of the probability that the mask is good. AUROC is how often a good mask has
a higher score than a bad one, equal scores counting half (Mann-Whitney).
"""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import ClassVar

from discinst_ros.evaluation.comparison import Comparison, Floats
from discinst_ros.inference.scores import GOOD_IOU
import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

#: Bins of the reliability curve.
BINS = 10

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reliability:
    """The masks sorted into bins by their scores; NaN where a bin is empty."""

    #: (bins,) mean score, share of good masks, and number of masks.
    score: Floats
    good: Floats
    count: npt.NDArray[np.int64]

    @classmethod
    def of(cls, scores: Floats, good: Bools, bins: int = BINS) -> Reliability:
        """
        Sort masks into bins.

        :param scores: (N,) 0 to 1.
        :param good: (N,) whether each is good.
        :param bins: of equal width; a score on an edge belongs to the upper one, 1 to the last.
        """
        index = np.minimum((scores * bins).astype(np.int64), bins - 1)
        count = np.bincount(index, minlength=bins)
        sums = (np.bincount(index, weights=values, minlength=bins) for values in (scores, good))
        mean_score, mean_good = (np.divide(total, count, out=np.full(bins, np.nan),
                                           where=count > 0) for total in sums)
        return cls(mean_score, mean_good, count)

    @property
    def expected_error(self) -> float:
        """The mean over all masks of their bin's difference between score and share."""
        if not self.count.sum():
            return math.nan
        gaps = np.nan_to_num(np.abs(self.score - self.good))
        return float((gaps * self.count).sum() / self.count.sum())


def auroc(scores: Floats, good: Bools) -> float:
    """Return the area under the ROC curve, NaN where all masks are good or all are bad."""
    positives = int(good.sum())
    negatives = len(good) - positives
    if not positives or not negatives:
        return math.nan
    ranks = rankdata(scores)[good].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


class Calibration:
    """Collect score and goodness of every mask that counts."""

    meaning: ClassVar[dict[str, str]] = {
        'masks': 'masks found',
        'good_share': 'of these, good (IoU > 0.75)',
        'auroc': 'AUROC of the score, good against bad',
        'ece': 'expected calibration error (ECE)',
    }

    def __init__(self) -> None:
        self._scores: list[float] = []
        self._good: list[bool] = []

    def add(self, comparison: Comparison) -> None:
        """Take one image into account."""
        for label, iou in best_iou(comparison).items():
            self._scores.append(comparison.scores[label])
            self._good.append(iou > GOOD_IOU)

    @property
    def scores(self) -> Floats:
        """(N,) of all masks."""
        return np.array(self._scores, np.float64)

    @property
    def good(self) -> Bools:
        """(N,) of all masks."""
        return np.array(self._good, np.bool_)

    @property
    def reliability(self) -> Reliability:
        """The curve."""
        return Reliability.of(self.scores, self.good)

    def figures(self) -> dict[str, float]:
        """Return the figures over all masks."""
        good = self.good
        return {'masks': len(good), 'good_share': float(good.mean()) if len(good) else math.nan,
                'auroc': auroc(self.scores, good), 'ece': self.reliability.expected_error}


def best_iou(comparison: Comparison) -> dict[int, float]:
    """Return the best IoU with any true object of each found one that counts, by its id."""
    best = comparison.overlaps.iou.max(axis=1, initial=0.0)
    return {int(label): float(iou) for label, iou in zip(comparison.overlaps.rows, best)}
