# SPDX-License-Identifier: Apache-2.0
"""Families of what is shipped in small lots: scissors, trays with hollows, blister packs."""

from __future__ import annotations

import math

from discinst_ros.scenes.heaps.design import centred, Collider, Design
from discinst_ros.scenes.heaps.families import packaging, prints
from discinst_ros.scenes.heaps.grid import grid_faces, vertex_normals
from discinst_ros.scenes.heaps.surface import box, join, pillow, Points, prism, Surface
from discinst_ros.scenes.heaps.tube import capsule, tube
from discinst_ros.scenes.textures import Rng
import numpy as np

#: Vertices along and across each side of a tray.
_GRID = (64, 48)
#: Half the thickness of sheet plastic, metres.
_SHEET_M = 0.0008


def make_scissors(rng: Rng) -> Design:
    """Return scissors: two blades that cross, each with an open grip."""
    blade, broad = rng.uniform(0.03, 0.055), rng.uniform(0.004, 0.008)
    spread, thick = rng.uniform(0.04, 0.35), rng.uniform(0.0012, 0.003)
    ring = rng.uniform(0.014, 0.024), rng.uniform(0.011, 0.018)
    grip, neck = rng.uniform(0.0025, 0.005), rng.uniform(0.01, 0.035)
    surfaces, colliders = [], []
    for side in (1, -1):
        turn, level = side * spread, side * thick
        c, s = math.cos(turn), math.sin(turn)
        matrix = np.array(((c, -s, 0), (s, c, 0), (0, 0, 1)))
        outline = np.array(((-neck, -broad * 0.6), (blade * 0.3, -broad), (blade, 0.0),
                            (blade * 0.2, broad), (-neck, broad * 0.6)))
        surfaces.append(prism(outline, thick).on_part(0, 0, 0.5, 1).moved((0, 0, level), matrix))
        middle = np.array((-neck - ring[0], side * ring[1] * rng.uniform(-0.3, 0.9), 0))
        angle = np.linspace(0, 2 * np.pi, 25)
        line = np.stack((ring[0] * np.cos(angle), ring[1] * np.sin(angle), 0 * angle), axis=1)
        handle = tube(middle + line, grip).on_part(0.5, 0, 0.5, 1)
        surfaces.append(handle.moved((0, 0, level), matrix))
        turned = (math.cos(turn / 2), 0.0, 0.0, math.sin(turn / 2))
        colliders.append(Collider('box', ((blade + neck) / 2, broad, thick),
                                  matrix @ ((blade - neck) / 2, 0, 0) + (0, 0, level), turned))
        colliders += [capsule(matrix @ (middle + start) + (0, 0, level),
                              matrix @ (middle + end) + (0, 0, level), grip)
                      for start, end in zip(line[:-1:4], line[4::4])]
    handles = prints.painted(rng) if rng.random() < 0.8 else prints.metallic(rng)
    return centred('scissors', join(*surfaces), colliders,
                   prints.side_by_side(prints.metallic(rng), handles), shine=rng.uniform(0.2, 1.0),
                   density=900)


def make_tray(rng: Rng) -> Design:
    """Return a thin tray with rows of hollows, as for ice, pills or paint; either side up."""
    half = rng.uniform(0.05, 0.11), rng.uniform(0.035, 0.06)
    deep = rng.uniform(0.006, 0.02)
    rows, columns = int(rng.integers(2, 8)), int(rng.integers(1, 4))
    u, v = np.meshgrid(*(np.linspace(-1, 1, count) for count in _GRID), indexing='ij')
    hollow = np.ones_like(u)
    for place, count, edge in ((u, rows, 0.9), (v, columns, 0.86)):
        within = np.abs((place / edge + 1) / 2 * count % 1 * 2 - 1)
        hollow *= np.clip((1 - within ** rng.uniform(4, 9)) * 2.5, 0, 1) * (np.abs(place) < edge)
    round_corner = rng.uniform(0.0, 0.3)
    x = half[0] * u * np.sqrt(1 - round_corner * v ** 4)
    y = half[1] * v * np.sqrt(1 - round_corner * u ** 4)
    up = rng.choice((-1, 1))
    sheets = [_sheet(x, y, up * deep * hollow + side * _SHEET_M, side) for side in (1, -1)]
    pale = prints.plain(rng) // 3 + 170
    texture = (pale if rng.random() < 0.5 else prints.plain(rng),
               packaging.sleeve(rng) if rng.random() < 0.4 else pale)
    return centred('tray', join(*sheets), [Collider('box', (*half, deep / 2),
                                                    (0, 0, up * deep / 2))],
                   prints.side_by_side(*texture), shine=rng.uniform(0.2, 1.0), density=120)


def make_blister(rng: Rng) -> Design:
    """Return a blister pack: a printed card with what it holds raised on it."""
    card = rng.uniform(0.035, 0.065), rng.uniform(0.05, 0.1), rng.uniform(0.0012, 0.002)
    room = np.array(card[:2]) * rng.uniform(0.55, 0.9, 2) * (1, 0.75)
    high = rng.uniform(0.006, 0.018)
    low = -card[1] + room[1] + 0.006
    place = (0.0, low if rng.random() < 0.7 else 0.0, card[2])
    surface = join(box(card).on_part(0, 0, 0.5, 1),
                   pillow((*room, high), rng.uniform(0.15, 0.5)).moved(place).on_part(
                       0.5, 0, 0.5, 1))
    held = (prints.wrapper, prints.plain, prints.metallic, packaging.sleeve)[
        int(rng.integers(4))](rng)
    return centred('blister', surface, [Collider('box', card),
                                        Collider('box', (*room, high), place)],
                   prints.side_by_side(packaging.sleeve(rng), held), shine=rng.uniform(0.3, 1.0),
                   density=300)


def _sheet(x: Points, y: Points, z: Points, side: int) -> Surface:
    """Return one side of a sheet; the texture's left half is above, its right one below."""
    vertices = np.stack((x, y, z), axis=-1).reshape(-1, 3)
    faces = grid_faces(*_GRID)[:, ::side]
    u, v = np.meshgrid(*(np.linspace(0, 1, count) for count in _GRID), indexing='ij')
    places = np.stack(((0.0 if side > 0 else 0.5) + u / 2, v), axis=-1).reshape(-1, 2)
    return Surface(vertices, vertex_normals(vertices, faces), places, faces)
