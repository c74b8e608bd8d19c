# SPDX-License-Identifier: Apache-2.0
"""
A moulded tote: one smooth shell with round edges, bulges and the glare of vivid plastic.

Light is computed at the vertices of a surface, so the shell is finely divided: on few large
triangles there is no highlight and no shade.
"""

from __future__ import annotations

import colorsys
import math

import cv2
from discinst_ros.scenes.canvas import FloatImage
from discinst_ros.scenes.heaps.design import Texture
from discinst_ros.scenes.heaps.places.walls import Walls
from discinst_ros.scenes.heaps.surface import Points, Surface
from discinst_ros.scenes.textures import noise, Rng
import numpy as np

#: Points of a round corner, on a side between two of them, and so around the shell.
_CORNER, _SIDE = 8, 22
_AROUND = 4 * (_CORNER + _SIDE)
#: Rings on the floor from the middle outwards, in the fillet, up a wall, over the rim.
_INWARDS, _FILLET, _UPWARDS, _RIM = 8, 6, 14, 5
_TILE_M = 0.3
_TEXTURE_PX = 384
#: How often plastic is grey, black or white, and how often it is scratched.
_GREY_SHARE, _SCRATCHED_SHARE = 0.25, 0.6


def make_shell(rng: Rng, walls: Walls, fillet: float) -> Surface:
    """
    Return a tote in one piece; z = 0 is its floor.

    :param fillet: its reach from the edge of floor and wall on both, metres.
    """
    corner = rng.uniform(0.8, 2.5) * fillet + 0.01
    rings = [np.column_stack((_ring(walls.inner, corner, -fillet) * share, np.zeros(_AROUND)))
             for share in np.linspace(0, 1, _INWARDS, endpoint=False)]
    recess = _recesses(rng) * rng.uniform(0.0, 0.012)
    for number, (away, height) in enumerate(_profile(walls, fillet)):
        # none at the foot and the rim, where a wall joins what is straight
        share = (number - _FILLET) / _UPWARDS
        pressed = max(4 * share * (1 - share), 0.0) * recess
        rings.append(np.column_stack((_ring(walls.inner, corner, away + pressed),
                                      np.full(_AROUND, height))))
    return _lofted(np.stack(rings))


def bezier(share: float | Points, fillet: float, up: Points) -> Points:
    """
    Return a point of a fillet, outwards from the edge of floor and wall and above it.

    :param share: 0 on the floor to 1 on the wall.
    :param up: direction of the wall.
    """
    return np.asarray((1 - share) ** 2 * np.array((-fillet, 0.0)) + share ** 2 * fillet * up)


def vivid(rng: Rng) -> Texture:
    """Return the plastic of a tote: mostly of a strong colour, worn."""
    strong = rng.uniform(0.55, 1.0), rng.uniform(0.25, 0.95)
    grey = rng.uniform(0, 0.12), rng.choice((0.1, 0.35, 0.6, 0.9)) * rng.uniform(0.85, 1.1)
    saturation, value = grey if rng.random() < _GREY_SHARE else strong
    colour = np.array(colorsys.hsv_to_rgb(rng.random(), saturation, value), np.float32) * 255
    shape = (_TEXTURE_PX, _TEXTURE_PX)
    patch = np.empty((*shape, 3), np.float32)
    patch[:] = colour
    patch *= 1 + noise(rng, shape, 50.0)[..., None] * np.float32(rng.uniform(0, 0.12))
    patch += noise(rng, shape, 2.0)[..., None] * np.float32(rng.uniform(0, 5))
    if rng.random() < _SCRATCHED_SHARE:
        _scratch(rng, patch)
    return np.clip(patch, 0, 255).astype(np.uint8)


