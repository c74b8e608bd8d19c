# SPDX-License-Identifier: Apache-2.0
"""The figures of a validation: loss, foreground, and how well the instances come apart."""

from __future__ import annotations

from discinst_ros.clustering import mean_shift
from discinst_ros.evaluation.comparison import Overlaps
from discinst_ros.evaluation.metrics import symmetric_best_dice_of
from discinst_ros.model_config import ModelConfig, Radii
from discinst_ros.training.batch import Batch
from discinst_ros.training.objective import Objective
from discinst_ros.training.semantic_losses import foreground_counts
from lightning.pytorch.strategies import Strategy
import torch
from torch import Tensor


def overlaps_of_image(embedding: Tensor, classes: Tensor, truth: Tensor, *,
                      radii: Radii) -> Overlaps:
    """
    Cluster one image and compare it with its true instances; what is ignored is left out.

    :param embedding: D×H×W float.
    :param classes: H×W int64, the foreground in which instances are looked for.
    :param truth: H×W int64 instance ids, 0 = background, negative = ignore.
    :param radii: of the clustering.
    """
    known = truth >= 0
    with torch.autocast(embedding.device.type, enabled=False):
        labels = mean_shift(embedding.float(), classes.clamp(min=0) * known, **radii)
    return Overlaps.of(labels.cpu().numpy(), (truth * known).cpu().numpy())


class HeldOutScores:
    """
    Sum up scores over batches, and over processes.

    The foreground is the predicted one, or the true one where the class scores are not trained.

    :param config: of the network; without a bandwidth, that of the clustering is delta_d, where
        the kernel around one mean ends as that around the next begins.
    :param objective: its terms are averaged over the images.
    """

    def __init__(self, config: ModelConfig, objective: Objective) -> None:
        self._radii = config.clustering_radii(config.bandwidth or config.delta_d)
        self._objective = objective
        self._sums: dict[str, Tensor] = {}

    def update(self, embeddings: Tensor, logits: Tensor, batch: Batch) -> None:
        """Add the scores of a batch."""
        objective = self._objective
        images = len(embeddings)
        labels, classes = batch['labels'], batch['classes']
        scores = {name: value * images for name, value in
                  objective(embeddings, logits, labels, classes).items()}
        scores['images'] = torch.tensor(float(images))
        if objective.trains_classes:
            scores['both'], scores['either'] = foreground_counts(logits, classes)
        if objective.instance is not None:
            given = logits.argmax(dim=1) if objective.trains_classes else classes
            scores['sbd'] = torch.tensor(sum(
                symmetric_best_dice_of(overlaps_of_image(*image, radii=self._radii))
                for image in zip(embeddings, given, labels)))
        for name, value in scores.items():
            value = value.detach().double().to(embeddings.device)
            self._sums[name] = self._sums.get(name, 0) + value

    def compute(self, strategy: Strategy) -> dict[str, Tensor]:
        """Return the means over the images of all processes, and start anew."""
        sums = {name: strategy.reduce(value, reduce_op='sum')
                for name, value in self._sums.items()}
        self._sums = {}
        images = sums.pop('images')
        scores = {}
        if 'both' in sums:
            scores['foreground_dice'] = 2 * sums.pop('both') / sums.pop('either').clamp(min=1)
        return {**{name: (value / images).float() for name, value in sums.items()}, **scores}
