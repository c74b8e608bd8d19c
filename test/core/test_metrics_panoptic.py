# SPDX-License-Identifier: Apache-2.0
"""Panoptic quality against torchmetrics, and the rule for ignored pixels by hand."""

import math

from blobs import comparisons, instances, sample
from discinst_ros.evaluation.comparison import compare
from discinst_ros.evaluation.panoptic import PanopticQuality
import numpy as np
import pytest
import torch
from torchmetrics.detection import PanopticQuality as Reference


def figures(*compared):
    metric = PanopticQuality()
    for one in compared:
        metric.add(one)
    return metric.figures()


def as_panoptic(labels, classes):
    """H×W×2: class, id; the background is a kind of stuff, 0."""
    table = np.zeros(labels.max() + 1, int)
    for label, kind in classes.items():
        table[label] = kind
    return torch.from_numpy(np.stack([table[labels], labels], axis=-1))


@pytest.mark.parametrize('classes', [1, 3])
def test_equals_torchmetrics(classes):
    compared = comparisons(classes, images=12, classes=classes)
    reference = Reference(things=set(range(1, classes + 1)), stuffs={0}, return_sq_and_rq=True,
                          return_per_class=True)
    for one in compared:
        reference.update(as_panoptic(one.predicted, one.predicted_class)[None],
                         as_panoptic(one.truth, one.true_class)[None])
    values = reference.compute().numpy().reshape(classes + 1, 3)
    # torchmetrics puts the things first
    expected = values[:classes].mean(axis=0)
    got = figures(*compared)
    assert [got['pq'], got['sq'], got['rq']] == pytest.approx(expected, abs=1e-6)
    assert 0.1 < got['pq'] < 0.9
    assert got['matched'] + got['missed'] == sum(len(one.true_class) for one in compared)
    assert got['matched'] + got['extra'] == sum(len(one.predicted_class) for one in compared)


def test_what_lies_on_ignored_pixels_is_no_error():
    truth, found = np.zeros((40, 60), int), np.zeros((40, 60), int)
    truth[5:15, 5:15], found[5:15, 5:15] = 1, 1
    truth[:, 30:] = -1
    found[20:30, 28:40] = 2  # 20 of 120 pixels are not ignored
    found[30:40, 20:32] = 3  # 100 of 120 are not
    got = figures(compare(sample(truth), instances(found)))
    assert (got['matched'], got['missed'], got['extra']) == (1, 0, 1)
    assert got['pq'] == pytest.approx(1 / 1.5)


def test_nothing_at_all():
    got = figures(compare(sample(np.zeros((5, 5), int)), instances(np.zeros((5, 5), int))))
    assert math.isnan(got['pq']) and got['matched'] == 0
