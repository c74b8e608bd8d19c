# SPDX-License-Identifier: Apache-2.0
"""
Panoptic quality of the objects.

Kirillov, He, Girshick, Rother, Dollár: Panoptic Segmentation (CVPR 2019), equation 1: a found and
a true object of one class match where their IoU exceeds a half. Over all images, the segmentation
quality SQ is the mean IoU of the matches, the recognition quality RQ their F1, and PQ the product;
each is averaged over the classes that occur. The background is no class here. At an IoU above a
half an object has no second match. What lies on a crowd is excused whatever the crowd's class.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
import math
from typing import ClassVar

from discinst_ros.evaluation.comparison import Comparison, MATCH_IOU
import numpy as np


@dataclass
class _Tally:
    iou: float = 0.0
    matches: int = 0
    extra: int = 0
    missed: int = 0

    def qualities(self) -> tuple[float, float, float]:
        """Return PQ, SQ and RQ."""
        segmentation = self.iou / self.matches if self.matches else 0.0
        recognition = self.matches / (self.matches + (self.extra + self.missed) / 2)
        return segmentation * recognition, segmentation, recognition


class PanopticQuality:
    """Count matches class by class."""

    meaning: ClassVar[dict[str, str]] = {
        'pq': 'panoptic quality (PQ)',
        'sq': 'segmentation quality (SQ)',
        'rq': 'recognition quality (RQ)',
        'matched': 'objects matched (IoU > 0.5)',
        'missed': 'objects missed',
        'extra': 'found, but not there',
    }

    def __init__(self) -> None:
        self._tallies: defaultdict[int, _Tally] = defaultdict(_Tally)

    def add(self, comparison: Comparison) -> None:
        """Take one image into account."""
        overlaps = comparison.overlaps
        classes = [comparison.predicted_class[int(label)] for label in overlaps.rows]
        true_classes = [comparison.true_class[int(label)] for label in overlaps.columns]
        same = np.equal.outer(np.array(classes, int), np.array(true_classes, int))
        iou = np.where(same, overlaps.iou, 0.0)
        match = iou > MATCH_IOU
        for row, class_id in enumerate(classes):
            tally = self._tallies[class_id]
            if match[row].any():
                tally.matches += 1
                tally.iou += float(iou[row].max())
            else:
                tally.extra += 1
        for column, class_id in enumerate(true_classes):
            self._tallies[class_id].missed += not match[:, column].any()

    def figures(self) -> dict[str, float]:
        """Return the qualities, NaN where nothing was found and nothing is there."""
        seen = [tally for tally in self._tallies.values()
                if tally.matches or tally.extra or tally.missed]
        means = (np.mean([tally.qualities() for tally in seen], axis=0).tolist() if seen
                 else [math.nan] * 3)
        counts = (sum(getattr(tally, name) for tally in seen)
                  for name in ('matches', 'missed', 'extra'))
        return dict(zip(self.meaning, (*means, *counts), strict=True))
