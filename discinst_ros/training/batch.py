# SPDX-License-Identifier: Apache-2.0
"""Samples as the tensors that training works on."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from discinst_ros.data.sample import Sample
from discinst_ros.inference.preprocess import to_input
from discinst_ros.instances import Intrinsics
from discinst_ros.model_config import ModelConfig
from discinst_ros.training.sizing import Sized
import numpy as np
import torch
from torch import Tensor

#: ``image`` B×H×W×3 uint8, ``labels`` and ``classes`` B×H×W int64, ``extent`` B×4 float32 left,
#: top, width, height of the whole image in these pixels; for networks that see depth also
#: ``depth`` B×H×W float32 metres, NaN = none, and ``camera`` B×4 float32 fx, fy, cx, cy.
Batch: TypeAlias = dict[str, Tensor]
#: Class id of pixels that nobody labelled.
IGNORE = -1


def to_tensors(sample: Sample, *, num_classes: int | None = None, depth: bool = False) -> Batch:
    """
    Return a labelled sample as tensors.

    A pixel whose label is negative is no known instance; where its class is above 0 the class is
    known (a crowd), else it is :data:`IGNORE`.

    :param num_classes: classes there are, background included; None leaves that unchecked.
    :param depth: return depth, too; an image without has none in any pixel.
    :return: what a :data:`Batch` holds, without B.
    :raises ValueError: where the sample has no labels, an instance without a class, or a class
        that does not exist, or depth and no camera.
    """
    if sample.labels is None:
        raise ValueError(f"sample '{sample.name}' has no labels; it cannot be trained on")
    labels = sample.labels.astype(np.int64)
    classes = (labels > 0).astype(np.int64) if sample.classes is None else (
        sample.classes.astype(np.int64))
    if num_classes is not None and classes.max(initial=0) >= num_classes:
        raise ValueError(f"sample '{sample.name}' has class {classes.max()}, the data names "
                         f'{num_classes} classes, 0 to {num_classes - 1}')
    unnamed = (labels > 0) & (classes == 0)
    if unnamed.any():
        raise ValueError(f"sample '{sample.name}': instance {labels[unnamed][0]} has pixels of "
                         'class 0, which is the background; give every instance a class')
    classes[(labels < 0) & (classes == 0)] = IGNORE
    extent = sample.extent if isinstance(sample, Sized) else (0, 0, *labels.shape[::-1])
    return {'image': torch.from_numpy(np.ascontiguousarray(sample.image)),
            'labels': torch.from_numpy(labels), 'classes': torch.from_numpy(classes),
            'extent': torch.tensor(extent, dtype=torch.float32),
            **(_depth_of(sample) if depth else {})}


def network_input(batch: Batch, config: ModelConfig) -> Tensor:
    """Return what the network sees of a batch, see :func:`to_input`."""
    return to_input(batch['image'], config, batch.get('depth'), batch.get('camera'),
                    batch.get('extent'))


def without_classes(sample: Sample) -> Sample:
    """Return the sample with all its instances, and its crowds, in class 1."""
    if sample.classes is None or sample.labels is None:
        return sample
    thing = (sample.labels > 0) | ((sample.labels < 0) & (sample.classes > 0))
    return replace(sample, classes=thing.astype(np.uint8))


def _depth_of(sample: Sample) -> Batch:
    """Return depth and camera of a sample."""
    height, width = sample.image.shape[:2]
    depth, camera = sample.depth, sample.intrinsics
    if depth is None:
        depth = np.full((height, width), np.nan, np.float32)
        camera = Intrinsics(width, width, (width - 1) / 2, (height - 1) / 2, width, height)
    if camera is None:
        raise ValueError(f"sample '{sample.name}' has depth and no camera; add its intrinsics, or "
                         'train without --model.config.depth')
    return {'depth': torch.from_numpy(np.ascontiguousarray(depth)),
            'camera': torch.tensor((camera.fx, camera.fy, camera.cx, camera.cy),
                                   dtype=torch.float32)}
