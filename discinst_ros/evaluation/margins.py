# SPDX-License-Identifier: Apache-2.0
"""
How wide the true objects are in the embedding and how far apart, against the margins of the loss.

At zero loss all pixels are within δ_v of the mean of their object and means are 2·δ_d apart. What
remains of that on one's own images says which margin to change when training again.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.inference.fields import columns, Fields
from discinst_ros.model_config import ModelConfig
import numpy as np
import torch

#: Of an object its radius is the distance from its mean that holds this share of its pixels.
RADIUS_SHARE = 0.95
#: Smaller objects have too few pixels for that.
MIN_PIXELS = 20


@dataclass(frozen=True)
class Spread:
    """The middle and the bad end over all objects, in units of the embedding."""

    #: Median radius, and the radius that nine of ten objects keep within.
    radius: float
    wide_radius: float
    #: Median distance to the nearest other mean of the image, and the one that nine of ten exceed.
    apart: float
    close: float


class Margins:
    """Collect the radius and the nearest neighbour of each true object: two numbers each."""

    def __init__(self, config: ModelConfig) -> None:
        """:param config: whose margins the embedding was trained with."""
        self._config = config
        self._radii: list[float] = []
        self._apart: list[float] = []

    def add(self, sample: Sample, fields: Fields) -> None:
        """Take one labelled image into account."""
        labels = fields.with_classes(np.maximum(labels_of(sample), 0)).classes.flatten()
        means = []
        for label in labels.bincount().nonzero().flatten().tolist():
            pixels = (labels == label).nonzero().squeeze(1)
            if label == 0 or len(pixels) < MIN_PIXELS:
                continue
            points = columns(fields.embeddings, pixels)
            mean = points.mean(dim=0)
            distance = torch.linalg.vector_norm(points - mean, dim=1)
            self._radii.append(float(distance.quantile(RADIUS_SHARE)))
            means.append(mean)
        if len(means) > 1:
            apart = torch.cdist(torch.stack(means), torch.stack(means))
            self._apart += apart.fill_diagonal_(torch.inf).amin(dim=1).tolist()

    @property
    def spread(self) -> Spread:
        """What was measured, NaN where no image has two objects."""
        def quantile(values: list[float], share: float) -> float:
            return float(np.quantile(values, share)) if values else math.nan

        return Spread(quantile(self._radii, 0.5), quantile(self._radii, 0.9),
                      quantile(self._apart, 0.5), quantile(self._apart, 0.1))

    def advice(self) -> list[str]:
        """Return sentences: what was measured, and what to change when training again."""
        spread, delta_v, delta_d = self.spread, self._config.delta_v, self._config.delta_d
        if math.isnan(spread.close):
            return ['No image has two objects of 20 pixels: nothing to be said about margins.']
        said = [
            f'{RADIUS_SHARE:.0%} of the pixels of an object lie within {spread.radius:.2f} of its '
            f'mean (median; {spread.wide_radius:.2f} for nine objects of ten). The loss asked for '
            f'delta_v = {delta_v:g}.',
            f'The nearest other mean is {spread.apart:.2f} away (median; more than '
            f'{spread.close:.2f} for nine of ten). The loss asked for 2 delta_d = '
            f'{2 * delta_d:g}.']
        wide, close = spread.wide_radius > delta_d, spread.close < delta_d
        if not (wide or close):
            said.append('Objects keep apart by more than they are wide: the margins fit. What is '
                        'still wrong is decided by the foreground and by borders.')
        if wide:
            said.append('Wide objects reach beyond half the way to their neighbours: train longer '
                        'or on images like these; then a smaller delta_v with the same delta_d '
                        'pulls them tighter.')
        if close:
            said.append('Some means were not pushed apart: a larger delta_d does not help where '
                        'the network cannot tell objects apart. Give it coordinates or more '
                        'embedding dimensions, or train longer.')
        if spread.wide_radius > 2 * delta_v and not wide:
            said.append('Few objects keep within delta_v, but clustering allows for that; a '
                        'larger delta_v would only ask for less.')
        return said