def _profile(walls: Walls, fillet: float) -> Points:
    """Return how far outwards and how high the shell is: fillet, wall, rim, down outside."""
    up = np.array((math.sin(walls.lean), math.cos(walls.lean)))
    foot = bezier(np.linspace(0, 1, _FILLET, endpoint=False)[:, None], fillet, up)
    wall = np.linspace(fillet, walls.length, _UPWARDS)[:, None] * up
    breadth = walls.rim + walls.thick
    turn = np.linspace(0, np.pi / 2, _RIM + 1)[1:, None]
    curl = np.concatenate((1 - np.cos(turn), np.sin(turn)), axis=1) * 0.2 * breadth
    edge = np.array(((1.0, 0.2), (1.0, -0.5))) * breadth
    skirt = np.array(((walls.thick, -walls.thick),))
    return np.concatenate((foot, wall, wall[-1] + curl, wall[-1] + edge, skirt))


def _ring(inner: tuple[float, float], corner: float, offset: float | Points) -> Points:
    """Return a rectangle with round corners, anticlockwise, moved outwards, (_AROUND, 2)."""
    middles = (np.array(inner) - corner) * ((1, 1), (-1, 1), (-1, -1), (1, -1))
    points, normals = [], []
    for number, middle in enumerate(middles):
        turn = np.linspace(number, number + 1, _CORNER) * np.pi / 2
        normal = np.stack((np.cos(turn), np.sin(turn)), axis=1)
        following = middles[(number + 1) % 4]
        share = np.arange(1, _SIDE + 1)[:, None] / (_SIDE + 1)
        points += [middle + corner * normal,
                   middle + share * (following - middle) + corner * normal[-1]]
        normals += [normal, np.tile(normal[-1], (_SIDE, 1))]
    outwards = np.concatenate(normals) * np.broadcast_to(offset, (_AROUND,))[:, None]
    return np.asarray(np.concatenate(points) + outwards)


def _recesses(rng: Rng) -> Points:
    """Return how far each part of the wall is pressed out, 0 to 1: waves, or a few fields."""
    turn = 2 * np.pi * np.arange(_AROUND) / _AROUND
    count = int(rng.integers(4, 13))
    wave = np.sin(count * turn + rng.uniform(0, 2 * np.pi))
    return np.asarray(0.5 + 0.5 * np.tanh(rng.uniform(1, 5) * wave))


def _lofted(rings: Points) -> Surface:
    """Return the surface through rings, seen from inside and above."""
    closed = np.concatenate((rings, rings[:, :1]), axis=1)
    count, around = closed.shape[:2]
    along = np.gradient(closed, axis=0)
    across = np.roll(rings, -1, axis=1) - np.roll(rings, 1, axis=1)
    across = np.concatenate((across, across[:, :1]), axis=1)
    normals = np.cross(along, across)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    normals = np.where(length > 1e-12, normals / np.maximum(length, 1e-12), (0.0, 0.0, 1.0))
    # Unrolled: what a step outwards adds is a step along the texture.
    steps = np.linalg.norm(np.diff(closed, axis=0), axis=-1)
    far = np.concatenate((np.zeros((1, around)), np.cumsum(steps, axis=0)))
    turn = 2 * np.pi * np.arange(around) / (around - 1)
    places = np.stack((far * np.cos(turn), far * np.sin(turn)), axis=-1) / _TILE_M
    row, column = np.mgrid[:count - 1, :around - 1]
    here = (row * around + column).ravel()
    there = here + around
    faces = np.concatenate((np.stack((here, there, there + 1), axis=1),
                            np.stack((here, there + 1, here + 1), axis=1)[row.ravel() > 0]))
    return Surface(closed.reshape(-1, 3), normals.reshape(-1, 3), places.reshape(-1, 2),
                   faces.astype(np.int32))


def _scratch(rng: Rng, patch: FloatImage) -> None:
    """Draw thin, light scratches."""
    lines = np.zeros(patch.shape[:2], np.float32)
    for _ in range(int(rng.integers(2, 25))):
        start = rng.integers(0, _TEXTURE_PX, 2)
        end = start + rng.normal(0, 60, 2)
        cv2.line(lines, start.tolist(), end.astype(int).tolist(), rng.uniform(0.1, 0.5), 1,
                 cv2.LINE_AA)
    patch += lines[..., None] * (np.float32(230) - patch)
