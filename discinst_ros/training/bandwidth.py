# SPDX-License-Identifier: Apache-2.0
"""Choose the bandwidth of the clustering that serves a trained network best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
import logging
from pathlib import Path

from discinst_ros.checkpoint import build_from_checkpoint, load_checkpoint, save_checkpoint
from discinst_ros.evaluation.metrics import share_found, symmetric_best_dice_of
from discinst_ros.training.batch import Batch
from discinst_ros.training.held_out import overlaps_of_image
from discinst_ros.training.whole_images import run_on_whole
import numpy as np
import torch

_log = logging.getLogger(__name__)
#: What a wider kernel may cost: a hundredth is less than a few dozen images can tell.
CLOSE = 0.01
#: Bandwidths that are tried, in units of delta_d: at 1 a kernel around one mean ends where that
#: around the next begins, 2·delta_d away.
CANDIDATES = (0.375, 0.5, 0.625, 0.75, 0.875, 1.0, 1.125)


@dataclass(frozen=True)
class BandwidthChoice:
    """What was tried, and what was taken."""

    #: Mean score by bandwidth.
    means: dict[float, float]
    chosen: float

    @property
    def score(self) -> float:
        """The mean score with the chosen bandwidth."""
        return self.means[self.chosen]


@torch.inference_mode()
def choose_bandwidth(path: str | Path, batches: Iterable[Batch], *,
                     true_foreground: bool = False,
                     device: torch.device | str = 'cpu') -> BandwidthChoice:
    """
    Write the largest bandwidth whose mean score is close to the highest into a checkpoint.

    The score of an image is the mean of SBD and of the share of objects that are found: SBD alone
    hardly counts it where a wide kernel takes two neighbours for one. Of two bandwidths that are
    as good the wider is the better one: it joins the pieces of an object that others cut in two,
    which neither counts for much.

    :param path: of the checkpoint, rewritten in place.
    :param batches: labelled images that the network was not trained on.
    :param true_foreground: look for instances in the true foreground, not in the predicted.
    :param device: to run on.
    :raises CheckpointError: where the checkpoint cannot be used.
    """
    checkpoint = load_checkpoint(path)
    network, config = build_from_checkpoint(checkpoint).to(device), checkpoint.config
    _log.info("'%s': choosing the bandwidth on held-out images, on %s", path, device)
    scores: dict[float, list[float]] = {share * config.delta_d: [] for share in CANDIDATES}
    for read in batches:
        batch = {name: value.to(device) for name, value in read.items()}
        embeddings, logits = run_on_whole(network, batch, config)
        foreground = batch['classes'] if true_foreground else logits.argmax(dim=1)
        for image in zip(embeddings, foreground, batch['labels']):
            for bandwidth, values in scores.items():
                overlaps = overlaps_of_image(*image, radii=config.clustering_radii(bandwidth))
                values.append((symmetric_best_dice_of(overlaps) + share_found(overlaps)) / 2)
    choice = largest_of_the_best(scores)
    save_checkpoint(path, network, replace(config, bandwidth=choice.chosen),
                    training=checkpoint.training)
    return choice


def largest_of_the_best(scores: Mapping[float, Sequence[float]]) -> BandwidthChoice:
    """
    Return the largest bandwidth whose mean is at most :data:`CLOSE` below the highest.

    :param scores: of each image by bandwidth.
    """
    means = {bandwidth: float(np.mean(values)) for bandwidth, values in scores.items()}
    enough = max(means.values()) - CLOSE
    return BandwidthChoice(means, max(
        bandwidth for bandwidth, mean in means.items() if mean >= enough))
