# SPDX-License-Identifier: Apache-2.0
"""Pairs of sticks that cross in their middles, so that one box is nearly the other."""

from __future__ import annotations

from discinst_ros.scenes.canvas import Canvas, Points
from discinst_ros.scenes.sticks import (
    lay_stick,
    LAYER_M,
    LENGTH_PX,
    Stick,
    stick_outline,
    WIDTH_PX,
)
from discinst_ros.scenes.textures import random_colour, Rng
import numpy as np

#: Range of the number of pairs, and of the sticks that lie anywhere besides.
PAIRS = (1, 3)
LOOSE = (0, 4)
#: Range of the length of a pair's sticks at 320×240, pixels.
PAIR_LENGTH_PX = (110.0, 220.0)
#: Range of the angle of a stick to the border of the image, radians: a stick along the border
#: has a thin box, which no other stick could share.
TILT_RAD = (0.38, 1.19)
#: How much the second stick of a pair differs from the mirror image of the first.
TURN_RAD, STRETCH, SHIFT = 0.08, 0.06, 0.03
#: Smallest IoU of the boxes of a pair, as it is laid. What the loss of a few pixels to other
#: sticks leaves of it is above 0.8 nearly always.
BOX_IOU = 0.86
#: Nearly all pairs are found by a few dozen.
_TRIES = 20_000
#: Pixels between a pair and the border of the image.
_MARGIN_PX = 2.0


def draw_crossings(canvas: Canvas, rng: Rng, table_depth_m: float) -> None:
    """
    Lay pairs of crossing sticks and a few loose ones, in half of the scenes all of one colour.

    They lie in any order, but one pair lies above all others, so that its boxes are whole.

    :param canvas: painted in place, ids 1 to N from the bottom to the top.
    :param rng: source of all that is random.
    :param table_depth_m: depth of the table.
    :raises ValueError: where the image is too narrow for a pair.
    """
    height, width = canvas.labels.shape
    alike = rng.random() < 0.5
    colour = random_colour(rng)
    pairs = [_pair(rng, width, height) for _ in range(rng.integers(PAIRS[0], PAIRS[1] + 1))]
    sticks = [stick for pair in pairs[1:] for stick in pair]
    sticks += [_loose(rng, width, height) for _ in range(rng.integers(LOOSE[0], LOOSE[1] + 1))]
    order = [sticks[place] for place in rng.permutation(len(sticks))]
    for label, stick in enumerate((*order, *pairs[0]), start=1):
        if not alike:
            colour = random_colour(rng)
        lay_stick(canvas, rng, stick, colour, label, table_depth_m - LAYER_M * label,
                  plain=alike)


def box_iou(first: Points, second: Points) -> float:
    """
    Return the IoU of the boxes around two outlines.

    :param first: N×2, x and y.
    :param second: M×2, x and y.
    """
    low = np.maximum(first.min(axis=0), second.min(axis=0))
    high = np.minimum(first.max(axis=0), second.max(axis=0))
    shared = float(np.maximum(high - low, 0).prod())
    total = sum(float(np.ptp(outline, axis=0).prod()) for outline in (first, second))
    return shared / (total - shared)


def _pair(rng: Rng, width: int, height: int) -> tuple[Stick, Stick]:
    """Return two sticks whose boxes are alike and lie in the image."""
    scale = height / 240
    for _ in range(_TRIES):
        length = rng.uniform(*PAIR_LENGTH_PX) * scale
        tilt = rng.uniform(*TILT_RAD)
        centre = np.array((rng.uniform(0, width), rng.uniform(0, height)))
        first = _stick(rng, centre, length, tilt, scale)
        second = _stick(rng, centre + rng.uniform(-SHIFT, SHIFT, 2) * length,
                        length * rng.uniform(1 - STRETCH, 1 + STRETCH),
                        np.pi - tilt + rng.uniform(-TURN_RAD, TURN_RAD), scale)
        points = np.concatenate((first.outline, second.outline))
        inside = (points >= _MARGIN_PX).all() and (
            points <= np.array((width, height)) - 1 - _MARGIN_PX).all()
        if inside and box_iou(first.outline, second.outline) > BOX_IOU:
            return first, second
    raise ValueError(f'{width}x{height} pixels are too narrow for sticks that cross, as their '
                     f'length goes with the height; give {height * 4 // 3}x{height}, say')


def _loose(rng: Rng, width: int, height: int) -> Stick:
    """Return a stick that lies anywhere."""
    scale = height / 240
    centre = np.array((rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height))
    return _stick(rng, centre, rng.uniform(*LENGTH_PX) * scale, rng.uniform(0, np.pi), scale)


def _stick(rng: Rng, centre: Points, length: float, angle: float, scale: float) -> Stick:
    half = np.array((length, rng.uniform(*WIDTH_PX) * scale)) / 2
    return Stick(stick_outline(centre, half, angle, rounded=rng.random() < 0.3), angle, half[1])
