# SPDX-License-Identifier: Apache-2.0
"""
Copies of one part, all turned alike: what a convolution cannot tell apart by their looks.

On a *lattice* and *scattered* the copies are the same to the last bit, shadow included, on a floor
that is the same around each of them; only the borders of the image break the symmetry. In a *bin*
they are as real ones are: they overlap, and each catches the light a little differently.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

from discinst_ros.scenes.bins import bin_floor
from discinst_ros.scenes.canvas import Canvas, FloatImage
from discinst_ros.scenes.designs import CATALOGUE
from discinst_ros.scenes.parts import draw_batch, draw_part, draw_parts
from discinst_ros.scenes.textures import random_colour, Rng
import numpy as np
import numpy.typing as npt

Layout: TypeAlias = Literal['lattice', 'scattered', 'bin']
LAYOUTS: tuple[Layout, ...] = ('lattice', 'scattered', 'bin')
#: Number of copies, unless one is asked for.
COUNT = (5, 60)
#: Sides of a cell of the lattice, pixels: multiples of the strides that networks have.
PITCHES_PX = (16, 32, 64, 128)
#: After so many pixels the pattern of a floor repeats; every pitch is a multiple of it.
_PERIOD_PX = 8
#: Side of what is copied, as a share of the pitch.
_TILE_SHARE = 0.75
#: The others are too thin to be drawn so small.
_BULKY = tuple(design for design in CATALOGUE if design.area > 1)


def draw_copies(canvas: Canvas, rng: Rng, table_depth_m: float, *, layout: Layout | None = None,
                count: int | None = None) -> None:
    """
    Draw copies of one part.

    :param canvas: painted in place, floor and all; ids 1 to N.
    :param rng: source of all that is random.
    :param table_depth_m: depth of the floor.
    :param layout: one of :data:`LAYOUTS`; None draws one.
    :param count: number of copies; None draws one of :data:`COUNT`, as far as there is room.
    :raises ValueError: for more copies than there is room for.
    """
    height, width = canvas.labels.shape
    layout = layout or LAYOUTS[rng.integers(len(LAYOUTS))]
    drawn = int(rng.integers(COUNT[0], COUNT[1] + 1))
    count = count or min(drawn, _cells(width, height, PITCHES_PX[0]))
    if layout == 'bin':
        canvas.colour[:] = bin_floor(rng, (height, width))
        draw_parts(canvas, rng, table_depth_m, count=count, angle=rng.uniform(-np.pi, np.pi))
        return
    pitch_px = pitch_for(count, width, height)
    canvas.colour[:] = _floor(rng, (height, width), patterned=layout == 'lattice')
    side_px = int(_TILE_SHARE * pitch_px)
    room_px = pitch_px - side_px
    tile: Canvas | None = None
    for label, corner in enumerate(_corners(rng, count, pitch_px, width, height), start=1):
        shift = rng.integers(0, room_px + 1, 2) if layout == 'scattered' else room_px // 2
        x, y = corner + shift
        place = slice(y, y + side_px), slice(x, x + side_px)
        tile = tile or _draw_tile(canvas, place, rng, table_depth_m)
        canvas.colour[place], canvas.depth[place] = tile.colour, tile.depth
        canvas.labels[place] = tile.labels * label


def pitch_for(count: int, width: int, height: int) -> int:
    """
    Return the widest pitch, pixels, at which a lattice has room for so many copies.

    :raises ValueError: where none has.
    """
    for pitch_px in reversed(PITCHES_PX):
        if count <= _cells(width, height, pitch_px):
            return pitch_px
    raise ValueError(f'{count} copies on {width}x{height} pixels: there is room for '
                     f'{_cells(width, height, PITCHES_PX[0])}; ask for fewer, or larger images')


def _cells(width: int, height: int, pitch_px: int) -> int:
    return (width // pitch_px) * (height // pitch_px)


def _corners(rng: Rng, count: int, pitch_px: int, width: int,
             height: int) -> npt.NDArray[np.int64]:
    """Return the upper left corners of some cells of a lattice, N×2: x and y."""
    across, down = width // pitch_px, height // pitch_px
    origin = rng.integers(0, (width - across * pitch_px + 1, height - down * pitch_px + 1))
    cells = rng.permutation(across * down)[:count]
    return np.stack((cells % across, cells // across), axis=1) * pitch_px + origin


def _draw_tile(canvas: Canvas, place: tuple[slice, slice], rng: Rng,
               table_depth_m: float) -> Canvas:
    """Draw one part on a piece of the canvas's floor."""
    tile = Canvas(canvas.colour[place], table_depth_m, canvas.light)
    side_px = tile.labels.shape[0]
    batch = draw_batch(rng, canvas.labels.shape[0], table_depth_m, _BULKY)
    batch = replace(batch.scaled((side_px / 2 - 1) / batch.half_px),
                    colour=_contrasting(rng, tile.colour, batch.colour))
    draw_part(tile, rng, batch, np.full(2, (side_px - 1) / 2), rng.uniform(-np.pi, np.pi), 1)
    return tile


def _contrasting(rng: Rng, floor: FloatImage, colour: FloatImage) -> FloatImage:
    """Return the metal's colour, or that of a coating, whichever the floor hides less."""
    choices = (colour, random_colour(rng), random_colour(rng))
    return max(choices, key=lambda one: float(np.abs(floor.mean(axis=(0, 1)) - one).sum()))


def _floor(rng: Rng, shape: tuple[int, int], *, patterned: bool) -> FloatImage:
    """Return a floor of one colour; half of the patterned ones bear a pattern that repeats."""
    floor = np.empty((*shape, 3), np.float32)
    floor[:] = random_colour(rng)
    if patterned and rng.random() < 0.5:
        relief = rng.uniform(-20, 20, (_PERIOD_PX, _PERIOD_PX)).astype(np.float32)
        rows, columns = (np.arange(size) % _PERIOD_PX for size in shape)
        floor += relief[rows][:, columns, None]
    return np.clip(floor, 0, 255)
