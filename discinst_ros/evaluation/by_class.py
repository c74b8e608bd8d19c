# SPDX-License-Identifier: Apache-2.0
"""How well objects of each true class are found by what takes all objects for one class."""

from __future__ import annotations

from collections import defaultdict

from discinst_ros.evaluation.comparison import Comparison
import numpy as np

#: The figures of a class, and their headings.
HEADINGS = {'objects': 'objects', 'mean_iou': 'mean best IoU', 'found_50': 'IoU > 0.5',
            'found_75': 'IoU > 0.75'}


class FoundByClass:
    """Collect for each true object its best IoU with any found one, class by class."""

    def __init__(self) -> None:
        self._best: defaultdict[int, list[float]] = defaultdict(list)

    def add(self, comparison: Comparison) -> None:
        """Take one image into account."""
        best = comparison.overlaps.iou.max(axis=0, initial=0.0)
        for label, iou in zip(comparison.overlaps.columns, best):
            self._best[comparison.data_class[int(label)]].append(float(iou))

    def figures(self) -> dict[int, dict[str, float]]:
        """Return the figures of each class that has objects, over those of all images."""
        return {class_id: dict(zip(HEADINGS, (
            len(best), float(np.mean(best)), float(np.mean(np.array(best) > 0.5)),
            float(np.mean(np.array(best) > 0.75))), strict=True))
            for class_id, best in sorted(self._best.items())}
