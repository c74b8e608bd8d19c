# SPDX-License-Identifier: Apache-2.0
"""Scores of the occlusion study: predictions whose figures are known beforehand."""

import math

from crossing_masks import beside, crossing, LOWER, UPPER
from discinst_ros.benchmark.occlusion_methods import components, Found, score_found
from discinst_ros.benchmark.occlusion_report import as_json, as_table
from discinst_ros.benchmark.occlusion_scores import figures, SceneScore, score_scene, Truth
from discinst_ros.data.sample import Sample
from discinst_ros.scenes import draw_scene
import numpy as np
import pytest
from scipy import ndimage


def score(predicted, labels=None):
    return score_scene('scene', Truth(beside() if labels is None else labels), predicted,
                       lambda _: predicted)


def sample_of(labels):
    return Sample('scene', np.zeros((*labels.shape, 3), np.uint8), labels)


def test_which_sticks_count():
    truth = Truth(beside())
    assert truth.ids == (LOWER, UPPER, 7)
    assert truth.partners == {LOWER: (UPPER,), UPPER: (LOWER,)}
    assert truth.on_their_own == (7,)


def test_box_iou_by_counting_pixels():
    """The boxes of each pair of sticks of a scene, painted and counted."""
    labels = draw_scene('crossings', 3, 160, 120).labels
    truth = Truth(labels)
    painted = []
    for label in truth.ids:
        y, x = np.nonzero(labels == label)
        box = np.zeros(labels.shape, bool)
        box[y.min():y.max() + 1, x.min():x.max() + 1] = True
        painted.append(box)
    for i, first in enumerate(painted):
        for j, second in enumerate(painted):
            expected = 0 if i == j else (first & second).sum() / (first | second).sum()
            assert truth.box_iou[i, j] == pytest.approx(expected)


def test_perfect():
    assert score(beside()) == SceneScore('scene', 1.0, cut=1, joined=1, told_apart=1, sticks=2,
                                         found_50=2, found_75=2, alone=1, alone_75=1)


def test_merged():
    """One id for both sticks joins the pieces, and tells nothing apart."""
    truth = beside()
    lower, upper, third = ((truth == label).sum() for label in (LOWER, UPPER, 7))
    assert 0.4 < lower / (lower + upper) < 0.5 < upper / (lower + upper) < 0.6
    found = score(np.where(np.isin(truth, (LOWER, UPPER)), 5, truth))
    # Each true stick has a dice with what was found, and the found one its best with the upper.
    best = 2 * upper / (lower + 2 * upper), 2 * lower / (2 * lower + upper)
    assert found == SceneScore('scene', pytest.approx((best[0] + best[1] + 1) / 3), cut=1,
                               joined=1, told_apart=0, sticks=2, found_50=1, found_75=0, alone=1,
                               alone_75=1)


def test_a_partner_that_was_not_found_is_not_told_apart():
    found = score(np.where(beside() == UPPER, 0, beside()))
    assert (found.cut, found.joined, found.told_apart) == (1, 1, 0)


def test_pieces_apart():
    """The lower stick falls into its halves: neither is it whole nor does one id mean it."""
    truth = beside()
    halves = truth.copy()
    halves[(truth == LOWER) & (np.arange(100) < 30)] = 9
    found = score(halves)
    assert (found.cut, found.joined, found.told_apart) == (1, 0, 0)
    assert (found.sticks, found.found_50, found.found_75) == (2, 1, 1)


def test_nothing_found():
    found = score(np.zeros_like(beside()))
    assert found == SceneScore('scene', 0.0, cut=1, joined=0, told_apart=0, sticks=2, found_50=0,
                               found_75=0, alone=1, alone_75=0)


def test_masks_by_themselves():
    """A box whose mask holds both sticks does not tell them apart, one with its own does."""
    truth = crossing()
    both, own = (truth > 0).astype(np.int32), {
        label: (truth == label).astype(np.int32) for label in (LOWER, UPPER)}
    good, = score_found([sample_of(truth)], [Found(truth, own)], by_mask=True)
    assert (good.joined, good.told_apart, good.found_75) == (1, 1, 2)
    assert math.isnan(good.sbd)
    bad, = score_found([sample_of(truth)], [Found(truth, {**own, LOWER: both})], by_mask=True)
    assert (bad.joined, bad.told_apart, bad.found_50, bad.found_75) == (1, 0, 1, 1)


def test_components_are_those_of_scipy():
    """On noise, where many touch at corners only; ids may be others."""
    labels = (np.random.default_rng(0).random((60, 80)) < 0.3).astype(np.int32)
    expected, count = ndimage.label(labels, structure=np.ones((3, 3)))
    found = components(sample_of(labels)).labels
    assert count > 20
    assert len(set(zip(found.ravel(), expected.ravel()))) == count + 1
    assert ((found > 0) == (labels > 0)).all()


def one_scene(cut, joined, told_apart=0, sbd=0.5):
    return SceneScore('scene', sbd, cut, joined, told_apart, 4, 2, 1, 0, 0)


def test_figures_are_of_all_scenes_together():
    result = figures([one_scene(2, 1, sbd=0.25), one_scene(4, 3, sbd=0.75)])
    assert result['joined'].value == pytest.approx(4 / 6)
    assert result['sbd'].value == pytest.approx(0.5)
    # Two scenes drawn again are both the first, both the second, or one of each.
    assert (result['joined'].low, result['joined'].high) == (0.5, 0.75)
    assert (result['sbd'].low, result['sbd'].high) == (0.25, 0.75)
    assert math.isnan(result['alone_75'].value)


def test_interval_of_a_share():
    """Of 400 scenes with one cut stick each the interval is that of a binomial, nearly."""
    result = figures([one_scene(1, int(number % 5 > 0)) for number in range(400)])['joined']
    assert result.value == 0.8
    half = 1.96 * math.sqrt(0.8 * 0.2 / 400)
    assert result.low == pytest.approx(0.8 - half, abs=0.008)
    assert result.high == pytest.approx(0.8 + half, abs=0.008)


def test_table_and_json():
    scores = {'perfect': [score(beside())], 'merged': [score((beside() > 0).astype(np.int32))]}
    heading, _, perfect, merged = as_table(scores).splitlines()
    assert heading.count('|') == perfect.count('|') == 8
    assert perfect.split('|')[1:5] == [' perfect '] + [' 1.000 [1.00, 1.00] '] * 3
    assert merged.split('|')[2:4] == [' 1.000 [1.00, 1.00] ', ' 0.000 [0.00, 0.00] ']
    found = as_json({'none': [one_scene(0, 0)]}, date='today')
    assert found['date'] == 'today'
    assert found['methods']['none']['figures']['joined'] == dict.fromkeys(('value', 'low', 'high'))
