# SPDX-License-Identifier: Apache-2.0
"""What tables, floors, walls and bins are covered with; a texture repeats where it ends."""

from __future__ import annotations

import cv2
from discinst_ros.scenes.canvas import FloatImage
from discinst_ros.scenes.heaps.design import Texture
from discinst_ros.scenes.heaps.families.prints import grain
from discinst_ros.scenes.textures import noise, random_colour, Rng
import numpy as np

SIZE_PX = 384


def table_top(rng: Rng) -> Texture:
    """Return wood, cloth, metal, stone, tiles or one colour."""
    kind = rng.choice(('wood', 'wood', 'wood', 'cloth', 'metal', 'stone', 'tiles', 'plain',
                       'plain'))
    if kind == 'wood':
        return _finish(_boards(rng) if rng.random() < 0.5 else grain(rng, (SIZE_PX, SIZE_PX)))
    patch = _coloured(rng)
    if kind == 'cloth':
        thread = np.arange(SIZE_PX) * (2 * np.pi / rng.integers(3, 7))
        patch *= (1 + 0.08 * np.sin(thread)[:, None] * np.sin(thread))[..., None]
        if rng.random() < 0.5:
            _stripe(rng, patch)
            _stripe(rng, patch.transpose(1, 0, 2))
        patch += noise(rng, (SIZE_PX, SIZE_PX), 1.5)[..., None] * np.float32(rng.uniform(3, 10))
    elif kind == 'metal':
        patch[:] = rng.uniform(80, 200)
        streaks = cv2.resize(noise(rng, (SIZE_PX, 16), 1.0), (SIZE_PX, SIZE_PX))
        patch += streaks[..., None] * np.float32(rng.uniform(4, 16))
    elif kind == 'stone':
        for cell_px, strength in ((1.2, 18), (4.0, 12), (40.0, 10)):
            patch += (noise(rng, (SIZE_PX, SIZE_PX), cell_px)[..., None]
                      * rng.uniform(0, strength, 3).astype(np.float32))
    elif kind == 'tiles':
        _grid(rng, patch)
    return _finish(patch)


def floor(rng: Rng) -> Texture:
    """Return a floor: parquet, tiles, carpet or concrete."""
    kind = rng.choice(('parquet', 'tiles', 'carpet'))
    if kind == 'parquet':
        return _finish(_boards(rng))
    patch = _coloured(rng, dull=True)
    if kind == 'tiles':
        _grid(rng, patch)
    patch += noise(rng, (SIZE_PX, SIZE_PX), 1.3)[..., None] * np.float32(rng.uniform(2, 22))
    patch += noise(rng, (SIZE_PX, SIZE_PX), 60.0)[..., None] * np.float32(rng.uniform(0, 14))
    return _finish(patch)


def room_wall(rng: Rng) -> Texture:
    """Return a wall or the front of a piece of furniture: light and even, or a pattern."""
    patch = _coloured(rng, dull=rng.random() < 0.5)
    if rng.random() < 0.5:
        patch[:] = rng.uniform(150, 240) * (1 + rng.uniform(-0.06, 0.06, 3))
    for _ in range(int(rng.integers(0, 4))):
        x, y = rng.integers(0, SIZE_PX, 2)
        w, h = rng.integers(20, SIZE_PX // 2, 2)
        patch[y:y + h, x:x + w] = random_colour(rng)
    return _finish(patch)


def moulded(rng: Rng) -> Texture:
    """Return the plastic, sheet metal or cardboard that bins and totes are made of."""
    kind = rng.choice(('plastic', 'plastic', 'metal', 'ribs'))
    patch = _coloured(rng)
    if kind == 'metal':
        patch[:] = rng.uniform(60, 190)
    elif rng.random() < 0.4:
        patch[:] = rng.choice((25.0, 60.0, 110.0, 160.0, 225.0)) * rng.uniform(0.85, 1.1, 3)
    if kind == 'ribs':
        wave = np.sin(np.arange(SIZE_PX) * (2 * np.pi * rng.integers(4, 16) / SIZE_PX))
        patch *= (1 + rng.uniform(0.03, 0.18) * np.tanh(3 * wave))[:, None, None]
    patch += noise(rng, (SIZE_PX, SIZE_PX), 30.0)[..., None] * np.float32(rng.uniform(0, 9))
    patch += noise(rng, (SIZE_PX, SIZE_PX), 2.0)[..., None] * np.float32(rng.uniform(0, 6))
    return _finish(patch)


def _coloured(rng: Rng, *, dull: bool = False) -> FloatImage:
    colour = random_colour(rng)
    if dull or rng.random() < 0.3:
        colour = colour.mean() + (colour - colour.mean()) * np.float32(0.25)
    patch = np.empty((SIZE_PX, SIZE_PX, 3), np.float32)
    patch[:] = colour
    return patch


def _boards(rng: Rng) -> FloatImage:
    """Return boards side by side, each a little different, with dark joints."""
    patch = grain(rng, (SIZE_PX, SIZE_PX))
    count = int(rng.integers(3, 9))
    height = SIZE_PX // count
    for number in range(count):
        board = patch[number * height:(number + 1) * height]
        board *= np.float32(rng.uniform(0.85, 1.1))
        board[:] = np.roll(board, int(rng.integers(SIZE_PX)), axis=1)
        board[:2] *= np.float32(0.6)
    return patch


def _grid(rng: Rng, patch: FloatImage) -> None:
    """Divide a patch into tiles."""
    count, joint = int(rng.integers(2, 8)), int(rng.integers(1, 5))
    pitch = SIZE_PX // count
    if rng.random() < 0.4:
        other = random_colour(rng)
        row, column = np.indices(patch.shape[:2]) // pitch
        patch[(row + column) % 2 == 0] = other
    lines = np.arange(SIZE_PX) % pitch < joint
    patch[lines] *= np.float32(0.6)
    patch[:, lines] *= np.float32(0.6)


def _stripe(rng: Rng, patch: FloatImage) -> None:
    """Weave a stripe in, half transparent."""
    low = int(rng.integers(0, SIZE_PX - 8))
    high = low + int(rng.integers(8, SIZE_PX // 3))
    patch[low:high] = (patch[low:high] + random_colour(rng)) / 2


def _finish(patch: FloatImage) -> Texture:
    return np.clip(patch, 0, 255).astype(np.uint8)
