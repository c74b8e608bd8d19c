# SPDX-License-Identifier: Apache-2.0
"""Procedural colours and textures, each an h×w×3 float32 patch of 0 to 255."""

from __future__ import annotations

import colorsys

import cv2
from discinst_ros.scenes.canvas import FloatImage
import numpy as np
import numpy.typing as npt

Rng = np.random.Generator


def random_colour(rng: Rng) -> FloatImage:
    """Return an RGB colour, (3,) float32: any hue, greys and blacks and whites included."""
    hue, saturation, value = rng.random(), rng.random() ** 0.8, rng.uniform(0.12, 1.0)
    if rng.random() < 0.25:
        saturation *= 0.15
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value), np.float32) * 255


def noise(rng: Rng, shape: tuple[int, int], cell_px: float) -> FloatImage:
    """Return smooth noise, h×w, about -1 to 1, whose features are some ``cell_px`` wide."""
    height, width = shape
    small = rng.standard_normal((int(height / cell_px) + 2, int(width / cell_px) + 2),
                                dtype=np.float32)
    smooth = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(smooth * np.float32(0.6))


def background(rng: Rng, shape: tuple[int, int]) -> FloatImage:
    """Return a table or floor: a colour with a gradient, blotches, grain, boards or tiles."""
    height, width = shape
    patch = np.empty((height, width, 3), np.float32)
    patch[:] = random_colour(rng)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    tilt = rng.uniform(-0.3, 0.3, 2).astype(np.float32)
    patch *= (1 + tilt[0] * x + tilt[1] * y)[..., None]
    if rng.random() < 0.7:
        blotches = noise(rng, shape, rng.uniform(10, 80)) * np.float32(rng.uniform(3, 30))
        patch += blotches[..., None] * rng.uniform(0.5, 1, 3).astype(np.float32)
    if rng.random() < 0.5:
        patch += noise(rng, shape, rng.uniform(1.2, 4))[..., None] * np.float32(rng.uniform(2, 14))
    if rng.random() < 0.35:
        patch += _boards(rng, x * width / 2, y * height / 2)[..., None]
    return np.clip(patch, 0, 255)


def _boards(rng: Rng, x: FloatImage, y: FloatImage) -> FloatImage:
    """Wood grain or tiles: brightness steps along a random direction, with joints."""
    angle = rng.uniform(0, np.pi)
    along = (np.cos(angle) * x + np.sin(angle) * y).astype(np.float32)
    pitch = rng.uniform(20, 90)
    index = np.floor(along / pitch + 1000).astype(np.int32)
    steps = rng.uniform(-14, 14, 2048).astype(np.float32)[index % 2048]
    joint = np.abs(along / pitch + 1000 - index - 0.5) > 0.5 - 0.7 / pitch
    return np.asarray(steps - joint.astype(np.float32) * np.float32(rng.uniform(5, 40)))


def surface(rng: Rng, u: FloatImage, v: FloatImage, base: FloatImage) -> FloatImage:
    """
    Return what is printed on an object: plain, stripes, checks, a band, blocks of print, blotches.

    :param u: h×w, along the object, -1 to 1.
    :param v: h×w, across it.
    :param base: (3,) its main colour.
    """
    kind = rng.choice(('plain', 'plain', 'stripes', 'checks', 'band', 'print', 'blotches'))
    patch = np.empty((*u.shape, 3), np.float32)
    patch[:] = base
    other = random_colour(rng)
    if kind == 'stripes':
        wave = np.sin(u * np.float32(rng.uniform(3, 14)) + v * np.float32(rng.uniform(-8, 8)))
        _mix(patch, wave > rng.uniform(-0.5, 0.7), other)
    elif kind == 'checks':
        n = rng.uniform(1, 5, 2).astype(np.float32)
        _mix(patch, (np.floor(u * n[0]) + np.floor(v * n[1])) % 2 == 0, other)
    elif kind == 'band':
        low = rng.uniform(-0.9, 0.5)
        _mix(patch, (u > low) & (u < low + rng.uniform(0.15, 0.8)), other)
    elif kind == 'print':
        _print(rng, patch, u, v)
    elif kind == 'blotches':
        shape = u.shape[0], u.shape[1]
        _mix(patch, noise(rng, shape, rng.uniform(4, 16)) > rng.uniform(-0.3, 0.6), other)
    return patch


def _print(rng: Rng, patch: FloatImage, u: FloatImage, v: FloatImage) -> None:
    """Put labels and lines of text on a patch, as on a carton."""
    for _ in range(rng.integers(2, 7)):
        u0, v0 = rng.uniform(-0.95, 0.6, 2)
        du, dv = rng.uniform(0.1, 0.9, 2)
        inside = (u > u0) & (u < u0 + du) & (v > v0) & (v < v0 + dv)
        if rng.random() < 0.4:
            pitch = np.float32(rng.uniform(20, 60))
            inside &= (np.sin(v * pitch) > 0) & (np.sin(u * pitch * np.float32(0.7)) > -0.6)
        _mix(patch, inside, random_colour(rng))


def _mix(patch: FloatImage, where: npt.NDArray[np.bool_], colour: FloatImage) -> None:
    patch[where] = colour
