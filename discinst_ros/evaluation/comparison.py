# SPDX-License-Identifier: Apache-2.0
"""
What was found in one image beside what is there: the one thing all metrics are computed from.

Pixels labelled below 0 are nobody's: they are taken out of both, so that no metric sees them. Two
metrics have rules of their own for such pixels, the AP of Cityscapes and that of COCO; they start
from :attr:`Comparison.whole` and :attr:`Comparison.ignored`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.evaluation.ids import numbered
from discinst_ros.instances import Instances
import numpy as np
import numpy.typing as npt
from scipy import ndimage

Labels = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
#: Rows and columns of a part of an image.
Window = tuple[slice, slice]

#: A found object of which a larger share is on ignored pixels counts neither for nor against,
#: unless what is left of it is a true object, that is their IoU exceeds the second number.
MAX_IGNORED_SHARE, MATCH_IOU = 0.5, 0.5


@dataclass(frozen=True)
class Overlaps:
    """How many pixels the objects of two label images share."""

    #: (N,) and (M,) int, the ids of the objects, ascending; 0 and below is nobody.
    rows: Labels
    columns: Labels
    #: N×M float64, pixels in common.
    shared: Floats
    #: (N,) and (M,) float64, pixels of each object.
    row_area: Floats
    column_area: Floats

    @classmethod
    def of(cls, labels: Labels, reference: Labels) -> Overlaps:
        """Count the pixels of two label images (H×W); ids need not be in sequence."""
        rows, row = numbered(np.maximum(labels, 0))
        columns, column = numbered(np.maximum(reference, 0))
        pair = row.ravel() * len(columns) + column.ravel()
        counts: Floats = np.bincount(pair, minlength=len(rows) * len(columns)).astype(np.float64)
        counts = counts.reshape(len(rows), len(columns))
        return cls(rows[rows > 0], columns[columns > 0], counts[rows > 0][:, columns > 0],
                   counts.sum(axis=1)[rows > 0], counts.sum(axis=0)[columns > 0])

    @property
    def dice(self) -> Floats:
        """N×M: twice the shared pixels over the sum of both; the F-measure of their overlap."""
        return np.asarray(2 * self.shared / (self.row_area[:, None] + self.column_area))

    @property
    def iou(self) -> Floats:
        """N×M: the shared pixels over those of either."""
        return np.asarray(
            self.shared / (self.row_area[:, None] + self.column_area - self.shared))


@dataclass(frozen=True)
class Comparison:
    """Found and true objects of one image."""

    name: str
    #: H×W int32 ids, 0 = background, ignored, or of a found object that does not count.
    predicted: npt.NDArray[np.int32]
    truth: npt.NDArray[np.int32]
    #: Class of each id of :attr:`whole` and of :attr:`truth`; all 1 where classes do not matter.
    predicted_class: dict[int, int]
    true_class: dict[int, int]
    #: Score of each id of :attr:`whole`.
    scores: dict[int, float]
    #: H×W int32, the found ids on ignored pixels, too.
    whole: npt.NDArray[np.int32]
    #: H×W int16: -1 = not ignored, 0 = ignored and of unknown class, otherwise a crowd of that
    #: class.
    ignored: npt.NDArray[np.int16]
    #: H×W float32 metres, NaN = none; None where the image has no depth.
    depth: npt.NDArray[np.float32] | None = None
    #: Class of each id of :attr:`truth` as the data has it, also where classes do not matter.
    data_class: dict[int, int] = field(default_factory=dict)

    @cached_property
    def overlaps(self) -> Overlaps:
        """The found (rows) and the true objects (columns)."""
        return Overlaps.of(self.predicted, self.truth)


def compare(sample: Sample, found: Instances, *, class_map: Sequence[int] | None = None,
            class_agnostic: bool = False) -> Comparison:
    """
    Put what was found beside what is there.

    :param sample: with labels.
    :param found: in the image of the sample.
    :param class_map: the data's class for each class of the finder; None where they agree.
    :param class_agnostic: take all objects for one class, 1.
    :raises ValueError: where the sample has no labels, or classes matter and one of its objects
        has none.
    """
    labels, whole = labels_of(sample), found.label_image.astype(np.int32)
    classes = np.sign(labels) if sample.classes is None else sample.classes.astype(np.int32)
    data_class = _classes_of(labels, classes)
    if class_agnostic:
        classes = np.minimum(classes, 1)
    true_class = dict.fromkeys(data_class, 1) if class_agnostic else data_class
    for label, class_id in true_class.items():
        if class_id == 0:
            raise ValueError(f"'{sample.name}': instance {label} is of class 0, the background; "
                             'mend its class image (dataset check lists all such), or compare '
                             'without classes (--class-agnostic)')
    predicted_class = {
        one.label: 1 if class_agnostic else class_map[one.class_id] if class_map else one.class_id
        for one in found.instances}
    unknown = labels < 0
    truth = np.maximum(labels, 0)
    return Comparison(
        name=sample.name, predicted=_counting(whole, truth, unknown), truth=truth,
        predicted_class=predicted_class, true_class=true_class,
        scores={one.label: one.score for one in found.instances}, whole=whole,
        ignored=np.where(unknown, np.maximum(classes, 0), -1).astype(np.int16),
        depth=sample.depth, data_class=data_class)


def _classes_of(labels: Labels, classes: Labels) -> dict[int, int]:
    """Return the class of each object: that of most of its pixels."""
    inside = labels > 0
    ids, place = numbered(labels[inside])
    kinds = int(classes[inside].max(initial=0)) + 1
    counts = np.bincount(place * kinds + classes[inside], minlength=len(ids) * kinds)
    most = counts.reshape(len(ids), kinds).argmax(axis=1)
    return dict(zip(ids.tolist(), most.tolist(), strict=True))


def _counting(whole: npt.NDArray[np.int32], truth: npt.NDArray[np.int32],
              unknown: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Return the found ids outside of ignored pixels, without those that count for nothing."""
    predicted = np.where(unknown, 0, whole)
    if not unknown.any():
        return predicted
    overlaps = Overlaps.of(predicted, truth)
    area = np.bincount(whole.ravel())[overlaps.rows]
    hidden = (overlaps.row_area < (1 - MAX_IGNORED_SHARE) * area) & (
        overlaps.iou.max(axis=1, initial=0.0) <= MATCH_IOU)
    return np.where(np.isin(predicted, overlaps.rows[hidden]), 0, predicted)


def windows(labels: Labels, ids: Labels) -> list[Window]:
    """
    Return the smallest window around each object: what looks at one object needs no more.

    :param labels: H×W.
    :param ids: (N,) of the objects, ascending; each occurs.
    """
    if not len(ids):
        return []
    place = np.minimum(np.searchsorted(ids, labels), len(ids) - 1)
    numbers = np.where(ids[place] == labels, place + 1, 0)
    return [window for window in ndimage.find_objects(numbers, len(ids)) if window]


def grown(window: Window, by: int) -> Window:
    """Return a window with so many rows and columns more on each side, as far as there are any."""
    rows, columns = (slice(max(side.start - by, 0), side.stop + by) for side in window)
    return rows, columns
