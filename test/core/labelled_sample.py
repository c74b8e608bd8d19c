# SPDX-License-Identifier: Apache-2.0
"""An image of three instances, whose pixels are counted."""

from __future__ import annotations

from coco_files import HEIGHT, WIDTH
from discinst_ros.data.sample import Sample
import numpy as np


def make_sample(name: str = 'a', **changes: object) -> Sample:
    """Return an image with instance 1 of 100, 2 of 50 and 3 of 30 pixels, classes 1, 2 and 2."""
    labels = np.zeros((HEIGHT, WIDTH), np.int32)
    labels[:10, :10], labels[20:25, :10], labels[40:43, 20:30] = 1, 2, 3
    values = {'image': np.full((HEIGHT, WIDTH, 3), 99, np.uint8), 'labels': labels,
              'classes': np.array([0, 1, 2, 2], np.uint8)[labels], **changes}
    return Sample(name, **values)  # type: ignore[arg-type]
