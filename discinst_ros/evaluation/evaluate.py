# SPDX-License-Identifier: Apache-2.0
"""Run the node's own pipeline over labelled samples and score it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
import re
from typing import ClassVar, Protocol

from discinst_ros.data.cityscapes_submission import Submission
from discinst_ros.data.sample import Sample, true_classes
from discinst_ros.evaluation.by_class import FoundByClass
from discinst_ros.evaluation.by_name import by_name
from discinst_ros.evaluation.calibration import Calibration
from discinst_ros.evaluation.cityscapes import CityscapesAp
from discinst_ros.evaluation.classes import ClassMatch
from discinst_ros.evaluation.coco import CocoAp
from discinst_ros.evaluation.comparison import compare, Comparison
from discinst_ros.evaluation.extremes import Extremes
from discinst_ros.evaluation.metrics import ImageScore, LabelScores
from discinst_ros.evaluation.overlap_boundary import OverlapBoundary
from discinst_ros.evaluation.panoptic import PanopticQuality
from discinst_ros.inference.segmenter import InstanceSegmenter


class Metric(Protocol):
    """Figures that are collected image by image."""

    #: What each figure is, by name, in the order to show them.
    meaning: ClassVar[dict[str, str]]

    def add(self, comparison: Comparison, /) -> None:
        """Take one image into account."""

    def figures(self) -> dict[str, float]:
        """Return the figures by name; NaN where one has no value."""


#: What can be asked for, by the name on the command line.
METRICS: dict[str, type[Metric]] = {
    'labels': LabelScores, 'overlap': OverlapBoundary, 'panoptic': PanopticQuality,
    'coco': CocoAp, 'cityscapes': CityscapesAp, 'calibration': Calibration}
#: What each figure is, by name, in the order to show them.
MEANING = {name: text for metric in METRICS.values() for name, text in metric.meaning.items()}

_AS_THEY_ARE = ClassMatch()


@dataclass(frozen=True)
class Report:
    """The figures of all images."""

    images: tuple[ImageScore, ...]
    #: By name, see :data:`MEANING`.
    figures: dict[str, float]
    #: The same with the true classes in place of the network's; None where not asked for.
    true_semantics: dict[str, float] | None
    #: Scores and goodness of all masks.
    calibration: Calibration
    #: The best and the worst images.
    extremes: Extremes = field(default_factory=Extremes)
    #: The main figures of each category that names of images tell; empty where not asked for.
    by_name: dict[str, dict[str, float]] = field(default_factory=dict)
    #: How well objects of each true class are found; empty where classes matter or are one.
    by_class: dict[int, dict[str, float]] = field(default_factory=dict)


class Collector:
    """The metrics of one run; scores of labels and scores are always among them."""

    def __init__(self, names: Sequence[str]) -> None:
        """:param names: of :data:`METRICS`."""
        self.labels, self.calibration = LabelScores(), Calibration()
        always: dict[str, Metric] = {'labels': self.labels, 'calibration': self.calibration}
        self._metrics = {name: always.get(name) or METRICS[name]()
                         for name in METRICS if name in names or name in always}

    def add(self, comparison: Comparison) -> None:
        """Take one image into account."""
        for metric in self._metrics.values():
            metric.add(comparison)

    def figures(self) -> dict[str, float]:
        """Return the figures of all metrics."""
        return {name: value for metric in self._metrics.values()
                for name, value in metric.figures().items()}

    @property
    def per_image(self) -> dict[str, list[float]]:
        """SBD of each image and, where asked for, what overlap and boundary say of it."""
        overlap = self._metrics.get('overlap')
        return {'sbd': [image.sbd for image in self.labels.images],
                **(overlap.per_image if isinstance(overlap, OverlapBoundary) else {})}


def evaluate(
    samples: Iterable[Sample], segmenter: InstanceSegmenter, *,
    metrics: Sequence[str] = tuple(METRICS), classes: ClassMatch = _AS_THEY_ARE,
    true_semantics: bool = False, pictures: int = 0, submission: Submission | None = None,
    true_submission: Submission | None = None, by: re.Pattern[str] | None = None,
) -> Report:
    """
    Score all samples with the pipeline that the node runs.

    :param samples: with labels; one at a time is held.
    :param metrics: names of :data:`METRICS`; those of labels and scores come anyway.
    :param classes: which class of the data each class found is.
    :param true_semantics: score a second time with the true classes in place of the network's.
    :param pictures: how many of the best and of the worst images to keep.
    :param submission: takes what was found, as files of the Cityscapes benchmark.
    :param true_submission: takes what was found with the true classes.
    :param by: tells the category of an image from its name, see :func:`by_name`.
    :raises ValueError: where a sample has no labels, or there is none.
    """
    collected, with_truth = Collector(metrics), Collector(metrics if true_semantics else ())
    extremes, found_by_class = Extremes(pictures), FoundByClass()
    for sample in samples:
        fields = segmenter.look(sample.image, sample.depth, sample.intrinsics)
        found = segmenter.group(fields)
        comparison = compare(sample, found, class_map=classes.class_map,
                             class_agnostic=classes.agnostic)
        collected.add(comparison)
        found_by_class.add(comparison)
        extremes.add(collected.labels.images[-1].sbd, sample, found)
        if submission:
            submission.add(sample, found)
        if true_semantics:
            known = fields.with_classes(true_classes(sample))
            found_with_truth = segmenter.group(known)
            with_truth.add(compare(sample, found_with_truth, class_agnostic=classes.agnostic))
            if true_submission:
                true_submission.add(sample, found_with_truth)
    if not collected.labels.images:
        raise ValueError('there are no images to score')
    images, by_class = tuple(collected.labels.images), found_by_class.figures()
    return Report(
        images, collected.figures(), with_truth.figures() if true_semantics else None,
        collected.calibration, extremes,
        by_name([image.name for image in images], collected.per_image, by) if by else {},
        by_class if classes.agnostic and len(by_class) > 1 else {})
