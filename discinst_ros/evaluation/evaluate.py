# SPDX-License-Identifier: Apache-2.0
"""Run the node's own pipeline over labelled samples and score it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from discinst_ros.data.sample import Sample
from discinst_ros.evaluation.metrics import (
    cut_objects,
    difference_in_count,
    foreground_dice,
    symmetric_best_dice,
)
from discinst_ros.inference.segmenter import InstanceSegmenter
import numpy as np


@dataclass(frozen=True)
class ImageScore:
    """The scores of one image."""

    name: str
    #: Symmetric best dice, 0 to 1.
    sbd: float
    #: Predicted minus true number of instances.
    difference_in_count: int
    #: Dice of the foreground, 0 to 1.
    foreground_dice: float
    #: Objects that others cut in pieces, and how many of them kept one id.
    cut: int
    joined: int


@dataclass(frozen=True)
class Report:
    """The scores of all images, and their means."""

    images: tuple[ImageScore, ...]

    def summary(self) -> dict[str, float]:
        """
        Return the figures by name.

        ``cut_joined`` is the share of cut objects whose pieces carry one id, over all images, NaN
        where nothing is cut.
        """
        cut = sum(image.cut for image in self.images)
        joined = sum(image.joined for image in self.images)
        return {
            'images': len(self.images),
            'sbd': float(np.mean([image.sbd for image in self.images])),
            'abs_dic': float(np.mean([abs(image.difference_in_count) for image in self.images])),
            'foreground_dice': float(np.mean([image.foreground_dice for image in self.images])),
            'cut_objects': cut,
            'cut_joined': joined / cut if cut else float('nan'),
        }


def score(sample: Sample, segmenter: InstanceSegmenter) -> ImageScore:
    """
    Segment one sample and score it; pixels labelled below 0 are left out of both.

    :raises ValueError: where the sample has no labels.
    """
    if sample.labels is None:
        raise ValueError(f"sample '{sample.name}' has no label image to compare with")
    predicted = segmenter(sample.image).label_image.astype(np.int64)
    predicted[sample.labels < 0] = 0
    truth = np.maximum(sample.labels, 0)
    joined, cut = cut_objects(predicted, truth)
    return ImageScore(sample.name, symmetric_best_dice(predicted, truth),
                      difference_in_count(predicted, truth), foreground_dice(predicted, truth),
                      cut, joined)


def evaluate(samples: Iterable[Sample], segmenter: InstanceSegmenter) -> Report:
    """Score all samples with the pipeline that the node runs."""
    return Report(tuple(score(sample, segmenter) for sample in samples))
