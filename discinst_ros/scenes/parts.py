# SPDX-License-Identifier: Apache-2.0
"""Bins of equal metal parts: a family of scenes that the shipped weights never saw."""

from __future__ import annotations

from collections.abc import Sequence
import colorsys
from dataclasses import dataclass, replace

import cv2
from discinst_ros.scenes.canvas import Canvas, FloatImage, FOCAL_PER_HEIGHT, Points, Window
from discinst_ros.scenes.designs import CATALOGUE, Design
from discinst_ros.scenes.textures import noise, Rng
import numpy as np

#: Number of parts in a bin.
COUNT = (5, 50)
#: All parts side by side cover this share of the image at most: nearly all can still be seen.
MOST_COVER = 0.85
#: Places that are tried for a part; the one with the most room wins.
_TRIES = 3


@dataclass(frozen=True)
class Batch:
    """What all parts of a bin share."""

    design: Design
    #: Half of a part's length, pixels.
    half_px: float
    #: (3,) RGB, 0 to 255.
    colour: FloatImage
    #: Distance between the faces.
    thickness_m: float
    #: 0 dull to 1 polished.
    gloss: float

    def scaled(self, factor: float) -> Batch:
        """Return the same parts in another size."""
        return replace(self, half_px=self.half_px * factor,
                       thickness_m=self.thickness_m * factor)


def draw_parts(canvas: Canvas, rng: Rng, table_depth_m: float, *, design: Design | None = None,
               count: int | None = None, angle: float | None = None) -> None:
    """
    Tip a batch of equal parts into a bin; each lies on the highest one that it covers.

    :param canvas: painted in place, ids 1 to N from the bottom to the top.
    :param rng: source of all that is random.
    :param table_depth_m: depth of the bin's floor.
    :param design: of the parts; None draws one of the catalogue.
    :param count: number of parts, as small as it takes; None draws one.
    :param angle: of all of them, on one face; None draws one for each.
    """
    height, width = canvas.labels.shape
    batch = draw_batch(rng, height, table_depth_m, (design,) if design else CATALOGUE)
    canvas.light = replace(canvas.light, shadow=rng.uniform(0.4, 0.65),
                           reach=rng.uniform(0.4, 1.1), softness=rng.uniform(0.5, 2.5))
    room = MOST_COVER * width * height / (batch.design.area * batch.half_px ** 2)
    if count is None:
        most = max(COUNT[0], min(COUNT[1], int(room)))
        count = int(rng.integers(COUNT[0], most + 1))
    batch = batch.scaled(min(1.0, (room / count) ** 0.5))
    centres = np.empty((0, 2))
    for label in range(1, count + 1):
        tries = (0.5 + rng.uniform(-0.42, 0.42, (_TRIES, 2))) * (width, height)
        gaps = np.linalg.norm(tries[:, None] - centres, axis=2).min(axis=1, initial=width)
        centres = np.concatenate((centres, tries[gaps.argmax()][None]))
        draw_part(canvas, rng, batch, centres[-1],
                  rng.uniform(-np.pi, np.pi) if angle is None else angle, label,
                  mirrored=angle is None and rng.random() < 0.5)
    canvas.colour *= _lamp(rng, (height, width), canvas.light.direction)[..., None]


def draw_batch(rng: Rng, height: int, table_depth_m: float,
               designs: Sequence[Design]) -> Batch:
    """
    Draw a design, its size and its metal.

    :param height: of the image, pixels; parts scale with it.
    :param table_depth_m: depth of what they lie on.
    :param designs: to choose from.
    """
    metres_per_px = table_depth_m / (FOCAL_PER_HEIGHT * height)
    design = designs[int(rng.integers(len(designs)))]
    half_px = rng.uniform(*design.length_px) * (height / 240) / 2
    return Batch(design, half_px, _metal(rng), gloss=rng.uniform(0.3, 1.0),
                 thickness_m=design.thickness * half_px * metres_per_px)


def _metal(rng: Rng) -> FloatImage:
    """Return the colour of steel or zinc, black oxide, brass or copper."""
    hue, saturation, value = (
        (rng.uniform(0.55, 0.65), rng.uniform(0.02, 0.1), rng.uniform(0.6, 0.8)),
        (rng.uniform(0.55, 0.65), rng.uniform(0.02, 0.1), rng.uniform(0.6, 0.8)),
        (rng.uniform(0.0, 0.7), rng.uniform(0.0, 0.08), rng.uniform(0.36, 0.5)),
        (rng.uniform(0.11, 0.14), rng.uniform(0.35, 0.55), rng.uniform(0.6, 0.8)),
        (rng.uniform(0.03, 0.07), rng.uniform(0.35, 0.55), rng.uniform(0.6, 0.75)),
    )[rng.integers(5)]
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value), np.float32) * 255


