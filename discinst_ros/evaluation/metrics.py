# SPDX-License-Identifier: Apache-2.0
"""How well a label image agrees with the true one; ids need not correspond."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.integer[Any]]

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
    dice = _dice_table(labels, reference)
    if not dice.shape[0]:
        return float(not dice.shape[1])
    return float(dice.max(axis=1, initial=0.0).mean())


def symmetric_best_dice(predicted: Labels, truth: Labels) -> float:
    """Return SBD, the lesser of :func:`best_dice` both ways (Scharr et al. 2016, equation 3)."""
    return min(best_dice(predicted, truth), best_dice(truth, predicted))


def difference_in_count(predicted: Labels, truth: Labels) -> int:
    """Return the number of predicted minus the number of true instances."""
    return len(_ids(predicted)) - len(_ids(truth))


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
    for label in _ids(truth):
        count, pieces, stats, _ = cv2.connectedComponentsWithStats(
            (truth == label).astype(np.uint8), connectivity=8)
        sizes = stats[1:count, cv2.CC_STAT_AREA]
        if (sizes >= max(MIN_PIECE_PX, MIN_PIECE_SHARE * sizes.sum())).sum() < 2:
            continue
        cut += 1
        first, second = (_majority(predicted[pieces == piece + 1])
                         for piece in np.argsort(sizes)[-2:])
        joined += first == second != 0
    return joined, cut


def _majority(values: Labels) -> int:
    return int(np.bincount(values).argmax())


def _ids(labels: Labels) -> Labels:
    ids: Labels = np.unique(labels)
    found: Labels = ids[ids > 0]
    return found


def _dice_table(labels: Labels, reference: Labels) -> npt.NDArray[np.float64]:
    """Dice of every instance of the one with every instance of the other."""
    rows, row = np.unique(labels, return_inverse=True)
    columns, column = np.unique(reference, return_inverse=True)
    pair = row.ravel() * len(columns) + column.ravel()
    overlap = np.bincount(pair, minlength=len(rows) * len(columns))
    overlap = overlap.reshape(len(rows), len(columns)).astype(np.float64)
    area = overlap.sum(axis=1, keepdims=True) + overlap.sum(axis=0, keepdims=True)
    return np.asarray((2 * overlap / area)[rows > 0][:, columns > 0])
