# SPDX-License-Identifier: Apache-2.0
"""The label image, and where its labels are."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.inference.checks import InferenceError
from discinst_ros.instances import Instance, Instances
import numpy as np
import numpy.typing as npt
from scipy import ndimage
import torch
from torch import Tensor

#: Most instances a label image of 16 bits can tell apart.
_MAX_INSTANCES = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class Region:
    """The pixels of one label."""

    label: int
    #: x0, y0, x1, y1 in pixels, half-open.
    box: tuple[int, int, int, int]
    pixel_count: int


def label_regions(label_image: npt.NDArray[np.uint16]) -> list[Region]:
    """Return a region for each label that occurs in an image (H×W), in the labels' order."""
    counts = np.bincount(label_image.ravel())
    windows = ndimage.find_objects(label_image.astype(np.int32))
    return [Region(label, (window[1].start, window[0].start, window[1].stop, window[0].stop),
                   int(counts[label]))
            for label, window in enumerate(windows, start=1) if window is not None]


def as_instances(label_image: npt.NDArray[np.uint16]) -> Instances:
    """Return a true label image (H×W) as if it had been found, with scores of 1."""
    return Instances(label_image, tuple(
        Instance(region.label, 1, 1.0, region.box, region.pixel_count)
        for region in label_regions(label_image)))


def to_label_image(labels: Tensor, height: int, width: int) -> npt.NDArray[np.uint16]:
    """Return the labels at the size of the image, each pixel from the nearest one (H×W)."""
    if labels.shape != (height, width):
        rows, columns = (
            (2 * torch.arange(side, device=labels.device) + 1) * own // (2 * side)
            for side, own in zip((height, width), labels.shape))
        labels = labels[rows][:, columns]
    image = labels.cpu().numpy()
    if image.max() > _MAX_INSTANCES:
        raise InferenceError(f'{image.max()} instances found, a label image of 16 bits holds '
                             f'{_MAX_INSTANCES}; raise min_pixels')
    return image.astype(np.uint16)
