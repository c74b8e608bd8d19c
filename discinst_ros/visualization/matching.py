# SPDX-License-Identifier: Apache-2.0
"""Give found objects the labels, and so the colours, of the true ones."""

from __future__ import annotations

from discinst_ros.visualization.colours import Labels
import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment


def match_labels(found: Labels, truth: Labels) -> npt.NDArray[np.int64]:
    """
    Renumber found labels so that as many pixels as possible carry the true label.

    Each true label is given once at most; found objects that get none are numbered from behind
    the largest true label on.

    :param found: H×W, 0 = background.
    :param truth: H×W, 0 and below = no object.
    :return: H×W, the regions of ``found``.
    """
    ids, index = np.unique(found, return_inverse=True)
    true_ids, true_index = np.unique(truth, return_inverse=True)
    common = np.zeros((len(ids), len(true_ids)), np.int64)
    np.add.at(common, (index.ravel(), true_index.ravel()), 1)
    common[ids <= 0] = 0
    common[:, true_ids <= 0] = 0
    renumbered = np.zeros(len(ids), np.int64)
    rows, columns = linear_sum_assignment(common, maximize=True)
    hit = common[rows, columns] > 0
    renumbered[rows[hit]] = true_ids[columns[hit]]
    left = (renumbered == 0) & (ids > 0)
    renumbered[left] = max(int(true_ids.max()), 0) + 1 + np.arange(left.sum())
    return np.asarray(renumbered[index].reshape(found.shape))
