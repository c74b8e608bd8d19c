# SPDX-License-Identifier: Apache-2.0
"""
Evidence and scores by hand, the fit against scikit-learn, the checkpoint that carries it.

How good the scores of the shipped weights are is measured in docs/evaluation.md, not here.
"""

from __future__ import annotations

from dataclasses import replace
import math
from pathlib import Path

from colour_network import ColourNetwork, CONFIG, three_objects
from discinst_ros.checkpoint import load_checkpoint, save_checkpoint
from discinst_ros.data.sample import Sample
from discinst_ros.evaluation.calibrate import calibrate, fit, look_at
from discinst_ros.inference import InferenceError, InstanceSegmenter
from discinst_ros.inference.evidence import EVIDENCE, instance_evidence
from discinst_ros.inference.scores import BIAS, instance_scores
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
import torch

WEIGHTS = {BIAS: -2.0, 'tightness': 1.0, 'separation': 2.0, 'probability': 3.0, 'inside': -1.0,
           'log_size': 0.5}


def evidence(embeddings: torch.Tensor, labels: torch.Tensor, probability: torch.Tensor,
             inside: torch.Tensor | None = None) -> dict[str, list[float]]:
    """Return the evidence by name, with the margins 0.5 and 1.5 and 100 pixels in the image."""
    if inside is None:
        inside = torch.ones(len(labels), dtype=torch.bool)
    rows = instance_evidence(embeddings, labels, probability, inside, delta_v=0.5, delta_d=1.5,
                             image_pixels=100)
    return dict(zip(EVIDENCE, rows.t().tolist(), strict=True))


def test_evidence_by_hand() -> None:
    # mean 0; distances 0, 0, 1, 1 of the first: half-way between the margins .5 and 1.5
    embeddings = torch.tensor([[0.0, 0], [0, 0], [1, 0], [-1, 0], [0, 2], [0, 2]])
    got = evidence(embeddings, torch.tensor([1, 1, 1, 1, 2, 2]),
                   torch.tensor([0.8, 0.8, 0.8, 0.4, 0.5, 0.7]),
                   torch.tensor([True, False, False, False, True, True]))
    assert got == {
        'tightness': pytest.approx([0.75, 1]), 'separation': pytest.approx([2 / 3, 2 / 3]),
        'probability': pytest.approx([0.7, 0.6]), 'inside': pytest.approx([0.25, 1]),
        'log_size': pytest.approx([math.log(0.04), math.log(0.02)])}


def test_separation_is_that_of_the_nearest_and_one_at_most() -> None:
    means = torch.tensor([[0.0], [1.5], [9]])
    got = evidence(means, torch.tensor([1, 2, 3]), torch.ones(3))
    assert got['separation'] == pytest.approx([0.5, 0.5, 1])
    assert evidence(means[:1], torch.tensor([1]), torch.ones(1))['separation'] == [1]


def test_a_loose_cluster_is_less_tight_and_never_below_zero() -> None:
    tight, loose, lost = (evidence(
        torch.randn(500, 8, generator=torch.Generator().manual_seed(0)) * sigma,
        torch.ones(500, dtype=torch.int64), torch.ones(500))['tightness'][0]
        for sigma in (0.1, 0.3, 3.0))
    assert tight == pytest.approx(1, abs=1e-3)
    assert lost == pytest.approx(0, abs=1e-3) and tight > loose > lost


def test_no_instances_have_no_scores() -> None:
    rows = instance_evidence(torch.zeros(0, 8), torch.zeros(0, dtype=torch.int64), torch.zeros(0),
                             torch.zeros(0, dtype=torch.bool), delta_v=0.5, delta_d=1.5,
                             image_pixels=9)
    assert rows.shape == (0, len(EVIDENCE))
    assert instance_scores(rows, None).shape == instance_scores(rows, WEIGHTS).shape == (0,)


def test_scores_by_hand() -> None:
    rows = torch.tensor([[0.8, 0.5, 0.9, 0.5, -2.0]])
    logit = -2 + 0.8 + 2 * 0.5 + 3 * 0.9 - 0.5 - 1
    assert instance_scores(rows, WEIGHTS).item() == pytest.approx(1 / (1 + math.exp(-logit)))
    assert instance_scores(rows, None).item() == pytest.approx(0.8 * 0.9)


def test_a_calibrated_segmenter_scores_by_its_weights() -> None:
    found = InstanceSegmenter(ColourNetwork(), replace(CONFIG, score_weights=WEIGHTS),
                              'cpu')(three_objects())
    assert found.evidence is not None and found.evidence.shape == (3, len(EVIDENCE))
    blue = dict(zip(EVIDENCE, found.evidence[2].tolist()))
    assert blue == pytest.approx({
        'tightness': 1, 'separation': 1, 'probability': 1 / (1 + math.exp(-4)),
        'inside': 100 / 144, 'log_size': math.log(144 / 4800)}, abs=1e-5)
    logit = WEIGHTS[BIAS] + sum(WEIGHTS[name] * value for name, value in blue.items())
    assert found.instances[2].score == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-5)


def test_evidence_stays_with_its_instance() -> None:
    found = InstanceSegmenter(ColourNetwork(), replace(CONFIG, score_weights=WEIGHTS),
                              'cpu')(three_objects())
    limit = sorted(one.score for one in found.instances)[1]
    kept = found.scoring(limit)
    assert len(kept.instances) == 2 and kept.evidence is not None and found.evidence is not None
    for one, row in zip(kept.instances, kept.evidence, strict=True):
        np.testing.assert_array_equal(row, found.evidence[one.label - 1])


