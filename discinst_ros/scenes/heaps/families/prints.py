# SPDX-License-Identifier: Apache-2.0
"""What is on the surface of an object: colours, patterns, wood, metal, cartons with print."""

from __future__ import annotations

import cv2
from discinst_ros.scenes.canvas import FloatImage
from discinst_ros.scenes.heaps.design import Texture
from discinst_ros.scenes.textures import noise, random_colour, Rng, surface
import numpy as np

SIZE_PX = 192
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX,
          cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)
_LETTERS = np.array(list('ABCDEFGHIKLMNOPRSTUVWZabcdeghiklmnoprstuz0123456789'))


def painted(rng: Rng) -> Texture:
    """Return any pattern, or none, in any colours."""
    v, u = np.meshgrid(*(np.linspace(-1, 1, SIZE_PX, dtype=np.float32),) * 2, indexing='ij')
    return worn(rng, surface(rng, u, v, random_colour(rng)))


def plain(rng: Rng) -> Texture:
    """Return one colour, hardly uneven, as of moulded plastic."""
    patch = np.empty((32, 32, 3), np.float32)
    patch[:] = random_colour(rng)
    return worn(rng, patch)


def wooden(rng: Rng) -> Texture:
    """Return the grain of a piece of wood, along u."""
    return worn(rng, grain(rng, (SIZE_PX // 2, SIZE_PX)))


def metallic(rng: Rng) -> Texture:
    """Return bare or worn metal, nearly grey."""
    patch = np.empty((64, 64, 3), np.float32)
    patch[:] = rng.uniform(70, 215) * (1 + rng.uniform(-0.06, 0.06, 3))
    stretched = cv2.resize(noise(rng, (64, 8), 1.0), (64, 64))
    return worn(rng, patch + stretched[..., None] * np.float32(rng.uniform(4, 18)))


def cardboard(rng: Rng) -> Texture:
    """Return brown or white cardboard with a few stamps, for the six sides of a box."""
    patch = np.empty((2 * SIZE_PX // 3, SIZE_PX, 3), np.float32)
    patch[:] = np.array((188, 150, 108)) * rng.uniform(0.6, 1.25)
    if rng.random() < 0.3:
        patch[:] = rng.uniform(190, 245)
    patch += noise(rng, patch.shape[:2], 3.0)[..., None] * np.float32(5)
    for cell in _cells(patch):
        if rng.random() < 0.5:
            print_on(rng, cell, np.array((40, 35, 30), np.float32), items=int(rng.integers(1, 4)))
    return worn(rng, patch)


def carton(rng: Rng) -> Texture:
    """Return the printed sides of a carton; opposite sides are alike."""
    patch = np.empty((4 * SIZE_PX // 3, 2 * SIZE_PX, 3), np.float32)
    base, accent = random_colour(rng), random_colour(rng)
    cells = _cells(patch)
    for number in (0, 2, 4):
        cell = cells[number]
        cell[:] = base
        v, u = np.meshgrid(*(np.linspace(-1, 1, side, dtype=np.float32)
                             for side in cell.shape[:2]), indexing='ij')
        if rng.random() < 0.6:
            split = rng.uniform(-1.2, 1.2)
            cell[u * rng.uniform(-1, 1) + v * rng.uniform(-1, 1) > split * 0.6] = accent
        if rng.random() < 0.5:
            picture(rng, cell)
        print_on(rng, cell, random_colour(rng), items=int(rng.integers(2, 7)))
        cells[number + 1][:] = cell[:, ::-1] if rng.random() < 0.2 else cell
    return worn(rng, patch)


def wrapper(rng: Rng) -> Texture:
    """Return a label that goes around: of a can, a bottle, a pouch, or the cover of a book."""
    patch = np.empty((SIZE_PX, int(1.5 * SIZE_PX), 3), np.float32)
    patch[:] = random_colour(rng)
    height = patch.shape[0]
    if rng.random() < 0.6:
        low = int(rng.uniform(0, 0.5) * height)
        patch[low:low + int(rng.uniform(0.1, 0.5) * height)] = random_colour(rng)
    for part in (patch[:, :patch.shape[1] // 2], patch[:, patch.shape[1] // 2:]):
        if rng.random() < 0.4:
            picture(rng, part)
        print_on(rng, part, random_colour(rng), items=int(rng.integers(2, 6)))
    return worn(rng, patch)


def side_by_side(*textures: Texture) -> Texture:
    """Return a texture of others from left to right, each as wide."""
    return np.concatenate([cv2.resize(one, (64, 64)) for one in textures], axis=1)


def print_on(rng: Rng, patch: FloatImage, ink: FloatImage, *, items: int) -> None:
    """Print words, bars, frames and bar codes on a patch."""
    height, width = patch.shape[:2]
    for _ in range(items):
        x, y = int(rng.uniform(0, 0.75) * width), int(rng.uniform(0.08, 0.9) * height)
        w, h = int(rng.uniform(0.15, 0.7) * width), max(3, int(rng.uniform(0.06, 0.3) * height))
        colour = tuple(float(value) for value in
                       (ink if rng.random() < 0.5 else random_colour(rng)))
        kind = rng.choice(('word', 'word', 'lines', 'bars', 'block', 'frame'))
        canvas = np.clip(patch, 0, 255).astype(np.uint8)  # OpenCV writes on 8 bits only
        if kind == 'word':
            text = ''.join(rng.choice(_LETTERS, int(rng.integers(3, 9))))
            cv2.putText(canvas, text, (x // 2, y), int(rng.choice(_FONTS)), rng.uniform(0.4, 1.4),
                        colour, int(rng.integers(1, 4)), cv2.LINE_AA)
        elif kind == 'lines':
            for row in range(y, min(y + h, height), 4):
                end = x + int(w * rng.uniform(0.6, 1))
                cv2.line(canvas, (x, row), (end, row), colour, 1)
        elif kind == 'bars':
            cv2.rectangle(canvas, (x, y), (x + w, y + h), (250.0,) * 3, -1)
            for column in range(x + 2, x + w - 1, 2):
                if rng.random() < 0.5:
                    cv2.line(canvas, (column, y + 2), (column, y + h - 2), (15.0,) * 3, 1)
        else:
            cv2.rectangle(canvas, (x, y), (x + w, y + h), colour, -1 if kind == 'block' else 2)
        patch[:] = canvas


def picture(rng: Rng, patch: FloatImage) -> None:
    """Put something like a photograph on a patch: soft blobs in a region of it."""
    height, width = patch.shape[:2]
    centre = int(rng.uniform(0.25, 0.75) * width), int(rng.uniform(0.25, 0.75) * height)
    axes = int(rng.uniform(0.15, 0.4) * width), int(rng.uniform(0.15, 0.4) * height)
    mask = np.zeros((height, width), np.uint8)
    if rng.random() < 0.5:
        cv2.ellipse(mask, centre, axes, 0, 0, 360, 1, -1)
    else:
        cv2.rectangle(mask, (centre[0] - axes[0], centre[1] - axes[1]),
                      (centre[0] + axes[0], centre[1] + axes[1]), 1, -1)
    blobs = noise(rng, (height, width), rng.uniform(4, 16))[..., None]
    first, second = random_colour(rng), random_colour(rng)
    content = first + np.clip(blobs + 0.5, 0, 1) * (second - first)
    patch[mask > 0] = content[mask > 0]


def grain(rng: Rng, shape: tuple[int, int]) -> FloatImage:
    """Return wood: long streaks and rings in browns from maple to walnut."""
    height, width = shape
    light = np.array(((226, 190, 148), (205, 160, 110), (150, 100, 62), (92, 62, 44),
                      (214, 186, 165))[int(rng.integers(5))], np.float32)
    streaks = cv2.resize(noise(rng, (height, max(4, width // 24)), 1.4), (width, height))
    rings = np.sin(np.arange(height, dtype=np.float32)[:, None] / height * rng.uniform(10, 50)
                   + noise(rng, shape, width / 3) * np.float32(rng.uniform(1, 5)))
    patch = light * np.float32(rng.uniform(0.8, 1.08))
    depth = np.float32(rng.uniform(0.02, 0.11))
    return np.asarray(patch * (1 + depth * streaks + depth / 2 * rings)[..., None])


def _cells(patch: FloatImage) -> list[FloatImage]:
    """Return views of the six sides of a box, in the order of surface.box."""
    height, width = patch.shape[0] // 2, patch.shape[1] // 3
    return [patch[row * height:(row + 1) * height, column * width:(column + 1) * width]
            for row in range(2) for column in range(3)]


def worn(rng: Rng, patch: FloatImage) -> Texture:
    """Return the texture of a patch, with a little wear."""
    wear = noise(rng, patch.shape[:2], 12.0)[..., None] * np.float32(rng.uniform(0, 6))
    return np.clip(patch + wear, 0, 255).astype(np.uint8)
