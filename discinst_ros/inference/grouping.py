# SPDX-License-Identifier: Apache-2.0
"""From what the networks say of the pixels to instances: clustering, classes, scores, poses."""

from __future__ import annotations

from collections.abc import Sequence

from discinst_ros.clustering import mean_shift
from discinst_ros.clustering.seeds import inner
from discinst_ros.geometry.surface import pose_of_mask
from discinst_ros.inference.checks import InferenceError
from discinst_ros.inference.evidence import instance_evidence
from discinst_ros.inference.fields import columns, Fields
from discinst_ros.inference.networks import LOWER
from discinst_ros.inference.regions import label_regions, Region, to_label_image
from discinst_ros.inference.scores import instance_scores
from discinst_ros.inference.stopwatch import Stopwatch
from discinst_ros.instances import Instance, Instances, Intrinsics, ObjectPose
from discinst_ros.model_config import ModelConfig
from discinst_ros.out_of_memory import explained
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor


@torch.inference_mode()
def group_pixels(
    fields: Fields, depth: npt.NDArray[np.float32] | None, intrinsics: Intrinsics | None,
    config: ModelConfig, *, bandwidth: float, reach: float | None, min_pixels: int,
    watch: Stopwatch,
) -> Instances:
    """
    Return the instances of an image.

    :param depth: H×W metres at the size of the image, NaN = none; without it, or without
        intrinsics, no instance has a pose.
    :param config: of the network that embeds.
    :param reach: instead of the configuration's; never less than the bandwidth.
    :param min_pixels: smallest cluster kept, pixels of the network's input.
    :param watch: notes the time of the stages.
    :raises InferenceError: where the image does not fit into memory.
    """
    radii = config.clustering_radii(bandwidth)
    if reach is not None:
        radii['reach'] = max(radii['bandwidth'], reach)
    with explained(InferenceError, f'clustering {fields.size[1]}x{fields.size[0]}', LOWER):
        labels = mean_shift(fields.embeddings, fields.classes, **radii, min_pixels=min_pixels)
        class_ids, evidence = _judge(fields, labels, config)
    scores = instance_scores(evidence, config.score_weights).tolist()
    label_image = to_label_image(labels, *fields.size)
    regions = label_regions(label_image)
    watch.lap('clustering')
    poses = [_pose(label_image, region, depth, intrinsics) for region in regions]
    watch.lap('poses')
    return Instances(label_image, tuple(
        Instance(label=region.label, class_id=class_ids[region.label - 1],
                 score=scores[region.label - 1], box=region.box,
                 pixel_count=region.pixel_count, pose=pose)
        for region, pose in zip(regions, poses, strict=True)), watch.laps_s,
        evidence[[region.label - 1 for region in regions]].cpu().numpy())


def _judge(fields: Fields, labels: Tensor, config: ModelConfig) -> tuple[Sequence[int], Tensor]:
    """Return the class and the evidence (N×F) of each label, in their order."""
    pixels = labels.flatten().nonzero().squeeze(1)
    own = labels.flatten().index_select(0, pixels).long()
    given = fields.classes.flatten().index_select(0, pixels)
    class_ids = given.new_zeros(int(own.amax()) if len(own) else 0)
    class_ids[own - 1] = given  # a cluster has one class, whichever pixel is written last
    evidence = instance_evidence(
        columns(fields.embeddings, pixels), own, fields.probability(pixels),
        inner(labels).flatten().index_select(0, pixels), delta_v=config.delta_v,
        delta_d=config.delta_d, image_pixels=labels.numel())
    return class_ids.tolist(), evidence


def _pose(
    label_image: npt.NDArray[np.uint16], region: Region, depth: npt.NDArray[np.float32] | None,
    intrinsics: Intrinsics | None,
) -> ObjectPose | None:
    if depth is None or intrinsics is None:
        return None
    x0, y0, x1, y1 = region.box
    window = (slice(y0, y1), slice(x0, x1))
    return pose_of_mask(depth[window], label_image[window] == region.label, intrinsics, (x0, y0))
