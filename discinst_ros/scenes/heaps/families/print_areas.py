# SPDX-License-Identifier: Apache-2.0
"""Areas of a side of a package, and what fills them: a colour, a picture of food, soft forms."""

from __future__ import annotations

import cv2
from discinst_ros.scenes.canvas import FloatImage
from discinst_ros.scenes.textures import noise, random_colour, Rng
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def any_of(rng: Rng, palette: FloatImage) -> FloatImage:
    """Return one of the colours of a brand."""
    return np.asarray(palette[int(rng.integers(len(palette)))])


def as_ink(colour: FloatImage) -> tuple[float, ...]:
    """Return a colour as OpenCV takes it."""
    return tuple(float(value) for value in colour)


def ground(rng: Rng, shape: tuple[int, int], colour: FloatImage) -> FloatImage:
    """Return one colour, or one that runs into a darker one."""
    patch = np.empty((*shape, 3), np.float32)
    patch[:] = colour
    if rng.random() < 0.4:
        ramp = _along(rng, shape) * np.float32(0.5) + np.float32(0.5)
        patch *= (1 - np.float32(rng.uniform(0.2, 0.6)) * np.clip(ramp, 0, 1))[..., None]
    return patch


def _along(rng: Rng, shape: tuple[int, int]) -> FloatImage:
    """Return how far each pixel is from the middle in some direction, about -1 to 1; mostly up."""
    v, u = np.meshgrid(*(np.linspace(-1, 1, side, dtype=np.float32) for side in shape),
                       indexing='ij')
    angle = (np.pi / 2 * rng.integers(4) if rng.random() < 0.6 else rng.uniform(-np.pi, np.pi))
    return np.asarray(np.float32(np.cos(angle)) * u + np.float32(np.sin(angle)) * v)


def region(rng: Rng, shape: tuple[int, int]) -> Mask:
    """Return part of a side: beyond a line or a wave; a band, a box, an ellipse, spots."""
    kind = rng.choice(('half', 'half', 'band', 'box', 'ellipse', 'spots'))
    if kind in ('half', 'band'):
        along, across = _along(rng, shape), _along(rng, shape)
        if rng.random() < 0.4:
            along = along + np.float32(rng.uniform(0.05, 0.25)) * np.sin(
                across * np.float32(rng.uniform(1, 5)) + np.float32(rng.uniform(0, 6)))
        low = rng.uniform(-0.8, 0.6)
        inside = along > low
        return np.asarray(inside if kind == 'half' else
                          inside & (along < low + rng.uniform(0.1, 0.6)))
    if kind == 'spots':
        return np.asarray(noise(rng, shape, rng.uniform(12, 60)) > rng.uniform(-0.1, 0.4))
    mask = np.zeros(shape, np.uint8)
    (x, y), (w, h) = place(rng, shape, (0.15, 0.9))
    if kind == 'box':
        cv2.rectangle(mask, (x, y), (x + w, y + h), 1, -1)
    else:
        cv2.ellipse(mask, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, 1, -1)
    return np.asarray(mask > 0)


def place(rng: Rng, shape: tuple[int, int], share: tuple[float, float]
           ) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the corner and the size of a box, which may reach beyond the side."""
    height, width = shape
    w, h = (max(4, int(rng.uniform(*share) * side)) for side in (width, height))
    return ((int(rng.uniform(-0.1, 1.1) * width - w / 2),
             int(rng.uniform(-0.1, 1.1) * height - h / 2)), (w, h))


def fill(rng: Rng, patch: FloatImage, where: Mask, palette: FloatImage) -> None:
    """Fill a region with a colour of the brand, its border sometimes drawn in another."""
    patch[where] = any_of(rng, palette)
    if rng.random() < 0.3:
        border = cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_GRADIENT,
                                  np.ones((int(rng.integers(2, 7)),) * 2, np.uint8))
        patch[border > 0] = any_of(rng, palette)


def food(rng: Rng, shape: tuple[int, int], palette: FloatImage) -> FloatImage:
    """Return many round pieces of a few colours, each with light and shade, over one another."""
    height, width = shape
    patch = ground(rng, shape, random_colour(rng))
    colours = [random_colour(rng) for _ in range(int(rng.integers(1, 4)))] + [any_of(rng, palette)]
    size = rng.uniform(0.04, 0.22) * min(shape)
    canvas = patch.astype(np.uint8)
    for _ in range(int(min(120, 1.5 * height * width / (4 * size * size)))):
        centre = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        axes = max(2, int(size * rng.uniform(0.5, 1.2))), max(2, int(size * rng.uniform(0.4, 1)))
        colour = colours[int(rng.integers(len(colours)))] * rng.uniform(0.7, 1.15)
        angle = rng.uniform(0, 180)
        for factor, reach, shift in ((0.55, 1.0, 0), (1.0, 0.85, -1), (1.25, 0.45, -2)):
            shaded = as_ink(np.clip(colour * factor, 0, 255))
            cv2.ellipse(canvas, (centre[0] + shift, centre[1] + shift),
                        (max(1, int(axes[0] * reach)), max(1, int(axes[1] * reach))), angle, 0,
                        360, shaded, -1, cv2.LINE_AA)
    return canvas.astype(np.float32)


def clouds(rng: Rng, shape: tuple[int, int], palette: FloatImage) -> FloatImage:
    """Return soft forms of several colours, as of a photograph out of focus."""
    colours = np.stack([random_colour(rng) for _ in range(3)] + [any_of(rng, palette)])
    cell = rng.uniform(6, 45)
    layers = np.stack([noise(rng, shape, cell) for _ in colours], axis=-1)
    weights = np.exp(layers * np.float32(rng.uniform(3, 12)))
    weights /= weights.sum(axis=-1, keepdims=True)
    detail = noise(rng, shape, rng.uniform(1.5, 4))[..., None] * np.float32(rng.uniform(0, 30))
    return np.asarray(weights @ colours.astype(np.float32) + detail)
