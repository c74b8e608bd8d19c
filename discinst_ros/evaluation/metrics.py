# SPDX-License-Identifier: Apache-2.0
"""
How well a label image agrees with the true one; ids need not correspond.

SBD and |DiC| are what the leaf segmentation challenge (CVPPP) reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
from discinst_ros.evaluation.comparison import (
    Comparison,
    Floats,
    Labels,
    Overlaps,
    windows,
)
import numpy as np

#: Smallest piece of a cut object that counts as a piece: pixels, and share of what is seen of it.
#: What sticks out less beside whatever covers the object is a sliver.
MIN_PIECE_PX = 30
MIN_PIECE_SHARE = 0.1


def best_dice(labels: Labels, reference: Labels) -> float:
    """
    Return the mean, over the instances of ``labels``, of the best dice with any of ``reference``.

    Scharr et al. 2016, Leaf segmentation in plant phenotyping, equation 2. Without an instance in
    ``labels`` it is 1 where ``reference`` has none either, else 0.

    :param labels: H×W, 0 = background.
    :param reference: H×W, 0 = background.
    """
    return _best_dice(Overlaps.of(labels, reference).dice)


def symmetric_best_dice(predicted: Labels, truth: Labels) -> float:
    """Return SBD, the lesser of :func:`best_dice` both ways (Scharr et al. 2016, equation 3)."""
    return symmetric_best_dice_of(Overlaps.of(predicted, truth))


def symmetric_best_dice_of(overlaps: Overlaps) -> float:
    """Return SBD from overlaps that are known already."""
    return min(_best_dice(overlaps.dice), _best_dice(overlaps.dice.T))


def share_found(overlaps: Overlaps) -> float:
    """
    Return the share of the true objects that have a found one with an IoU above a half.

    :param overlaps: of the found objects (rows) with the true ones (columns); 1 without any.
    """
    if not len(overlaps.columns):
        return 1.0
    return float((overlaps.iou.max(axis=0, initial=0.0) > 0.5).mean())


def foreground_dice(predicted: Labels, truth: Labels) -> float:
    """Return the dice of the two foregrounds, 1 where both are empty."""
    total = int((predicted > 0).sum() + (truth > 0).sum())
    return 2 * int(((predicted > 0) & (truth > 0)).sum()) / total if total else 1.0


def cut_objects(predicted: Labels, truth: Labels) -> tuple[int, int]:
    """
    Count the objects that others cut into pieces, and those of them that stay one.

    An object is cut where it has two or more connected (8 neighbours) pieces of at least
    :data:`MIN_PIECE_PX` pixels and :data:`MIN_PIECE_SHARE` of its visible pixels. It stays one
    where most pixels of its two largest pieces carry one and the same predicted id.

    :return: (objects that stay one, objects cut).
    """
    joined = cut = 0
    ids = _ids(truth)
    for label, window in zip(ids, windows(truth, ids), strict=True):
        count, pieces, stats, _ = cv2.connectedComponentsWithStats(
            (truth[window] == label).astype(np.uint8), connectivity=8)
        sizes = stats[1:count, cv2.CC_STAT_AREA]
        if (sizes >= max(MIN_PIECE_PX, MIN_PIECE_SHARE * sizes.sum())).sum() < 2:
            continue
        cut += 1
        first, second = (_majority(predicted[window][pieces == piece + 1])
                         for piece in np.argsort(sizes)[-2:])
        joined += first == second != 0
    return joined, cut


@dataclass(frozen=True)
class ImageScore:
    """The scores of one image."""

    name: str
    #: Symmetric best dice, 0 to 1.
    sbd: float
    #: Predicted minus true number of instances.
    difference_in_count: int
    #: Dice of the foreground, 0 to 1.
    foreground_dice: float
    #: Objects that others cut in pieces, and how many of them kept one id.
    cut: int
    joined: int

    @classmethod
    def of(cls, name: str, predicted: Labels, truth: Labels, *,
           overlaps: Overlaps | None = None) -> ImageScore:
        """
        Score one image; in both label images 0 is the background.

        :param overlaps: of the two, where they are known already.
        """
        joined, cut = cut_objects(predicted, truth)
        overlaps = overlaps or Overlaps.of(predicted, truth)
        return cls(name, symmetric_best_dice_of(overlaps),
                   len(overlaps.rows) - len(overlaps.columns), foreground_dice(predicted, truth),
                   cut, joined)


class LabelScores:
    """Collect the scores of each image; the figures are means over images."""

    meaning: ClassVar[dict[str, str]] = {
        'sbd': 'symmetric best dice (SBD)',
        'abs_dic': 'difference in count, absolute (|DiC|)',
        'foreground_dice': 'dice of the foreground',
        'cut_objects': 'objects cut in pieces by others',
        'cut_joined': 'of these, pieces carry one id',
    }

    def __init__(self) -> None:
        self.images: list[ImageScore] = []

    def add(self, comparison: Comparison) -> None:
        """Take one image into account."""
        self.images.append(ImageScore.of(
            comparison.name, comparison.predicted, comparison.truth,
            overlaps=comparison.overlaps))

    def figures(self) -> dict[str, float]:
        """Return the means; the share of cut objects is one of all images together."""
        cut = sum(image.cut for image in self.images)
        joined = sum(image.joined for image in self.images)
        return {
            'sbd': float(np.mean([image.sbd for image in self.images])),
            'abs_dic': float(np.mean([abs(image.difference_in_count) for image in self.images])),
            'foreground_dice': float(np.mean([image.foreground_dice for image in self.images])),
            'cut_objects': cut,
            'cut_joined': joined / cut if cut else float('nan'),
        }


def _best_dice(dice: Floats) -> float:
    """Return the mean of the highest value of each row, 1 where there is nothing at all."""
    if not dice.shape[0]:
        return float(not dice.shape[1])
    return float(dice.max(axis=1, initial=0.0).mean())


def _majority(values: Labels) -> int:
    return int(np.bincount(values).argmax())


def _ids(labels: Labels) -> Labels:
    ids: Labels = np.unique(labels)
    found: Labels = ids[ids > 0]
    return found
