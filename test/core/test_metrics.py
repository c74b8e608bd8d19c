# SPDX-License-Identifier: Apache-2.0
"""Metrics against values computed by hand, and SBD against a plain loop."""

from discinst_ros.evaluation.comparison import Overlaps
from discinst_ros.evaluation.metrics import (
    best_dice,
    cut_objects,
    foreground_dice,
    ImageScore,
    share_found,
    symmetric_best_dice,
)
import numpy as np
import pytest


def row(*values):
    return np.array([values])


def test_best_dice_by_hand():
    truth, predicted = row(1, 1, 1, 2, 2, 0), row(7, 7, 0, 7, 9, 9)
    # 1: with 7 2·2/(3+3); 2: with 7 2·1/(2+3), with 9 2·1/(2+2).
    assert best_dice(truth, predicted) == pytest.approx((4 / 6 + 2 / 4) / 2)
    # 7: with 1 4/6; 9: with 2 2/4.
    assert best_dice(predicted, truth) == pytest.approx((4 / 6 + 2 / 4) / 2)


def test_merging_and_splitting_both_cost():
    two, one = row(1, 1, 2, 2), row(5, 5, 5, 5)
    assert symmetric_best_dice(one, two) == pytest.approx(2 * 2 / 6)
    assert symmetric_best_dice(two, one) == pytest.approx(2 * 2 / 6)
    assert symmetric_best_dice(two, two[:, ::-1]) == 1.0


@pytest.mark.parametrize('predicted, truth, expected', [
    (row(0, 0), row(0, 0), 1.0), (row(0, 0), row(0, 1), 0.0), (row(1, 0), row(0, 0), 0.0)])
def test_nothing_there(predicted, truth, expected):
    assert symmetric_best_dice(predicted, truth) == expected


def test_sbd_equals_a_loop():
    rng = np.random.default_rng(0)
    for _ in range(5):
        a, b = rng.integers(0, 6, (2, 20, 30)) * 17

        def one_way(first, second):
            best = []
            for i in set(first[first > 0].tolist()):
                best.append(max(2 * ((first == i) & (second == j)).sum()
                                / ((first == i).sum() + (second == j).sum())
                                for j in set(second[second > 0].tolist())))
            return np.mean(best)

        assert symmetric_best_dice(a, b) == pytest.approx(min(one_way(a, b), one_way(b, a)))


def test_counts_and_foreground():
    score = ImageScore.of('a', row(1, 2, 9, 0), row(4, 4, 0, 0))
    assert score.difference_in_count == 2
    assert foreground_dice(row(1, 2, 0, 0), row(0, 5, 5, 0)) == pytest.approx(0.5)
    assert foreground_dice(row(0, 0), row(0, 0)) == 1.0


def crossing():
    """Draw a horizontal bar, 1, that a vertical bar, 2, cuts in two; 3 lies apart."""
    truth = np.zeros((40, 60), np.int64)
    truth[18:24, 5:55] = 1
    truth[2:38, 28:34] = 2
    truth[30:38, 40:50] = 3
    return truth


def test_share_found():
    truth = crossing()
    found = truth.copy()
    found[truth == 3] = 0
    found[30:36, 40:50] = 8  # 60 of its 80 pixels
    assert share_found(Overlaps.of(found, truth)) == 1
    found[34:36, 40:50] = 0  # 40: exactly a half is not enough
    assert share_found(Overlaps.of(found, truth)) == pytest.approx(2 / 3)
    assert share_found(Overlaps.of(np.zeros_like(truth), truth)) == 0
    assert share_found(Overlaps.of(truth, np.zeros_like(truth))) == 1


def test_cut_objects():
    truth = crossing()
    assert cut_objects(truth * 3, truth) == (1, 1)
    halves = truth.copy()
    halves[(truth == 1) & (np.arange(60) > 30)] = 9
    assert cut_objects(halves, truth) == (0, 1)
    assert cut_objects(np.zeros_like(truth), truth) == (0, 1)
    assert cut_objects(truth, np.where(truth == 2, 2, 0)) == (0, 0)


def test_a_tiny_piece_is_no_piece():
    truth = crossing()
    truth[:, 36:][truth[:, 36:] == 1] = 0  # leaves 12 pixels right of the cut
    assert cut_objects(truth, truth) == (0, 0)


def test_a_sliver_of_a_large_object_is_no_piece():
    """A bar of 25×50 pixels, and beyond a stick 40 of it: 3 per cent are no half."""
    truth = np.zeros((60, 60), np.int64)
    truth[5:30, 5:55] = 1
    truth[30:34] = 2
    truth[34, 5:45] = 1
    assert cut_objects(truth, truth) == (0, 0)
    truth[34:38, 5:45] = 1
    assert cut_objects(truth, truth) == (1, 1)
