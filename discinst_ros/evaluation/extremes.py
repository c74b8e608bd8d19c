# SPDX-License-Identifier: Apache-2.0
"""The best and the worst images of an evaluation, as pictures."""

from __future__ import annotations

import heapq

from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.evaluation.ids import numbered
from discinst_ros.inference.regions import as_instances
from discinst_ros.instances import Instances
from discinst_ros.visualization import draw_overlay
from discinst_ros.visualization.colours import RgbImage
import numpy as np
import numpy.typing as npt


class Extremes:
    """Keep a few images of the highest and of the lowest score, whatever number passes by."""

    def __init__(self, count: int = 0) -> None:
        """:param count: of the images to keep at each end."""
        self._count = count
        self._order = 0
        self._best: list[tuple[float, int, Sample, Instances]] = []
        self._worst: list[tuple[float, int, Sample, Instances]] = []

    def add(self, score: float, sample: Sample, found: Instances) -> None:
        """Show one image; of equal scores the earlier stays."""
        self._order += 1
        for heap, value in ((self._best, score), (self._worst, -score)):
            heapq.heappush(heap, (value, -self._order, sample, found))
            if len(heap) > self._count:
                heapq.heappop(heap)

    @property
    def best(self) -> list[tuple[float, Sample, Instances]]:
        """Score, sample and what was found in it, the highest first."""
        return [(value, sample, found)
                for value, _, sample, found in sorted(self._best, key=_rank)]

    @property
    def worst(self) -> list[tuple[float, Sample, Instances]]:
        """Score, sample and what was found in it, the lowest first."""
        return [(-value, sample, found)
                for value, _, sample, found in sorted(self._worst, key=_rank)]


def side_by_side(sample: Sample, found: Instances) -> RgbImage:
    """Draw the true objects of an image and, to the right, those found."""
    left = draw_overlay(sample.image, true_instances(labels_of(sample)))
    gap = np.full((left.shape[0], 4, 3), 255, np.uint8)
    return np.hstack([left, gap, draw_overlay(sample.image, found)])


def true_instances(labels: npt.NDArray[np.int32]) -> Instances:
    """Return a true label image (H×W) as if it had been found, numbered from 1."""
    _, index = numbered(np.maximum(labels, 0))
    first = 0 if (labels <= 0).any() else 1
    return as_instances((index + first).astype(np.uint16))


def _rank(entry: tuple[float, int, Sample, Instances]) -> tuple[float, int]:
    return -entry[0], -entry[1]
