# SPDX-License-Identifier: Apache-2.0
"""Crossing sticks: the case that boxes cannot separate."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.scenes.canvas import Canvas, FloatImage, Points
from discinst_ros.scenes.textures import random_colour, Rng, surface
import numpy as np

#: Ranges at 320×240, in pixels; other sizes of image scale them by height.
WIDTH_PX = (6.0, 18.0)
LENGTH_PX = (80.0, 240.0)
COUNT = (3, 12)
#: Metres between one layer of sticks and the next.
LAYER_M = 0.012


@dataclass(frozen=True)
class Stick:
    """Where a stick lies."""

    #: N×2 polygon, x and y in pixels.
    outline: Points
    #: Direction of its length, radians.
    angle: float
    #: Half of its width, pixels.
    half_width_px: float


def draw_sticks(canvas: Canvas, rng: Rng, table_depth_m: float) -> None:
    """
    Drop sticks on a canvas, in half of the scenes all of one colour.

    :param canvas: painted in place, ids 1 to N from the bottom to the top.
    :param rng: source of all that is random.
    :param table_depth_m: depth of the table.
    """
    height, width = canvas.labels.shape
    alike = rng.random() < 0.5
    colour = random_colour(rng)
    count = int(rng.integers(COUNT[0], COUNT[1] + 1))
    for label in range(1, count + 1):
        angle = rng.uniform(0, np.pi)
        half = np.array((rng.uniform(*LENGTH_PX), rng.uniform(*WIDTH_PX))) * (height / 240) / 2
        centre = np.array((rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height))
        if not alike:
            colour = random_colour(rng)
        outline = stick_outline(centre, half, angle, rounded=rng.random() < 0.3)
        lay_stick(canvas, rng, Stick(outline, angle, half[1]), colour, label,
                  table_depth_m - LAYER_M * label, plain=alike)


def lay_stick(canvas: Canvas, rng: Rng, stick: Stick, colour: FloatImage, label: int,
              depth_m: float, *, plain: bool) -> None:
    """
    Paint a stick over what is there; outside of the canvas nothing happens.

    :param canvas: painted in place.
    :param rng: source of texture and shading.
    :param stick: where it lies.
    :param colour: (3,) of its surface.
    :param label: its id.
    :param depth_m: of its surface.
    :param plain: without a texture, as seven of ten others are.
    """
    window = canvas.window(stick.outline, stick.angle)
    if window is None:
        return
    if plain or rng.random() < 0.7:
        patch = np.empty((*window.u.shape, 3), np.float32)
        patch[:] = colour
    else:
        patch = surface(rng, window.u, window.v, colour)
    patch *= round_shading(rng, window.v, stick.angle, canvas.light.direction)[..., None]
    canvas.paint(window, canvas.coverage(stick.outline, window), patch, label, depth_m,
                 height_px=stick.half_width_px)


def stick_outline(centre: Points, half: Points, angle: float, *,
                  rounded: bool) -> Points:
    """
    Return the outline of a stick as an N×2 polygon in pixels.

    :param centre: (2,) x and y.
    :param half: (2,) half length and half width.
    :param angle: direction of the stick, radians.
    :param rounded: half discs at its ends instead of square cuts.
    """
    if rounded:
        turn = np.linspace(-np.pi / 2, np.pi / 2, 9)
        cap = np.stack((np.cos(turn), np.sin(turn)), axis=1) * half[1]
        body = max(half[0] - half[1], 0.0)
        points = np.concatenate((cap + (body, 0.0), -cap - (body, 0.0)))
    else:
        points = np.array(((1, 1), (1, -1), (-1, -1), (-1, 1))) * half
    turned = np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
    return np.asarray(points @ turned + centre)


def round_shading(rng: Rng, v: FloatImage, angle: float, light_direction: float) -> FloatImage:
    """Return the brightness of a round or flat bar across its width, about 0.4 to 1.1."""
    bulge = np.clip(v, -1, 1) * np.float32(rng.uniform(0.2, 1.0))
    towards = -np.sin(light_direction - angle)
    tilt = np.sqrt(1 - bulge * bulge) * np.float32(0.8) + bulge * np.float32(0.4 * towards)
    return np.asarray(np.float32(0.3) + np.float32(0.85) * tilt)
