# SPDX-License-Identifier: Apache-2.0
"""Overlap and boundary measures against loops over masks and all assignments."""

import math

from blobs import comparisons, instances, sample
import cv2
from discinst_ros.evaluation.calibration import best_iou
from discinst_ros.evaluation.comparison import compare
from discinst_ros.evaluation.metrics import LabelScores
from discinst_ros.evaluation.overlap_boundary import boundary, OverlapBoundary
from discinst_ros.evaluation.panoptic import PanopticQuality
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


def test_an_object_that_fills_the_image_and_is_missed():
    """It has no boundary, and still nothing of it is recalled."""
    full, none = np.ones((30, 40), int), np.zeros((30, 40), int)
    for truth, found, expected in ((full, none, (1, 0, 0)), (none, full, (0, 1, 0)),
                                   (full, full, (1, 1, 1))):
        got = figures(compare(sample(truth), instances(found)))
        assert tuple(got[f'boundary_{name}'] for name in ('precision', 'recall', 'f')) == expected


def _on_ignored():
    """Return a perfect finding, and one more object nearly all of which nobody knows."""
    truth, found = np.zeros((40, 60), int), np.zeros((40, 60), int)
    truth[5:25, 5:25] = found[5:25, 5:25] = 1
    truth[:, 40:] = -1
    found[10:30, 39:59] = 2  # a twentieth is not ignored
    return compare(sample(truth), instances(found))


def test_what_lies_on_ignored_pixels_counts_in_no_metric():
    one = _on_ignored()
    for metric in (OverlapBoundary(), LabelScores(), PanopticQuality()):
        metric.add(one)
        figures = metric.figures()
        assert all(figures[name] == 1 for name in (
            'overlap_precision', 'boundary_f', 'sbd', 'pq') if name in figures)
        assert figures.get('abs_dic', 0) == figures.get('extra', 0) == 0
    assert set(best_iou(one)) == {1}
    assert 2 in one.whole


def test_a_true_object_beside_ignored_pixels_stays_found():
    """More of what was found is ignored, but the rest of it is a true object."""
    truth, found = np.zeros((40, 60), int), np.zeros((40, 60), int)
    truth[:, 20:] = -1
    truth[5:25, 10:20] = 1
    found[5:25, 10:50] = 1
    metric = LabelScores()
    metric.add(compare(sample(truth), instances(found)))
    assert metric.figures()['sbd'] == 1


def test_an_object_costs_what_it_covers_and_not_the_image(monkeypatch):
    """Photographs have ten million pixels, and a hundred objects in them are no rarity."""
    looked_at = []

    def counting(work):
        return lambda image, *rest, **how: looked_at.append(image.size) or work(
            image, *rest, **how)

    for name in ('dilate', 'connectedComponentsWithStats'):
        monkeypatch.setattr(cv2, name, counting(getattr(cv2, name)))
    truth = np.kron(np.arange(1, 101).reshape(10, 10), np.ones((40, 60), int))
    found = np.pad(truth, ((0, 0), (2, 0)), mode='edge')[:, :-2]
    compared = compare(sample(truth), instances(found))
    for metric in (OverlapBoundary(), LabelScores()):
        metric.add(compared)
    # one look for pieces and two for outlines, each at windows a little larger than the objects
    assert truth.size < sum(looked_at) < 5 * truth.size