def draw_part(canvas: Canvas, rng: Rng, batch: Batch, centre: Points, angle: float, label: int,
              *, mirrored: bool = False) -> None:
    """
    Lay one part on what is there; through its holes that can still be seen.

    :param canvas: painted in place.
    :param rng: source of how it tilts towards the lamp, and of its scratches.
    :param batch: what it has in common with the others.
    :param centre: (2,) x and y, pixels.
    :param angle: of the part's length, radians.
    :param label: its id.
    :param mirrored: whether it lies on its other face.
    """
    design = batch.design
    turn = np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
    place = np.array((1.0, -1.0 if mirrored else 1.0)) * batch.half_px
    outline, *holes = ((points * place) @ turn + centre
                       for points in (design.outline, *design.holes))
    window = canvas.window(outline, angle)
    if window is None:
        return
    alpha = canvas.coverage(outline, window, holes)
    beneath = canvas.depth[window.rows, window.columns][alpha >= 0.5]
    if not beneath.size:
        return
    patch = _shade(rng, batch, window, alpha, angle, canvas.light.direction)
    canvas.paint(window, alpha, patch, label, float(beneath.min()) - batch.thickness_m,
                 height_px=design.thickness * batch.half_px)


def _shade(rng: Rng, batch: Batch, window: Window, alpha: FloatImage, angle: float,
           shadow_direction: float) -> FloatImage:
    """Return the metal of a part: lit edges, a face that mirrors the lamp, brush marks."""
    sigma = max(batch.design.rounding * batch.half_px / 2, 0.6)
    relief = cv2.GaussianBlur(alpha, (0, 0), sigma)
    to_lamp = shadow_direction + np.pi
    # Downhill towards the lamp is bright, away from it dark.
    slope = -(cv2.Sobel(relief, cv2.CV_32F, 1, 0) * np.float32(np.cos(to_lamp))
              + cv2.Sobel(relief, cv2.CV_32F, 0, 1) * np.float32(np.sin(to_lamp)))
    slope *= np.float32(sigma / 2)
    u, v = window.u, window.v
    if batch.design.turned:
        # Rings of a lathe mirror a lamp in two opposite sectors.
        sheen = np.cos(2 * (np.arctan2(v, u) + np.float32(angle - to_lamp)))
        sheen = np.clip(sheen, 0, 1) ** 3
        marks = _brush(rng, np.hypot(u, v))
    else:
        tilt = rng.uniform(-np.pi, np.pi)
        across = u * np.float32(np.cos(tilt)) + v * np.float32(np.sin(tilt))
        sheen = np.exp(-((across - np.float32(rng.uniform(-1.2, 1.2))) / np.float32(0.45)) ** 2)
        marks = _brush(rng, v)
    gloss = np.float32(batch.gloss)
    light = np.float32(rng.uniform(0.7, 0.92)) + np.float32(0.75) * slope \
        + np.float32(0.25) * gloss * sheen
    light += marks * np.float32(0.05)
    glint = np.clip(slope - np.float32(0.42), 0, 1) * 2 * gloss \
        + np.float32(0.25) * gloss * gloss * sheen ** 4
    patch = batch.colour * np.clip(light, 0.3, 1.4)[..., None]
    patch += (255 - patch) * np.clip(glint, 0, 0.9)[..., None]
    return np.asarray(np.clip(patch, 0, 255))


def _brush(rng: Rng, across: FloatImage) -> FloatImage:
    """Return fine scratches, about -1 to 1, where ``across`` runs from -1 to 1 across them."""
    marks = noise(rng, (1, 256), 2.0)[0]
    return np.asarray(marks[(across * 60).astype(np.int32) % 256])


def _lamp(rng: Rng, shape: tuple[int, int], shadow_direction: float) -> FloatImage:
    """Return the brightness of a bin below one lamp beside it, darker towards the corners."""
    y, x = (np.linspace(-1, 1, size, dtype=np.float32) for size in shape)
    y = y[:, None]
    fall = np.float32(rng.uniform(0.1, 0.4))
    side = 1 - fall * (x * np.float32(np.cos(shadow_direction))
                       + y * np.float32(np.sin(shadow_direction)))
    corners = 1 - np.float32(rng.uniform(0.1, 0.28)) * (x * x + y * y)
    return np.asarray(side * corners * np.float32(1.25))
