# SPDX-License-Identifier: Apache-2.0
"""
Average precision of masks as COCO defines it, computed by faster-coco-eval.

Ignored pixels follow COCO's own rule: each class has them as a crowd, which what is found may
overlap at no cost.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any, ClassVar

from discinst_ros.data.coco_rle import encode_labels, encode_mask
from discinst_ros.evaluation.comparison import Comparison
from discinst_ros.optional import needed

#: Areas in pixels that a figure counts, both ends among them, as COCO has it.
_ANY = (0.0, math.inf)
_AREAS = {'coco_ap_small': (0.0, 32.0 ** 2), 'coco_ap_medium': (32.0 ** 2, 96.0 ** 2),
          'coco_ap_large': (96.0 ** 2, math.inf)}


class CocoAp:
    """Collect masks as run lengths; the AP is computed at the end."""

    meaning: ClassVar[dict[str, str]] = {
        'coco_ap': 'COCO mask AP (IoU 0.50 to 0.95)',
        'coco_ap50': 'COCO mask AP50',
        'coco_ap75': 'COCO mask AP75',
        'coco_ap_small': 'COCO mask AP, area below 32² px',
        'coco_ap_medium': 'COCO mask AP, area 32² to 96² px',
        'coco_ap_large': 'COCO mask AP, area above 96² px',
    }

    def __init__(self) -> None:
        """
        Look for the library.

        :raises MissingPackage: where it is not installed.
        """
        self._library: ModuleType = needed(
            'faster_coco_eval', 'faster-coco-eval', instead='choose other --metrics')
        self._images: list[dict[str, Any]] = []
        self._truth: list[dict[str, Any]] = []
        self._found: list[dict[str, Any]] = []

    def add(self, comparison: Comparison) -> None:
        """Take one image into account."""
        height, width = comparison.truth.shape
        image = len(self._images) + 1
        self._images.append({'id': image, 'height': height, 'width': width})
        overlaps = comparison.overlaps
        for label, area, rle in zip(overlaps.columns.tolist(), overlaps.column_area, encode_labels(
                comparison.truth, overlaps.columns), strict=True):
            self._annotate(image, comparison.true_class[label], rle, int(area))
        classes = {*comparison.true_class.values(), *comparison.predicted_class.values()}
        for class_id in sorted(classes):
            crowd = (comparison.ignored == 0) | (comparison.ignored == class_id)
            if crowd.any():
                self._annotate(image, class_id, encode_mask(crowd), int(crowd.sum()), crowd=True)
        for label, rle in zip(comparison.predicted_class, encode_labels(
                comparison.whole, comparison.predicted_class)):
            self._found.append({
                'image_id': image, 'category_id': comparison.predicted_class[label],
                'segmentation': rle, 'score': comparison.scores[label]})

    def figures(self) -> dict[str, float]:
        """Return the figures; NaN where no true object is of that size."""
        if not any(not one['iscrowd'] for one in self._truth):
            return dict.fromkeys(self.meaning, math.nan)
        classes = sorted({one['category_id'] for one in (*self._truth, *self._found)})
        truth = self._library.COCO({
            'images': self._images, 'annotations': self._truth,
            'categories': [{'id': class_id, 'name': str(class_id)} for class_id in classes]})
        if not self._found:
            areas = [one['area'] for one in self._truth if not one['iscrowd']]
            return {name: 0.0 if any(low <= area <= high for area in areas) else math.nan
                    for name in self.meaning for low, high in (_AREAS.get(name, _ANY),)}
        judge = self._library.COCOeval_faster(truth, truth.loadRes(self._found), iouType='segm')
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
        return {name: float(value) if value >= 0 else math.nan
                for name, value in zip(self.meaning, judge.stats[:len(self.meaning)])}

    def _annotate(self, image: int, class_id: int, rle: dict[str, Any], area: int, *,
                  crowd: bool = False) -> None:
        self._truth.append({
            'id': len(self._truth) + 1, 'image_id': image, 'category_id': class_id,
            'segmentation': rle, 'area': area, 'bbox': [0, 0, 0, 0], 'iscrowd': int(crowd)})
