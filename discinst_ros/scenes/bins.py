# SPDX-License-Identifier: Apache-2.0
"""Metal and plastic bins from above, before anything lies in them."""

from __future__ import annotations

import colorsys

from discinst_ros.scenes.canvas import FloatImage
from discinst_ros.scenes.textures import noise, Rng
import numpy as np


def bin_floor(rng: Rng, shape: tuple[int, int]) -> FloatImage:
    """Return a corrugated or perforated floor with the walls of the bin around it."""
    height, width = shape
    scale = height / 240
    patch = np.empty((height, width, 3), np.float32)
    patch[:] = _paint(rng)
    angle = rng.uniform(-0.15, 0.15) + rng.choice((0, np.pi / 2))
    column = np.arange(width, dtype=np.float32)[None, :] - np.float32(width / 2)
    row = np.arange(height, dtype=np.float32)[:, None] - np.float32(height / 2)
    along = column * np.float32(np.cos(angle)) + row * np.float32(np.sin(angle))
    across = row * np.float32(np.cos(angle)) - column * np.float32(np.sin(angle))
    relief = _corrugation if rng.random() < 0.5 else _perforation
    patch *= relief(rng, along / np.float32(scale), across / np.float32(scale))[..., None]
    patch *= 1 + noise(rng, shape, 30 * scale)[..., None] * np.float32(0.08)
    patch += noise(rng, shape, 1.5 * scale)[..., None] * np.float32(rng.uniform(2, 7))
    _raise_walls(rng, patch, column, row, scale)
    return np.clip(patch, 0, 255)


def _paint(rng: Rng) -> FloatImage:
    """Return the colour of a bin: bare or powder-coated, never bright."""
    saturation = rng.uniform(0.0, 0.1) if rng.random() < 0.5 else rng.uniform(0.2, 0.5)
    hue = rng.uniform(0.42, 0.66) if rng.random() < 0.8 else rng.uniform(0.0, 0.1)
    colour = colorsys.hsv_to_rgb(hue, saturation, rng.uniform(0.22, 0.62))
    return np.array(colour, np.float32) * 255


def _corrugation(rng: Rng, along: FloatImage, across: FloatImage) -> FloatImage:
    """Return the brightness of ridges with flat tops, lit from one side."""
    phase = along * np.float32(2 * np.pi / rng.uniform(9, 26))
    slope = np.tanh(np.sin(phase) * np.float32(2.5))
    valley = np.tanh(np.cos(phase) * np.float32(3))
    return np.asarray(1 + np.float32(rng.uniform(0.12, 0.35)) * slope
                      + np.float32(0.1) * valley)


def _perforation(rng: Rng, along: FloatImage, across: FloatImage) -> FloatImage:
    """Return the brightness of sheet metal with round holes, every other row between the last."""
    pitch = np.float32(rng.uniform(10, 20))
    row = np.floor(across / pitch)
    x = np.mod(along / pitch + row % 2 / 2, 1) - np.float32(0.5)
    y = across / pitch - row - np.float32(0.5)
    radius_px = pitch * np.float32(rng.uniform(0.2, 0.33))
    inside = np.clip(radius_px - np.hypot(x, y) * pitch + np.float32(0.5), 0, 1)
    rim = np.clip(radius_px - np.hypot(x + 1 / pitch, y + 1 / pitch) * pitch + 1, 0, 1)
    return np.asarray(1 + np.float32(0.25) * rim * (1 - inside)
                      - np.float32(rng.uniform(0.55, 0.85)) * inside)


def _raise_walls(rng: Rng, patch: FloatImage, x: FloatImage, y: FloatImage,
                 scale: float) -> None:
    """Draw the walls as far as they are in the picture: sides in shadow below a bright rim."""
    half = np.array((patch.shape[1], patch.shape[0])) / 2
    inset = rng.uniform(-6, 16, 2) * scale
    outside = np.maximum(np.abs(x) - np.float32(half[0] - inset[0]),
                         np.abs(y) - np.float32(half[1] - inset[1])) / np.float32(scale)
    side = np.clip(outside, 0, 1)[..., None]
    colour = patch.mean(axis=(0, 1)) * np.float32(rng.uniform(0.4, 0.75))
    patch += side * (colour - patch)
    patch += np.clip(outside - 9, 0, 1)[..., None] * colour
    patch *= 1 - np.float32(0.4) * np.exp(-np.abs(outside) / 3)[..., None]
