# SPDX-License-Identifier: Apache-2.0
"""Families of thin film and paper, with folds: bags and leaflets. The physics takes them rigid."""

from __future__ import annotations

import math

from discinst_ros.scenes.canvas import FloatImage
from discinst_ros.scenes.heaps.design import centred, Collider, Design, Texture
from discinst_ros.scenes.heaps.families import packaging, prints
from discinst_ros.scenes.heaps.grid import grid_faces, vertex_normals
from discinst_ros.scenes.heaps.surface import join, Points, Surface
from discinst_ros.scenes.textures import noise, Rng
import numpy as np

#: Vertices along and across each of the two sides of a bag.
_GRID = (46, 34)
#: How often a bag is crumpled, not smooth and full.
_CRUMPLED_SHARE = 0.8
#: Half the thickness of a leaflet, metres.
_PAPER_M = 0.0012


def make_pouch(rng: Rng) -> Design:
    """Return a bag, from a smooth one full of powder to one that is crumpled and half empty."""
    half = np.array((rng.uniform(0.04, 0.11), rng.uniform(0.03, 0.085), rng.uniform(0.008, 0.03)))
    surface = bag(rng, half, crumpled=rng.random() < _CRUMPLED_SHARE)
    return centred('pouch', surface, [Collider('hull', points=surface.vertices)],
                   _film(rng), shine=rng.uniform(0.2, 1.0), density=250)


def make_leaflet(rng: Rng) -> Design:
    """Return a printed sheet, folded once or twice and not quite shut."""
    panels = int(rng.integers(2, 4))
    width, height = rng.uniform(0.035, 0.06), rng.uniform(0.04, 0.085)
    angles = np.cumsum([0.0, *rng.choice((-1, 1), panels - 1) * rng.uniform(0.3, 1.3, panels - 1)])
    angles -= angles.mean()
    parts, colliders = [], []
    at = np.zeros(3)
    for number, angle in enumerate(angles):
        step = width * np.array((math.cos(angle), 0, math.sin(angle)))
        centre = at + step / 2
        turn = np.array(((math.cos(angle), 0, -math.sin(angle)), (0, 1, 0),
                         (math.sin(angle), 0, math.cos(angle))))
        panel = _panel(width / 2, height)
        parts.append(panel.on_part(number / panels, 0, 1 / panels, 1).moved(centre, turn))
        colliders.append(Collider('box', (width / 2, height, _PAPER_M), centre,
                                  (math.cos(angle / 2), 0, -math.sin(angle / 2), 0)))
        at = at + step
    texture = packaging.sleeve(rng) if rng.random() < 0.7 else prints.wrapper(rng)
    return centred('leaflet', join(*parts), colliders, texture, shine=rng.uniform(0, 0.5),
                   density=400)


def bag(rng: Rng, half: Points, *, crumpled: bool) -> Surface:
    """
    Return two sheets that meet in their seams, each with folds of its own.

    :param half: half of the extents before it is crumpled, metres.
    :param crumpled: with deep folds and bent; otherwise all but smooth.
    """
    along, across = (np.linspace(-1, 1, count) for count in _GRID)
    u, v = np.meshgrid(along, across, indexing='ij')
    seam = rng.uniform(0.82, 0.97)
    filled = np.clip(1 - np.abs(u / seam) ** rng.uniform(2, 6), 0, None) * (
        1 - np.abs(v) ** rng.uniform(2, 6))
    thick = half[2] * filled ** rng.uniform(0.4, 0.8)
    # a full bag draws its sides in
    x = u * half[0] * (1 - rng.uniform(0, 0.08) * filled[:, len(across) // 2][:, None])
    ragged = rng.uniform(1, 6)
    x = x * (1 + 0.015 * _smooth(rng, ragged))
    y = v * half[1] * (1 - rng.uniform(0, 0.15) * (1 - u ** 2) + 0.02 * _smooth(rng, ragged))
    bend = np.zeros_like(u)
    if crumpled:
        turn = rng.uniform(0, math.pi)
        bend = rng.normal(0, 0.1) * half[0] * (math.cos(turn) * u + math.sin(turn) * v) ** 2
    deep = rng.uniform(0.15, 0.6) if crumpled else rng.uniform(0, 0.08)
    inside = (1 - u ** 8) * (1 - v ** 8)
    sheets = []
    for side, left in ((1, 0.0), (-1, 0.5)):
        relief = deep * half[2] * _folds(rng, x, y, float(half[0])) * inside
        height = bend + side * thick + relief
        vertices = np.stack((x, y, height), axis=-1).reshape(-1, 3)
        faces = grid_faces(*_GRID)[:, ::side]
        places = np.stack((left + (u + 1) / 4, (v + 1) / 2), axis=-1).reshape(-1, 2)
        sheets.append(Surface(vertices, vertex_normals(vertices, faces), places, faces))
    return join(*sheets)


def _folds(rng: Rng, x: Points, y: Points, size: float) -> Points:
    """Return a relief of about -1 to 1: creases along wavering lines, and dents."""
    relief = 0.7 * _smooth(rng, rng.uniform(4, 10)).astype(float)
    for _ in range(int(rng.integers(3, 12))):
        angle = rng.uniform(0, math.pi)
        along = math.cos(angle) * x + math.sin(angle) * y
        off = (-math.sin(angle) * x + math.cos(angle) * y - rng.uniform(-0.8, 0.8) * size
               + 0.1 * size * _smooth(rng, 8.0))
        reach = np.exp(-((along - rng.uniform(-0.7, 0.7) * size) / (rng.uniform(0.3, 1.5) * size)
                         ) ** 2)
        # one flank of a crease is steep, the other one runs out
        width = size * np.where(off > 0, rng.uniform(0.02, 0.06), rng.uniform(0.05, 0.2))
        relief += rng.normal(0, 0.7) * np.exp(-np.abs(off) / width) * reach
    return np.asarray(np.clip(relief, -1.5, 1.5))


def _smooth(rng: Rng, cell: float) -> FloatImage:
    """Return noise over the grid whose features are some ``cell`` vertices wide."""
    return noise(rng, _GRID, cell)


def _panel(half_width: float, half_height: float) -> Surface:
    """Return both faces of a sheet of paper; its edges are too thin to be seen."""
    corners = np.array(((-1, -1), (1, -1), (1, 1), (-1, 1)), float)
    parts = []
    for side in (1, -1):
        vertices = np.column_stack((corners * (half_width, half_height),
                                    np.full(4, side * _PAPER_M)))
        parts.append(Surface(vertices, np.tile((0.0, 0.0, float(side)), (4, 1)),
                             (corners + 1) / 2,
                             np.array(((0, 1, 2), (0, 2, 3)), np.int32)[:, ::side]))
    return join(*parts)


def _film(rng: Rng) -> Texture:
    """Return what a bag is of: most bear print, some are foil or plain."""
    painter = (packaging.sleeve, packaging.sleeve, prints.wrapper, prints.plain, prints.metallic)[
        int(rng.integers(5))]
    return painter(rng)
