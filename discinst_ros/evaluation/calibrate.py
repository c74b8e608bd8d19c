# SPDX-License-Identifier: Apache-2.0
"""
Make the scores of a checkpoint probabilities: fit the map from evidence to score.

A logistic regression on masks that the network was not trained on. Its targets, a little inside 0
and 1, are Platt's (Probabilistic Outputs for Support Vector Machines, 1999, section 2.2), and its
weights are held near zero, so that there is a finite answer even where all masks are good.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from discinst_ros.checkpoint import load_checkpoint, save_checkpoint
from discinst_ros.data.sample import Sample
from discinst_ros.evaluation.calibration import best_iou
from discinst_ros.evaluation.calibration_data import CountedImages, refuse_unfit
from discinst_ros.evaluation.comparison import compare, Floats
from discinst_ros.inference.evidence import EVIDENCE
from discinst_ros.inference.model import Model
from discinst_ros.inference.scores import BIAS, GOOD_IOU
from discinst_ros.inference.segmenter import InstanceSegmenter
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

#: Weight of the squared weights (of evidence with unit spread) against the loss of all masks.
_RIDGE = 0.1


def calibrate(path: str | Path, samples: Iterable[Sample], *, device: str = 'auto',
              out: str | Path | None = None, strict: bool = False) -> dict[str, float] | None:
    """
    Write weights into a checkpoint that make its scores probabilities.

    :param path: of the checkpoint.
    :param samples: labelled images that the network was not trained on; a few hundred objects.
    :param device: to run the network on.
    :param out: where to write; None rewrites the checkpoint in place.
    :param strict: refuse images from which no probability follows, as :func:`refuse_unfit` has it.
    :return: the weights by name; None, and nothing is written, where no mask was found.
    :raises CheckpointError: where the checkpoint cannot be used.
    :raises ValueError: where a sample has no labels, and as ``strict`` says.
    """
    checkpoint = load_checkpoint(path)
    model = Model.of(checkpoint)
    for output in ('embedding', 'semantics'):
        model.refuse_untrained(path, output, 'calibrate one that was trained for all')
    segmenter = InstanceSegmenter(
        model.network, replace(checkpoint.config, score_weights=None), device)
    images = CountedImages(samples)
    evidence, good = look_at(images, segmenter)
    if strict:
        refuse_unfit(images, good)
    if not len(good):
        return None
    weights = fit(evidence, good)
    save_checkpoint(out or path, model.network, replace(checkpoint.config, score_weights=weights),
                    training=checkpoint.training)
    return weights


def look_at(samples: Iterable[Sample], segmenter: InstanceSegmenter
            ) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the evidence (N×F) of all masks found that count, and whether each is good."""
    rows: list[npt.NDArray[np.float32]] = []
    good: list[bool] = []
    for sample in samples:
        found = segmenter(sample.image, sample.depth, sample.intrinsics)
        assert found.evidence is not None
        evidence = dict(zip((one.label for one in found.instances), found.evidence))
        for label, iou in best_iou(compare(sample, found, class_agnostic=True)).items():
            rows.append(evidence[label])
            good.append(iou > GOOD_IOU)
    return (np.array(rows, np.float64).reshape(-1, len(EVIDENCE)), np.array(good, np.bool_))


def fit(evidence: Floats, good: npt.NDArray[np.bool_]) -> dict[str, float]:
    """
    Return the weights of the evidence and the bias.

    :param evidence: N×F, one or more masks.
    :param good: (N,) whether each is good.
    """
    positives = int(good.sum())
    target = np.where(good, (positives + 1) / (positives + 2), 1 / (len(good) - positives + 2))
    centre, spread = evidence.mean(axis=0), evidence.std(axis=0)
    spread = np.where(spread > 1e-6, spread, 1.0)  # what never varies gets no weight
    x = (evidence - centre) / spread

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = x @ weights[1:] + weights[0]
        pull = _RIDGE * weights
        pull[0] = 0.0
        error = expit(logits) - target
        value = (np.logaddexp(0, logits) - target * logits).sum() + (pull * weights).sum() / 2
        return float(value), np.concatenate([[error.sum()], error @ x]) + pull

    found = minimize(loss, np.zeros(evidence.shape[1] + 1), jac=True, method='L-BFGS-B').x
    slopes = found[1:] / spread
    return {BIAS: float(found[0] - slopes @ centre),
            **{name: float(slope) for name, slope in zip(EVIDENCE, slopes, strict=True)}}
