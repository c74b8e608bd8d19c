# SPDX-License-Identifier: Apache-2.0
"""
Instances printed over, so that a border of colours within an object is no border of objects.

A print is a map of patches, each of a colour. The light and shade of what is printed over stay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TYPE_CHECKING, TypeAlias

import cv2
from discinst_ros.data.sample import Sample
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from discinst_ros.data.augment.augmentation import Augmentation

Pixels: TypeAlias = npt.NDArray[Any]

#: Fewest and most colours of a print.
_COLOURS = (2, 5)
#: Size of its patches, as a share of the longer side of the image.
_PATCH = (0.02, 0.12)
#: How much the print covers what was there.
_COVER = (0.4, 1.0)
#: How often its patches are upright boxes.
_UPRIGHT = 0.3


def print_over(sample: Sample, settings: Augmentation, rng: np.random.Generator) -> Sample:
    """
    Return the sample with some of its instances printed over; itself where none is drawn.

    :param sample: with labels.
    """
    if sample.labels is None or settings.print_probability == 0:
        return sample
    present = np.unique(sample.labels)
    present = present[present > 0]
    chosen = present[rng.random(len(present)) < settings.print_probability]
    if not len(chosen):
        return sample
    patches = _patches(sample.labels.shape, rng)
    image = sample.image.astype(np.float32)
    for label in chosen:
        inside = sample.labels == label
        shade = image[inside].mean(axis=1, keepdims=True)
        shade = shade / max(float(shade.mean()), 1.0)
        colours = rng.uniform(10, 245, (_COLOURS[1], 3)).astype(np.float32)
        # Fewer colours for some: the last ones are those of the first
        colours = colours[np.arange(_COLOURS[1]) % rng.integers(_COLOURS[0], _COLOURS[1] + 1)]
        cover = np.float32(rng.uniform(*_COVER))
        image[inside] += cover * (colours[patches[inside]] * shade - image[inside])
    return replace(sample, image=np.clip(np.rint(image), 0, 255).astype(np.uint8))


def _patches(shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return which patch each pixel is of, H×W of 0 to the number of colours less 1."""
    height, width = shape
    cell = max(shape) * rng.uniform(*_PATCH)
    rows, columns = (max(2, round(side / cell)) for side in (height, width))
    noise = rng.standard_normal((rows, columns, _COLOURS[1]), dtype=np.float32)
    smooth = cv2.resize(noise, (width, height), interpolation=(
        cv2.INTER_NEAREST if rng.random() < _UPRIGHT else cv2.INTER_CUBIC))
    return np.asarray(smooth.argmax(axis=2))
