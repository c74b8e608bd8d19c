# SPDX-License-Identifier: Apache-2.0
"""Scenes to augment."""

from dataclasses import replace

from discinst_ros.data.sample import Sample
from discinst_ros.scenes import draw_scene
import numpy as np

ARRAYS = ('image', 'labels', 'classes', 'depth')


def coloured(labels: np.ndarray) -> np.ndarray:
    """Return an image whose colours are the ids."""
    return np.stack([labels & 255, labels >> 8, labels & 255], -1).astype(np.uint8)


def frozen(sample: Sample) -> Sample:
    """Return the sample with arrays that cannot be written to."""
    for name in ARRAYS:
        values = getattr(sample, name)
        if values is not None:
            values.flags.writeable = False
    return sample


def scene(seed: int) -> Sample:
    sample = draw_scene('shapes', seed, 64, 48)
    return frozen(replace(sample, classes=(sample.labels > 0).astype(np.uint8)))
