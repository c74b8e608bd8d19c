# SPDX-License-Identifier: Apache-2.0
"""The colour of a label: the same in every picture, and unlike that of the labels next to it."""

from __future__ import annotations

import colorsys
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

RgbImage = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.integer[Any]]

#: Colours until they start again.
_COLORS = 256
#: A turn around the colour circle by this share comes near an earlier colour as late as can be.
_GOLDEN = 0.618034


def label_colours(labels: Labels) -> RgbImage:
    """
    Return the colour of each label.

    :param labels: any shape; 0 and below are black.
    :return: the same shape with a last axis of 3, uint8 RGB.
    """
    return _colormap()[np.where(labels > 0, (labels - 1) % _COLORS + 1, 0)]


@cache
def _colormap() -> RgbImage:
    """Return the colour of each index, (1 + colours)×3; neighbours differ in hue and depth."""
    colours = [colorsys.hsv_to_rgb(index * _GOLDEN % 1, (0.9, 0.65)[index % 2],
                                   (1.0, 1.0, 0.85)[index % 3]) for index in range(_COLORS)]
    colormap: RgbImage = np.round(np.array([(0, 0, 0), *colours]) * 255).astype(np.uint8)
    return colormap
