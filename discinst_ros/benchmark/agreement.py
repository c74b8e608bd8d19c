# SPDX-License-Identifier: Apache-2.0
"""How well a clustering agrees with the truth, on the pixels of the true objects."""

from __future__ import annotations

from discinst_ros.evaluation.comparison import Labels, Overlaps
from discinst_ros.optional import needed
import numpy as np
from scipy.optimize import linear_sum_assignment


def mean_iou(found: Labels, truth: Labels) -> float:
    """
    Return the mean over the true objects of the IoU with their partner, 0 for one without.

    Partners are found one to one for the highest sum of IoUs.

    :param found: H×W, 0 = none.
    :param truth: H×W, 0 = background; what is found there does not count.
    """
    iou = Overlaps.of(np.where(truth > 0, found, 0), truth).iou
    return float(iou[linear_sum_assignment(iou, maximize=True)].sum() / max(1, iou.shape[1]))


def rand_index(found: Labels, truth: Labels) -> float:
    """
    Return the adjusted Rand index (Hubert and Arabie 1985) over the pixels of the true objects.

    Pixels without a label count as one more cluster.

    :raises MissingPackage: where scikit-learn is not installed.
    """
    metrics = needed('sklearn.metrics', 'scikit-learn')
    inside = truth > 0
    return float(metrics.adjusted_rand_score(truth[inside], found[inside]))


def clusters(found: Labels) -> int:
    """Return how many clusters a label image has."""
    return int((np.unique(found) > 0).sum())
