# SPDX-License-Identifier: Apache-2.0
"""
Packaging as it stands in shops: logos, photographs, panels of text, the colours of a brand.

Within one side of such a package borders are stronger than between two packages: what a network
sees here must teach it that print is no border of an object.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
from discinst_ros.scenes.canvas import FloatImage
from discinst_ros.scenes.heaps.design import Texture
from discinst_ros.scenes.heaps.families.prints import worn
from discinst_ros.scenes.textures import noise, random_colour, Rng
import numpy as np
import numpy.typing as npt

#: Of a side of a carton; the sides lie in two rows of three.
_SIDE_PX = 160
_SLEEVE_PX = (192, 384)
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX,
          cv2.FONT_HERSHEY_SCRIPT_COMPLEX)
_LETTERS = np.array(list('ABCDEFGHIJKLMNOPRSTUVWXYZabcdefghiklmnopqrstuvwxyz'))
_WHITE = np.array((245, 243, 238), np.float32)
#: How often what is on one side is on the opposite side, too.
_ALIKE = 0.6

Mask = npt.NDArray[np.bool_]


def package(rng: Rng) -> Texture:
    """Return the six sides of a carton, in the order of surface.box: fronts, sides, ends."""
    palette = _brand(rng)
    sheet = np.empty((2 * _SIDE_PX, 3 * _SIDE_PX, 3), np.float32)
    cells = [sheet[row * _SIDE_PX:(row + 1) * _SIDE_PX, column * _SIDE_PX:(column + 1) * _SIDE_PX]
             for row in range(2) for column in range(3)]
    fronts = int(rng.integers(3))
    for axis in range(3):
        draw = _front if axis == fronts or rng.random() < 0.25 else _panel
        cells[2 * axis][:] = _turned(rng, draw(rng, (_SIDE_PX, _SIDE_PX), palette))
        cells[2 * axis + 1][:] = (cells[2 * axis] if rng.random() < _ALIKE else
                                  _turned(rng, draw(rng, (_SIDE_PX, _SIDE_PX), palette)))
    return worn(rng, sheet)


def sleeve(rng: Rng) -> Texture:
    """Return what goes around a can, a bottle or a pouch: a front, and a panel behind."""
    palette = _brand(rng)
    height, width = _SLEEVE_PX
    share = int(width * rng.uniform(0.4, 0.7))
    return worn(rng, np.concatenate([_front(rng, (height, share), palette),
                                        _panel(rng, (height, width - share), palette)], axis=1))


def _brand(rng: Rng) -> FloatImage:
    """Return the colours of a brand, N×3, the main one first; white is often among them."""
    colours = [random_colour(rng) for _ in range(int(rng.integers(2, 6)))]
    if rng.random() < 0.8:
        colours.insert(int(rng.integers(len(colours) + 1)), _WHITE)
    return np.stack(colours).astype(np.float32)


def _front(rng: Rng, shape: tuple[int, int], palette: FloatImage) -> FloatImage:
    """Return a side that sells: regions, photographs, a logo."""
    patch = _ground(rng, shape, palette[0])
    for _ in range(int(rng.integers(0, 4))):
        _fill(rng, patch, _region(rng, shape), palette)
    for _ in range(int(rng.integers(0, 3))):
        where = _region(rng, shape)
        patch[where] = (_food if rng.random() < 0.6 else _clouds)(rng, shape, palette)[where]
    for _ in range(int(rng.integers(1, 4))):
        _logo(rng, patch, palette)
    for _ in range(int(rng.integers(0, 3))):
        _badge(rng, patch, palette)
    return patch


def _panel(rng: Rng, shape: tuple[int, int], palette: FloatImage) -> FloatImage:
    """Return a side that informs: blocks of text, a table, a bar code, a band of colour."""
    patch = _ground(rng, shape, palette[0] if rng.random() < 0.6 else _any(rng, palette))
    for _ in range(int(rng.integers(0, 3))):
        _fill(rng, patch, _region(rng, shape), palette)
    for _ in range(int(rng.integers(1, 5))):
        kind: Callable[[Rng, FloatImage, FloatImage], None] = (
            _text, _text, _table, _bar_code, _logo)[int(rng.integers(5))]
        kind(rng, patch, palette)
    return patch


def _ground(rng: Rng, shape: tuple[int, int], colour: FloatImage) -> FloatImage:
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


def _region(rng: Rng, shape: tuple[int, int]) -> Mask:
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
    (x, y), (w, h) = _place(rng, shape, (0.15, 0.9))
    if kind == 'box':
        cv2.rectangle(mask, (x, y), (x + w, y + h), 1, -1)
    else:
        cv2.ellipse(mask, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, 1, -1)
    return np.asarray(mask > 0)


def _place(rng: Rng, shape: tuple[int, int], share: tuple[float, float]
           ) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the corner and the size of a box, which may reach beyond the side."""
    height, width = shape
    w, h = (max(4, int(rng.uniform(*share) * side)) for side in (width, height))
    return ((int(rng.uniform(-0.1, 1.1) * width - w / 2),
             int(rng.uniform(-0.1, 1.1) * height - h / 2)), (w, h))