def test_weights_of_another_version_are_refused() -> None:
    with pytest.raises(InferenceError, match='score_weights are of .*calibrate the checkpoint'):
        InstanceSegmenter(ColourNetwork(), replace(CONFIG, score_weights={'charm': 1.0}), 'cpu')


# The fit

def masks(seed: int, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.normal((0.8, 0.9, 0.95, 0.6, -4), (0.2, 0.2, 0.04, 0.15, 1), (count, 5))
    logits = rows @ (6, 3, 5, -2, 0.7) - 6
    return rows, rng.random(count) < 1 / (1 + np.exp(-logits))


def test_the_fit_equals_scikit_learn() -> None:
    rows, good = masks(0)
    weights = fit(rows, good)
    reference = LogisticRegression(C=1e4, tol=1e-8, max_iter=10_000).fit(rows, good)
    got = 1 / (1 + np.exp(-(rows @ [weights[name] for name in EVIDENCE] + weights[BIAS])))
    # Platt's targets and the ridge change a probability by a few thousandths
    np.testing.assert_allclose(got, reference.predict_proba(rows)[:, 1], atol=5e-3)
    assert good.mean() == pytest.approx(got.mean(), abs=2e-3)


@pytest.mark.parametrize('good', [True, False])
def test_all_good_or_all_bad_has_a_finite_answer(good: bool) -> None:
    rows, _ = masks(1, 50)
    weights = fit(rows, np.full(50, good))
    values = rows @ [weights[name] for name in EVIDENCE] + weights[BIAS]
    assert np.isfinite(values).all() and ((values > 0) == good).all()


def scene(name: str, shift: int) -> Sample:
    """Show the picture; of its true objects red and green are as seen, blue is shifted."""
    labels = np.zeros((60, 80), np.int32)
    labels[10:20, 5:55], labels[5:40, 25:35] = 1, 2
    labels[44:56, 60 - shift:72 - shift] = 3
    return Sample(name, three_objects(), labels)


def test_evidence_and_goodness_of_masks() -> None:
    rows, good = look_at([scene('a', 0), scene('b', 6)],
                         InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu'))
    assert rows.shape == (6, len(EVIDENCE)) and good.tolist() == [True] * 5 + [False]
    assert rows[2].tolist() == rows[5].tolist()


@pytest.fixture
def colour_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a checkpoint that stands for the network of colours."""
    monkeypatch.setattr('discinst_ros.inference.model.build_from_checkpoint',
                        lambda _: ColourNetwork())
    path = tmp_path / 'a.safetensors'
    save_checkpoint(path, ColourNetwork(), replace(CONFIG, bandwidth=0.7))
    return path


def test_a_checkpoint_carries_its_calibration(colour_checkpoint: Path) -> None:
    scenes = [scene(str(number), 6 * (number % 2)) for number in range(4)]
    before = load_checkpoint(colour_checkpoint).config
    out = colour_checkpoint.with_name('b.safetensors')
    weights = calibrate(colour_checkpoint, scenes, device='cpu', out=out)
    assert weights is not None and set(weights) == {BIAS, *EVIDENCE}
    after = load_checkpoint(out).config
    assert after == replace(before, score_weights=weights)
    assert load_checkpoint(colour_checkpoint).config == before
    calibrate(colour_checkpoint, scenes, device='cpu')
    assert load_checkpoint(colour_checkpoint).config == after
    # All red and green masks were good and half of the blue ones, whose evidence is alike; with
    # twelve masks the ridge still pulls them together
    red, green, blue = (one.score for one in InstanceSegmenter(
        ColourNetwork(), after, 'cpu')(three_objects()).instances)
    assert red > 0.8 and green > 0.8 and blue == pytest.approx(0.5, abs=0.15)


def test_calibrating_again_changes_nothing(colour_checkpoint: Path) -> None:
    scenes = [scene('a', 0), scene('b', 6)]
    once = calibrate(colour_checkpoint, scenes, device='cpu')
    assert calibrate(colour_checkpoint, scenes, device='cpu') == once


@pytest.mark.parametrize('shift, there, said', [
    (0, True, 'all of the 3 masks found are good'), (0, False, 'none of the images has an object'),
    (6, True, None)])
def test_images_that_tell_nothing_are_refused_where_asked(
        colour_checkpoint: Path, caplog: pytest.LogCaptureFixture, shift: int, there: bool,
        said: str | None) -> None:
    sample = scene('a', shift)
    before = colour_checkpoint.read_bytes()
    if not there:
        sample = replace(sample, labels=np.zeros_like(sample.labels))
    if said is None:
        assert calibrate(colour_checkpoint, [sample], device='cpu', strict=True) is not None
        assert 'only 3 masks were found' in caplog.text
        return
    with pytest.raises(ValueError, match=said):
        calibrate(colour_checkpoint, [sample], device='cpu', strict=True)
    assert colour_checkpoint.read_bytes() == before


def test_masks_of_which_none_is_good_are_refused(colour_checkpoint: Path) -> None:
    labels = np.zeros((60, 80), np.int32)
    labels[50:, :4] = 1  # where nothing is found
    sample = Sample('a', three_objects(), labels)
    with pytest.raises(ValueError, match='none of the 3 masks found is good'):
        calibrate(colour_checkpoint, [sample], device='cpu', strict=True)


def test_without_a_mask_nothing_is_written(colour_checkpoint: Path) -> None:
    before = colour_checkpoint.read_bytes()
    dark = Sample('a', np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40), np.int32))
    assert calibrate(colour_checkpoint, [dark], device='cpu') is None
    assert colour_checkpoint.read_bytes() == before
