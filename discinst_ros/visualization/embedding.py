# SPDX-License-Identifier: Apache-2.0
"""Embeddings as colours: what looks alike is taken for one object."""

from __future__ import annotations

from discinst_ros.visualization.colours import RgbImage
from discinst_ros.visualization.projection import Points, Projection
import numpy as np
import numpy.typing as npt

#: Share of the brightness that pixels outside the foreground keep.
_OUTSIDE = 0.3
#: Percentile of the distances along an axis that reaches the end of the colours.
_REACH = 98
#: Darkest and lightest value of a channel, so that nothing drowns in black.
_DARK, _LIGHT = 25, 255


def embedding_colours(embeddings: Points, foreground: npt.NDArray[np.bool_],
                      projection: Projection, *, unit: float) -> RgbImage:
    """
    Draw embeddings with the three axes of a projection as red, green and blue.

    :param embeddings: H×W×D.
    :param foreground: H×W; the rest, which the loss does not touch, is darker. Where nothing is
        foreground, everything is as bright.
    :param projection: onto three axes.
    :param unit: shortest distance from the origin that gets a full colour. With delta_d the
        embeddings of one object, which keep within delta_v, differ little in colour, and an axis
        along which nothing happens shows no noise.
    :return: H×W×3 uint8.
    """
    points = projection(embeddings)
    bright = foreground if foreground.any() else np.ones_like(foreground)
    reach = np.maximum(np.percentile(np.abs(points[bright]), _REACH, axis=0), unit)
    colours = _DARK + (_LIGHT - _DARK) * (0.5 + 0.5 * np.clip(points / reach, -1, 1))
    colours[~bright] *= _OUTSIDE
    return np.asarray(np.round(colours), dtype=np.uint8)