def _fill(rng: Rng, patch: FloatImage, where: Mask, palette: FloatImage) -> None:
    """Fill a region with a colour of the brand, its border sometimes drawn in another."""
    patch[where] = _any(rng, palette)
    if rng.random() < 0.3:
        border = cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_GRADIENT,
                                  np.ones((int(rng.integers(2, 7)),) * 2, np.uint8))
        patch[border > 0] = _any(rng, palette)


def _food(rng: Rng, shape: tuple[int, int], palette: FloatImage) -> FloatImage:
    """Return many round pieces of a few colours, each with light and shade, over one another."""
    height, width = shape
    patch = _ground(rng, shape, random_colour(rng))
    colours = [random_colour(rng) for _ in range(int(rng.integers(1, 4)))] + [_any(rng, palette)]
    size = rng.uniform(0.04, 0.22) * min(shape)
    canvas = patch.astype(np.uint8)
    for _ in range(int(min(120, 1.5 * height * width / (4 * size * size)))):
        centre = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        axes = max(2, int(size * rng.uniform(0.5, 1.2))), max(2, int(size * rng.uniform(0.4, 1)))
        colour = colours[int(rng.integers(len(colours)))] * rng.uniform(0.7, 1.15)
        angle = rng.uniform(0, 180)
        for factor, reach, shift in ((0.55, 1.0, 0), (1.0, 0.85, -1), (1.25, 0.45, -2)):
            shaded = tuple(float(value) for value in np.clip(colour * factor, 0, 255))
            cv2.ellipse(canvas, (centre[0] + shift, centre[1] + shift),
                        (max(1, int(axes[0] * reach)), max(1, int(axes[1] * reach))), angle, 0,
                        360, shaded, -1, cv2.LINE_AA)
    return canvas.astype(np.float32)


def _clouds(rng: Rng, shape: tuple[int, int], palette: FloatImage) -> FloatImage:
    """Return soft forms of several colours, as of a photograph out of focus."""
    colours = np.stack([random_colour(rng) for _ in range(3)] + [_any(rng, palette)])
    cell = rng.uniform(6, 45)
    layers = np.stack([noise(rng, shape, cell) for _ in colours], axis=-1)
    weights = np.exp(layers * np.float32(rng.uniform(3, 12)))
    weights /= weights.sum(axis=-1, keepdims=True)
    detail = noise(rng, shape, rng.uniform(1.5, 4))[..., None] * np.float32(rng.uniform(0, 30))
    return np.asarray(weights @ colours.astype(np.float32) + detail)


