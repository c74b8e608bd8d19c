# SPDX-License-Identifier: Apache-2.0
"""The methods that are compared, each as a function of one scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import cv2
from discinst_ros.benchmark.occlusion_boxes import BOX_TRAINING, BoxMasks, to_labels, true_boxes
from discinst_ros.benchmark.occlusion_scores import Ids, SceneScore, score_scene, Truth
from discinst_ros.checkpoint import build_from_checkpoint, CheckpointError, load_checkpoint
from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.inference.segmenter import InstanceSegmenter
import numpy as np


@dataclass(frozen=True)
class Found:
    """What a method makes of a scene."""

    #: H×W ids, 0 = background.
    labels: Ids
    #: Where there is a mask for each true stick: H×W, 0 and 1, by the stick's id.
    masks: dict[int, Ids] = field(default_factory=dict)


Method: TypeAlias = Callable[[Sample], Found]


def embedding(path: Path) -> Method:
    """
    Return the segmenter that the node runs.

    :raises CheckpointError: where the checkpoint cannot be used, or sees depth.
    """
    segmenter = InstanceSegmenter.from_checkpoint(path, 'cpu')
    if segmenter.sees_depth:
        raise CheckpointError(f"checkpoint '{path}' sees depth, which the scenes of this study do "
                              'not give; name one that sees colours alone')
    return lambda sample: Found(segmenter(sample.image).label_image.astype(np.int32))


def boxes(path: Path) -> Method:
    """
    Return the network that is given the true boxes.

    :raises CheckpointError: where the checkpoint cannot be used, or no training of boxes wrote it.
    """
    checkpoint = load_checkpoint(path)
    if (checkpoint.training.get('trained') != BOX_TRAINING
            or checkpoint.config.long_side_px is None):
        raise CheckpointError(f"checkpoint '{path}' was not trained to see boxes; give the "
                              'boxes.safetensors that benchmark occlusion wrote')
    find = BoxMasks(build_from_checkpoint(checkpoint), checkpoint.config)

    def method(sample: Sample) -> Found:
        regions = true_boxes(labels_of(sample))
        probability = find(sample.image, [region.box for region in regions])
        return Found(to_labels(probability), {
            region.label: (own > 0.5).astype(np.int32)
            for region, own in zip(regions, probability)})

    return method


def components(sample: Sample) -> Found:
    """Return the connected components (8 neighbours) of the true foreground."""
    foreground = (labels_of(sample) > 0).astype(np.uint8)
    return Found(cv2.connectedComponents(foreground, connectivity=8)[1].astype(np.int32))


def score_found(samples: Sequence[Sample], found: Sequence[Found], *,
                by_mask: bool = False) -> list[SceneScore]:
    """
    Score what a method found in all scenes.

    :param samples: the scenes.
    :param found: in each.
    :param by_mask: compare each stick with the mask of its own box alone, as if the other boxes
        had not been there.
    """
    return [_score(sample, one, by_mask=by_mask)
            for sample, one in zip(samples, found, strict=True)]


def _score(sample: Sample, found: Found, *, by_mask: bool) -> SceneScore:
    truth = Truth(labels_of(sample))
    if by_mask:
        return score_scene(sample.name, truth, None, found.masks.__getitem__)
    return score_scene(sample.name, truth, found.labels, lambda _: found.labels)
