# SPDX-License-Identifier: Apache-2.0
"""Calibration figures against scikit-learn and torchmetrics."""

import math

from blobs import instances, sample
from discinst_ros.evaluation.calibration import auroc, best_iou, Calibration, Reliability
from discinst_ros.evaluation.comparison import compare
import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score
import torch
from torchmetrics.functional.classification import binary_calibration_error


def scores(seed=0, count=500, digits=4):
    rng = np.random.default_rng(seed)
    values = rng.random(count).round(digits)
    return values, rng.random(count) < values ** 2


@pytest.mark.parametrize('digits', [1, 4])
def test_auroc_equals_scikit_learn(digits):
    values, good = scores(digits=digits)  # with one digit, most scores are equal
    assert auroc(values, good) == pytest.approx(roc_auc_score(good, values), abs=1e-12)


@pytest.mark.parametrize('good', [np.ones(4, bool), np.zeros(4, bool), np.zeros(0, bool)])
def test_without_both_kinds_there_is_no_auroc(good):
    assert math.isnan(auroc(np.linspace(0, 1, len(good)), good))


def test_expected_error_equals_torchmetrics():
    values, good = scores(1)
    expected = binary_calibration_error(torch.from_numpy(values), torch.from_numpy(good).int(),
                                        n_bins=10, norm='l1')
    # float32 inside torchmetrics
    assert Reliability.of(values, good).expected_error == pytest.approx(float(expected), abs=1e-6)
    assert float(expected) > 0.05


def test_the_curve_equals_scikit_learn():
    values, good = scores(2, digits=6)
    share, mean = calibration_curve(good, values, n_bins=10)
    curve = Reliability.of(values, good)
    np.testing.assert_allclose(curve.good, share)
    np.testing.assert_allclose(curve.score, mean)
    assert curve.count.sum() == 500


def test_edges_and_empty_bins():
    curve = Reliability.of(np.array([0.0, 1.0, 1.0]), np.array([False, True, False]), bins=2)
    assert curve.count.tolist() == [1, 2]
    assert curve.expected_error == pytest.approx(2 / 3 * 0.5)
    assert math.isnan(Reliability.of(np.zeros(0), np.zeros(0, bool)).expected_error)


def test_which_masks_are_good():
    truth, found = np.zeros((40, 60), int), np.zeros((40, 60), int)
    truth[0:10, 0:10], truth[20:30, 0:10], truth[:, 40:] = 5, 6, -1
    found[0:10, 0:8], found[20:30, 0:7] = 1, 2  # IoU 0.8 and 0.7
    found[0:10, 35:60] = 3  # a fifth is not ignored
    compared = compare(sample(truth), instances(found, {1: 0.9, 2: 0.4, 3: 0.8}))
    assert best_iou(compared) == pytest.approx({1: 0.8, 2: 0.7})
    metric = Calibration()
    metric.add(compared)
    assert metric.figures() == pytest.approx(
        {'masks': 2, 'good_share': 0.5, 'auroc': 1.0, 'ece': (0.1 + 0.4) / 2})
