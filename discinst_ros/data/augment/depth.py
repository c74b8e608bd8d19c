# SPDX-License-Identifier: Apache-2.0
"""
Depth that is missing in other places than in the images at hand.

Holes lie where a surface shines or swallows light; behind a line or a distance there is nothing
where a driver cuts its depth to the workspace; all is gone while a depth camera starts.
"""

from __future__ import annotations

import math
from typing import Any, TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from discinst_ros.data.augment.augmentation import Augmentation

#: H×W float32 metres, NaN = none.
Depth: TypeAlias = npt.NDArray[np.float32]
Mask: TypeAlias = npt.NDArray[np.bool_]

#: Half axes of a hole, as shares of the longer side of the image.
_HOLE = (0.01, 0.08)
#: Distance of a line from the middle, as a share of half the diagonal.
_LINE = (0.3, 0.9)
#: Shares of the depth that lie before the farthest distance.
_NEAR = (0.6, 1.0)


def lose_depth(depth: Depth, settings: Augmentation, rng: np.random.Generator) -> Depth:
    """Return the depth with some of it missing; itself where none is drawn."""
    lost, pierced, cut = rng.random(3) < (
        settings.depth_loss_probability, settings.depth_holes_probability,
        settings.depth_cut_probability)
    if lost:
        return np.full_like(depth, np.nan)
    gone = np.zeros(depth.shape, np.bool_)
    if pierced:
        low, high = settings.depth_hole_count
        gone |= _holes(depth.shape, int(rng.integers(low, high + 1)), rng)
    if cut:
        gone |= (_behind_a_line(depth.shape, rng) if rng.random() < 0.5
                 else _farther(depth, rng.uniform(*_NEAR)))
    return np.where(gone, np.float32(np.nan), depth) if gone.any() else depth


def _holes(shape: tuple[int, ...], count: int, rng: np.random.Generator) -> Mask:
    """Return ellipses anywhere."""
    canvas = np.zeros(shape, np.uint8)
    for _ in range(count):
        centre = rng.uniform(0, shape[::-1])
        axes = max(shape) * rng.uniform(*_HOLE, 2)
        cv2.ellipse(canvas, [int(value) for value in centre], [int(max(1, a)) for a in axes],
                    rng.uniform(0, 180), 0, 360, 1, -1)
    return canvas.astype(np.bool_)


def _behind_a_line(shape: tuple[int, ...], rng: np.random.Generator) -> Mask:
    angle = rng.uniform(-math.pi, math.pi)
    middle = (np.array(shape) - 1) / 2
    rows, columns = np.ogrid[:shape[0], :shape[1]]
    aside = (columns - middle[1]) * math.cos(angle) + (rows - middle[0]) * math.sin(angle)
    return np.asarray(aside > rng.uniform(*_LINE) * np.linalg.norm(middle))


def _farther(depth: Depth, share: float) -> Mask:
    known: npt.NDArray[Any] = depth[np.isfinite(depth)]
    if not len(known):
        return np.zeros(depth.shape, np.bool_)
    return np.asarray(depth > np.quantile(known, share))
