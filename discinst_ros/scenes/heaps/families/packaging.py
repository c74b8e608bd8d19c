# SPDX-License-Identifier: Apache-2.0
"""
Packaging as it stands in shops: logos, photographs, panels of text, the colours of a brand.

Within one side of such a package borders are stronger than between two packages: what a network
sees here must teach it that print is no border of an object.
"""

from __future__ import annotations

from collections.abc import Callable

from discinst_ros.scenes.canvas import FloatImage
from discinst_ros.scenes.heaps.design import Texture
from discinst_ros.scenes.heaps.families.print_areas import (
    any_of,
    clouds,
    fill,
    food,
    ground,
    region,
)
from discinst_ros.scenes.heaps.families.print_marks import (
    badge,
    bar_code,
    logo,
    table,
    text_block,
    WHITE,
)
from discinst_ros.scenes.heaps.families.prints import worn
from discinst_ros.scenes.textures import random_colour, Rng
import numpy as np

#: Of a side of a carton; the sides lie in two rows of three.
_SIDE_PX = 160
_SLEEVE_PX = (192, 384)
#: How often what is on one side is on the opposite side, too.
_ALIKE = 0.6


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
        colours.insert(int(rng.integers(len(colours) + 1)), WHITE)
    return np.stack(colours).astype(np.float32)


def _front(rng: Rng, shape: tuple[int, int], palette: FloatImage) -> FloatImage:
    """Return a side that sells: regions, photographs, a logo."""
    patch = ground(rng, shape, palette[0])
    for _ in range(int(rng.integers(0, 4))):
        fill(rng, patch, region(rng, shape), palette)
    for _ in range(int(rng.integers(0, 3))):
        where = region(rng, shape)
        patch[where] = (food if rng.random() < 0.6 else clouds)(rng, shape, palette)[where]
    for _ in range(int(rng.integers(1, 4))):
        logo(rng, patch, palette)
    for _ in range(int(rng.integers(0, 3))):
        badge(rng, patch, palette)
    return patch


def _panel(rng: Rng, shape: tuple[int, int], palette: FloatImage) -> FloatImage:
    """Return a side that informs: blocks of text, a table, a bar code, a band of colour."""
    patch = ground(rng, shape, palette[0] if rng.random() < 0.6 else any_of(rng, palette))
    for _ in range(int(rng.integers(0, 3))):
        fill(rng, patch, region(rng, shape), palette)
    for _ in range(int(rng.integers(1, 5))):
        kind: Callable[[Rng, FloatImage, FloatImage], None] = (
            text_block, text_block, table, bar_code, logo)[int(rng.integers(5))]
        kind(rng, patch, palette)
    return patch


def _turned(rng: Rng, patch: FloatImage) -> FloatImage:
    """Return a side that stands on any of its edges."""
    return np.rot90(patch, int(rng.integers(4)))
