# SPDX-License-Identifier: Apache-2.0
"""
What other settings of the clustering would make of one's own data.

The network runs once for each image, the clustering once for each value; nothing of an image is
kept but its scores. One setting changes at a time, the others stay as the checkpoint has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from discinst_ros.data.sample import Sample
from discinst_ros.evaluation.comparison import compare
from discinst_ros.evaluation.margins import Margins
from discinst_ros.evaluation.metrics import symmetric_best_dice_of
from discinst_ros.evaluation.overlap_boundary import (
    found_share,
    means,
    overlap_measures,
    paired,
)
from discinst_ros.inference.fields import Fields
from discinst_ros.inference.segmenter import InstanceSegmenter

#: Values that are tried beside the checkpoint's, bandwidth and reach in units of delta_d.
BANDWIDTHS = (0.35, 0.5, 0.625, 0.75, 0.875, 1.0, 1.25)
REACHES = (0.75, 1.0, 1.25, 1.5, 2.0)
MIN_PIXELS = (1, 10, 20, 40, 80, 160)

#: What is scored, by the names that the other metrics give it.
FIGURES = ('sbd', 'abs_dic', 'overlap_f', 'found_75')
#: Figures by value of a setting.
Results = dict[float, dict[str, float]]


@dataclass(frozen=True)
class Sweep:
    """How the figures change with each setting."""

    #: Results by setting: bandwidth, min_pixels and reach.
    results: dict[str, Results]
    #: The value of each setting as it is.
    used: dict[str, float]
    #: What the embeddings of the true objects look like.
    margins: Margins


class _Scores:
    """The figures of one value; means over images."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, ...]] = []

    def add(self, sample: Sample, segmenter: InstanceSegmenter, fields: Fields,
            settings: Mapping[str, float]) -> None:
        found = segmenter.group(fields, bandwidth=settings['bandwidth'], reach=settings['reach'],
                                min_pixels=int(settings['min_pixels']))
        comparison = compare(sample, found, class_agnostic=True)
        overlaps = comparison.overlaps
        pairs = paired(overlaps)
        self._rows.append((
            symmetric_best_dice_of(overlaps), abs(len(overlaps.rows) - len(overlaps.columns)),
            overlap_measures(overlaps, pairs)[2], found_share(overlaps, pairs)))

    def figures(self) -> dict[str, float]:
        return dict(zip(FIGURES, means(self._rows), strict=True))


def sweep(samples: Iterable[Sample], segmenter: InstanceSegmenter) -> Sweep:
    """
    Score all samples with each value of each setting; classes do not matter here.

    :raises ValueError: where a sample has no labels, or there is none.
    """
    used = used_settings(segmenter)
    tried = tried_values(used, segmenter.config.delta_d)
    scores = {(name, value): _Scores() for name, values in tried.items() for value in values}
    margins, count = Margins(segmenter.config), 0
    for sample in samples:
        count += 1
        fields = segmenter.look(sample.image, sample.depth, sample.intrinsics)
        margins.add(sample, fields)
        for (name, value), score in scores.items():
            score.add(sample, segmenter, fields, {**used, name: value})
    if not count:
        raise ValueError('there are no images to score')
    return Sweep({name: {value: scores[name, value].figures() for value in values}
                  for name, values in tried.items()}, used, margins)


def used_settings(segmenter: InstanceSegmenter) -> dict[str, float]:
    """Return the settings that the segmenter clusters with."""
    return {'bandwidth': segmenter.bandwidth, 'min_pixels': segmenter.min_pixels,
            'reach': segmenter.config.clustering_radii(segmenter.bandwidth)['reach']}


def tried_values(used: Mapping[str, float], delta_d: float) -> dict[str, Sequence[float]]:
    """Return the values of each setting, ascending, the used one among them."""
    values: dict[str, list[float]] = {
        'bandwidth': [share * delta_d for share in BANDWIDTHS],
        'min_pixels': [*MIN_PIXELS],
        # A reach below the bandwidth is the bandwidth.
        'reach': [share * delta_d for share in REACHES if share * delta_d >= used['bandwidth']]}
    return {name: sorted({*map(float, some), float(used[name])})
            for name, some in values.items()}
