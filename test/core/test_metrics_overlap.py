# SPDX-License-Identifier: Apache-2.0
"""Overlap and boundary measures against loops over masks and all assignments."""

import math

from blobs import comparisons, instances, sample
from discinst_ros.evaluation.comparison import compare
from discinst_ros.evaluation.overlap_boundary import boundary, OverlapBoundary
import numpy as np
from overlap_reference import measures
import pytest


def figures(*compared):
    metric = OverlapBoundary()
    for one in compared:
        metric.add(one)
    return metric.figures()


@pytest.mark.parametrize('seed', range(2))
@pytest.mark.parametrize('ignored', [False, True])
def test_the_means_over_images_equal_a_loop(seed, ignored):
    compared = comparisons(seed, images=2, shape=(50, 70), count=4, ignored=ignored)
    expected = [measures(one.predicted, one.truth) for one in compared]
    got = figures(*compared)
    assert set(got) == set(expected[0])
    for name, value in got.items():
        assert value == pytest.approx(np.mean([one[name] for one in expected])), name
    assert 0 < got['boundary_f'] < 1 and 0 < got['overlap_f'] < 1


def test_the_tolerance_grows_with_the_image():
    """A square found two pixels to the right: at 640×480 the tolerance is three pixels."""
    truth = np.zeros((480, 640), int)
    truth[100:200, 100:200] = 1
    got = figures(compare(sample(truth), instances(np.roll(truth, 2, axis=1))))
    assert got['boundary_f'] == 1.0 and got['overlap_f'] == pytest.approx(0.98)
    small = truth[::4, ::4]
    assert figures(compare(sample(small), instances(np.roll(small, 2, axis=1))))['boundary_f'] < 1


def test_the_border_of_the_image_is_no_boundary():
    assert not boundary(np.ones((4, 5), bool)).any()
    half = np.zeros((4, 5), bool)
    half[:, :2] = True
    assert boundary(half).sum(axis=0).tolist() == [0, 4, 0, 0, 0]


@pytest.mark.parametrize('found, true, expected', [
    (False, False, (1, 1, 1)), (False, True, (1, 0, 0)), (True, False, (0, 1, 0))])
def test_nothing_there(found, true, expected):
    truth = np.zeros((30, 40), int)
    truth[5:20, 5:20] = 1
    got = figures(compare(sample(truth * true), instances(truth * found)))
    for kind in ('overlap', 'boundary'):
        assert tuple(got[f'{kind}_{name}'] for name in ('precision', 'recall', 'f')) == expected
    assert got['found_75'] == 0 if true else math.isnan(got['found_75'])