def _logo(rng: Rng, patch: FloatImage, palette: FloatImage) -> None:
    """Write a name in large letters with an outline."""
    height, width = patch.shape[:2]
    text = ''.join(rng.choice(_LETTERS, int(rng.integers(3, 9))))
    font, thick = int(rng.choice(_FONTS)), int(rng.integers(2, 7))
    (long, tall), _ = cv2.getTextSize(text, font, 1.0, thick)
    scale = min(rng.uniform(0.4, 1.1) * width / long, 0.5 * height / tall)
    x = int(rng.uniform(-0.05, max(0.05, 1 - scale * long / width)) * width)
    y = int(rng.uniform(0.15, 0.95) * height)
    canvas = np.clip(patch, 0, 255).astype(np.uint8)  # OpenCV writes on 8 bits only
    for colour, more in ((_any(rng, palette), int(rng.integers(0, 7))), (random_colour(rng), 0)):
        cv2.putText(canvas, text, (x, y), font, scale, tuple(float(value) for value in colour),
                    thick + more, cv2.LINE_AA)
    patch[:] = canvas


def _badge(rng: Rng, patch: FloatImage, palette: FloatImage) -> None:
    """Stick a small disc or box on."""
    (x, y), (w, h) = _place(rng, patch.shape[:2], (0.08, 0.3))
    canvas = np.clip(patch, 0, 255).astype(np.uint8)
    colour = tuple(float(value) for value in (
        random_colour(rng) if rng.random() < 0.5 else _any(rng, palette)))
    if rng.random() < 0.6:
        cv2.circle(canvas, (x + w // 2, y + h // 2), min(w, h) // 2, colour, -1, cv2.LINE_AA)
    else:
        cv2.rectangle(canvas, (x, y), (x + w, y + h), colour, -1)
    patch[:] = canvas


def _text(rng: Rng, patch: FloatImage, palette: FloatImage) -> None:
    """Set a block of lines."""
    (x, y), (w, h) = _place(rng, patch.shape[:2], (0.2, 0.9))
    ink = _any(rng, palette) if rng.random() < 0.4 else np.full(3, rng.uniform(10, 60))
    pitch = int(rng.integers(3, 9))
    for row in range(max(y, 0), y + h, pitch):
        end = max(x, 0) + int(w * rng.uniform(0.5, 1))
        patch[row:row + max(1, pitch // 2 - 1), max(x, 0):end:1 + (pitch > 5)] = ink


def _table(rng: Rng, patch: FloatImage, palette: FloatImage) -> None:
    """Put a table on: a light box with lines and a frame."""
    (x, y), (w, h) = _place(rng, patch.shape[:2], (0.3, 0.8))
    canvas = np.clip(patch, 0, 255).astype(np.uint8)
    ink = (30.0, 30.0, 30.0)
    cv2.rectangle(canvas, (x, y), (x + w, y + h), tuple(float(value) for value in _WHITE), -1)
    cv2.rectangle(canvas, (x, y), (x + w, y + h),
                  tuple(float(value) for value in _any(rng, palette)), 2)
    for row in range(y + 4, y + h - 2, int(rng.integers(4, 9))):
        cv2.line(canvas, (x + 3, row), (x + int(w * rng.uniform(0.4, 0.7)), row), ink, 1)
        cv2.line(canvas, (x + int(w * 0.8), row), (x + w - 3, row), ink, 1)
    patch[:] = canvas


def _bar_code(rng: Rng, patch: FloatImage, palette: FloatImage) -> None:
    """Put a bar code on."""
    (x, y), (w, h) = _place(rng, patch.shape[:2], (0.2, 0.5))
    x, y = max(x, 0), max(y, 0)
    patch[y:y + h, x:x + w] = _WHITE
    columns = np.flatnonzero(rng.random(max(w - 6, 1)) < 0.5) + x + 3
    patch[y + 3:y + h - 3, columns[columns < patch.shape[1]]] = 15


def _turned(rng: Rng, patch: FloatImage) -> FloatImage:
    """Return a side that stands on any of its edges."""
    return np.rot90(patch, int(rng.integers(4)))


def _any(rng: Rng, palette: FloatImage) -> FloatImage:
    return np.asarray(palette[int(rng.integers(len(palette)))])
