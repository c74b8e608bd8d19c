# SPDX-License-Identifier: Apache-2.0
"""
Depth with other faults than in the images at hand.

Along its steps there is a band without depth, which one of two cameras does not see or cannot
match. It lies beside the colours where two cameras are registered badly; patches of it are
mistaken where stereo matched what does not belong together. Holes are where a surface shines or
swallows light; behind a line or a distance there is nothing where a driver cuts its depth to the
workspace; all is gone while a depth camera starts. Speckles of a few pixels are wrong or missing
all over an image.
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

#: Half axes of a hole and of a mistaken patch, as shares of the longer side of the image.
_HOLE = (0.01, 0.08)
_PATCH = (0.004, 0.03)
#: Mistaken distances are true ones times or divided by up to this.
_MISTAKE = 2.0
#: Sides of speckles, pixels.
_SPECKLE_PX = (1, 3)
#: Neighbours whose distances differ by more than about this share of them are at a step.
_STEP = (0.01, 0.04)
#: Greatest change of scale of depth that is registered badly.
_ZOOM = 0.03
#: Distance of a line from the middle, as a share of half the diagonal.
_LINE = (0.3, 0.9)
#: Shares of the depth that lie before the farthest distance.
_NEAR = (0.6, 1.0)


def spoil_depth(depth: Depth, settings: Augmentation, rng: np.random.Generator) -> Depth:
    """Return the depth with the faults that are drawn; itself where none is."""
    # Nothing is drawn for what is 0, so that the rest is as it was before there were shadows.
    if settings.depth_shadow_probability and rng.random() < settings.depth_shadow_probability:
        depth = _shadowed(depth, rng.uniform(*settings.depth_shadow), rng)
    misplaced, mistaken = rng.random(2) < (
        settings.depth_misplaced_probability, settings.depth_mistaken_probability)
    if misplaced:
        depth = _beside_the_colours(depth, rng.uniform(*settings.depth_shift), rng)
    if mistaken:
        low, high = settings.depth_patch_count
        depth = _with_patches(depth, int(rng.integers(low, high + 1)), rng)
    depth = _lose_depth(depth, settings, rng)
    # As above.
    if settings.depth_speckle_probability and rng.random() < settings.depth_speckle_probability:
        depth = _speckled(depth, rng.uniform(*settings.depth_speckle_share), rng)
    return depth


def _shadowed(depth: Depth, reach: float, rng: np.random.Generator) -> Depth:
    """
    Return the depth without what is near to a step: behind it alone, or on both sides.

    :param reach: how far from the step, as a share of the longer side of the image.
    """
    step = 1 + rng.uniform(*_STEP)
    side = 2 * max(1, round(reach * max(depth.shape))) + 1
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    nothing = np.isnan(depth)
    near = np.where(nothing, np.float32(np.inf), depth)
    next_to = np.ones((3, 3), np.uint8)
    far = np.where(nothing, np.float32(0), depth)
    edges = cv2.dilate(far, next_to) / step > cv2.erode(near, next_to)
    gone = cv2.dilate(edges.astype(np.uint8), around).astype(np.bool_)
    if rng.random() < 0.5:
        gone &= near / step > cv2.erode(near, around)
    return np.where(gone, np.float32(np.nan), depth)


def _beside_the_colours(depth: Depth, shift: float, rng: np.random.Generator) -> Depth:
    """
    Return the depth moved in any direction, and a little larger or smaller.

    :param shift: share of the longer side of the image.
    """
    height, width = depth.shape
    angle, zoom = rng.uniform(-math.pi, math.pi), 1 + rng.uniform(-_ZOOM, _ZOOM)
    middle = np.array((width - 1, height - 1)) / 2
    move = max(depth.shape) * shift * np.array((math.cos(angle), math.sin(angle)))
    matrix = np.column_stack((zoom * np.eye(2), middle - zoom * middle + move))
    # Nearest pixels: between near and far there is nothing.
    return np.asarray(cv2.warpAffine(depth, matrix, (width, height), flags=cv2.INTER_NEAREST,
                                     borderMode=cv2.BORDER_CONSTANT, borderValue=math.nan))


def _with_patches(depth: Depth, count: int, rng: np.random.Generator) -> Depth:
    """Return the depth with flat patches of wrong distances, also where it had none."""
    known: npt.NDArray[Any] = depth[np.isfinite(depth)]
    if not len(known):
        return depth
    result = depth.copy()
    for _ in range(count):
        centre = rng.uniform(0, depth.shape[::-1])
        there = depth[int(centre[1]), int(centre[0])]
        distance = there if np.isfinite(there) else rng.choice(known)
        wrong = float(distance) * _MISTAKE ** rng.uniform(-1, 1)
        _draw_ellipse(result, centre, _PATCH, wrong, rng)
    return result


def _speckled(depth: Depth, share: float, rng: np.random.Generator) -> Depth:
    """Return the depth with small squares all over it, about a share of all, wrong or missing."""
    side = int(rng.integers(_SPECKLE_PX[0], _SPECKLE_PX[1] + 1))
    where = cv2.dilate((rng.random(depth.shape) < share / side ** 2).astype(np.uint8),
                       np.ones((side, side), np.uint8))
    instead = (math.nan if rng.random() < 0.5
               else depth * _MISTAKE ** rng.uniform(-1, 1, depth.shape))
    return np.where(where, instead, depth).astype(np.float32)


def _lose_depth(depth: Depth, settings: Augmentation, rng: np.random.Generator) -> Depth:
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
        _draw_ellipse(canvas, rng.uniform(0, shape[::-1]), _HOLE, 1, rng)
    return canvas.astype(np.bool_)


def _draw_ellipse(canvas: npt.NDArray[Any], centre: npt.NDArray[np.float64],
                  half_axes: tuple[float, float], value: float, rng: np.random.Generator) -> None:
    axes = max(canvas.shape) * rng.uniform(*half_axes, 2)
    cv2.ellipse(canvas, [int(place) for place in centre], [int(max(1, a)) for a in axes],
                rng.uniform(0, 180), 0, 360, value, -1)


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
