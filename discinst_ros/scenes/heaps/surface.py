# SPDX-License-Identifier: Apache-2.0
"""Surfaces of triangles made in code, with normals and places in a texture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
#: A few numbers, as extents or a place.
Vector: TypeAlias = Sequence[float] | npt.NDArray[np.floating[Any]]

#: Sides of a turned surface, and around a round edge.
SECTORS = 28
#: Neighbouring pieces of a profile that turn less than this are shaded as one round surface.
_SMOOTH_RAD = math.radians(42)
#: Share of a texture's height that wraps around; caps are taken from the rest.
WRAP = 0.6


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles in metres; what belongs to a vertex has its row."""

    vertices: Points
    normals: Points
    #: N×2, 0 to 1 across the texture; beyond, the texture repeats.
    places: Points
    #: M×3 int32, anticlockwise from outside.
    faces: npt.NDArray[np.int32]

    @property
    def low(self) -> Points:
        """The smallest coordinates, (3,)."""
        return np.asarray(self.vertices.min(axis=0))

    @property
    def high(self) -> Points:
        """The largest coordinates, (3,)."""
        return np.asarray(self.vertices.max(axis=0))

    def moved(self, position: Vector, rotation: Points | None = None) -> Surface:
        """Return the surface turned by a 3×3 matrix, then shifted."""
        turn = np.eye(3) if rotation is None else rotation
        return replace(self, vertices=self.vertices @ turn.T + np.asarray(position, float),
                       normals=self.normals @ turn.T)

    def on_part(self, left: float, bottom: float, width: float, height: float) -> Surface:
        """Return the surface with its texture confined to a part of the texture."""
        places = np.array((left, bottom)) + self.places * (width, height)
        return replace(self, places=places)


def join(*surfaces: Surface) -> Surface:
    """Return several surfaces as one."""
    starts = np.cumsum([0, *(len(one.vertices) for one in surfaces[:-1])])
    return Surface(np.concatenate([one.vertices for one in surfaces]),
                   np.concatenate([one.normals for one in surfaces]),
                   np.concatenate([one.places for one in surfaces]),
                   np.concatenate([one.faces + start for one, start in zip(surfaces, starts)]
                                  ).astype(np.int32))


def box(half: Vector, *, tile_m: float | None = None) -> Surface:
    """
    Return a box about the origin.

    :param half: half of its extents.
    :param tile_m: size of the texture in metres; unless given, each side has a sixth of the
        texture: x, -x, y in the lower row, -y, z, -z in the upper one.
    """
    size = np.asarray(half, float)
    corners = np.array(((-1, -1), (1, -1), (1, 1), (-1, 1)), float)
    parts = []
    for number in range(6):
        axis, sign = number // 2, 1 - 2 * (number % 2)
        first, second = (axis + 1) % 3, (axis + 2) % 3
        across = corners * (sign, 1)
        vertices = np.zeros((4, 3))
        vertices[:, axis] = sign * size[axis]
        vertices[:, first] = across[:, 0] * size[first]
        vertices[:, second] = across[:, 1] * size[second]
        normals = np.zeros((4, 3))
        normals[:, axis] = sign
        if tile_m is None:
            places = ((corners + 1) / 2 * 0.96 + 0.02 + (number % 3, number // 3)) / (3, 2)
        else:
            places = vertices[:, (first, second)] / tile_m
        parts.append(Surface(vertices, normals, places,
                             np.array(((0, 1, 2), (0, 2, 3)), np.int32)))
    return join(*parts)


def lathe(profile: Sequence[tuple[float, float]], *, sectors: int = SECTORS) -> Surface:
    """
    Return what a profile makes when it is turned about the z axis.

    :param profile: radius and height of its points; outside lies on the right of its way, so
        that a solid is drawn from its bottom over its side to its top.
    """
    points = np.asarray(profile, float)
    steps = np.diff(points, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    normals = np.stack((steps[:, 1], -steps[:, 0]), axis=1) / lengths[:, None]
    along = np.concatenate(([0.0], np.cumsum(lengths))) / lengths.sum()
    reach = points[:, 0].max()
    turn = np.linspace(0, 2 * np.pi, sectors + 1)
    ring = np.stack((np.cos(turn), np.sin(turn)), axis=1)
    parts = []
    for k in range(len(steps)):
        flat = abs(steps[k, 1]) < 0.2 * abs(steps[k, 0])
        ends = []
        for end, other in ((k, k - 1), (k + 1, k + 1)):
            normal = normals[k].copy()
            if 0 <= other < len(steps) and normals[k] @ normals[other] > math.cos(_SMOOTH_RAD):
                normal += normals[other]
                normal /= np.linalg.norm(normal)
            radius, height = points[end]
            places = (np.stack((0.25 + 0.2 * ring[:, 0] * radius / reach,
                                1 - (1 - WRAP) / 2 * (1 - 0.9 * ring[:, 1] * radius / reach)),
                               axis=1) if flat
                      else np.stack((turn / (2 * np.pi), np.full(len(turn), along[end] * WRAP)),
                                    axis=1))
            ends.append((np.column_stack((ring * radius, np.full(len(ring), height))),
                         np.column_stack((ring * normal[0], np.full(len(ring), normal[1]))),
                         places))
        vertices, directions, places = (np.concatenate(pair) for pair in zip(*ends))
        here = np.arange(sectors)
        there = here + sectors + 1
        faces = []
        if points[k, 0] > 0:
            faces.append(np.stack((here, here + 1, there), axis=1))
        if points[k + 1, 0] > 0:
            faces.append(np.stack((here + 1, there + 1, there), axis=1))
        parts.append(Surface(vertices, directions, places,
                             np.concatenate(faces).astype(np.int32)))
    return join(*parts)


def prism(outline: Points, half_height: float) -> Surface:
    """
    Return a convex outline (N×2, anticlockwise) extended along z, both ways.

    The caps have the upper part of the texture, the sides the lower one.
    """
    count = len(outline)
    following = np.roll(outline, -1, axis=0)
    reach = np.abs(outline).max() * 2.05
    perimeter = np.concatenate(([0], np.cumsum(np.linalg.norm(following - outline, axis=1))))
    share = perimeter / perimeter[-1]
    parts = []
    for k in range(count):
        x, y = following[k] - outline[k]
        normal = np.array((y, -x, 0)) / math.hypot(x, y)
        base = np.array((outline[k], following[k], following[k], outline[k]))
        heights = np.array((-half_height, -half_height, half_height, half_height))
        places = np.array(((share[k], 0), (share[k + 1], 0), (share[k + 1], 1 - WRAP),
                           (share[k], 1 - WRAP)))
        parts.append(Surface(np.column_stack((base, heights)), np.tile(normal, (4, 1)), places,
                             np.array(((0, 1, 2), (0, 2, 3)), np.int32)))
    fan = np.stack((np.zeros(count - 2, int), np.arange(1, count - 1), np.arange(2, count)),
                   axis=1)
    for sign, left in ((1, 0.25), (-1, 0.75)):
        places = np.array((left, 1 - WRAP / 2)) + outline / reach * (0.5, WRAP)
        parts.append(Surface(
            np.column_stack((outline, np.full(count, sign * half_height))),
            np.tile((0.0, 0.0, sign), (count, 1)), places,
            (fan if sign > 0 else fan[:, ::-1]).astype(np.int32)))
    return join(*parts)


def regular_outline(corners: int, radius: float, turn: float = 0.0) -> Points:
    """Return a regular polygon, anticlockwise."""
    angle = turn + 2 * np.pi * np.arange(corners) / corners
    return radius * np.stack((np.cos(angle), np.sin(angle)), axis=1)


def pillow(half: Vector, power: float, *, rings: int = 8) -> Surface:
    """
    Return a superellipsoid: an ellipsoid at power 1, swelling to a box as it falls to 0.

    :param half: half of its extents.
    :param power: 0.2 to 1.
    """
    def bent(value: Points, exponent: float) -> Points:
        return np.asarray(np.sign(value) * np.abs(value) ** exponent)

    latitude = np.linspace(-np.pi / 2, np.pi / 2, rings + 1)[:, None]
    longitude = np.linspace(-np.pi, np.pi, SECTORS + 1)[None, :]
    one = np.ones_like(longitude)
    size = np.asarray(half, float)

    def shape(exponent: float) -> Points:
        return np.stack((bent(np.cos(latitude), exponent) * bent(np.cos(longitude), exponent),
                         bent(np.cos(latitude), exponent) * bent(np.sin(longitude), exponent),
                         bent(np.sin(latitude), exponent) * one), axis=-1).reshape(-1, 3)

    normals = shape(2 - power) / size
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    places = np.stack(np.broadcast_arrays(longitude / (2 * np.pi) + 0.5,
                                          latitude / np.pi + 0.5), axis=-1).reshape(-1, 2)
    row, column = np.mgrid[:rings, :SECTORS]
    here = (row * (SECTORS + 1) + column).ravel()
    there = here + SECTORS + 1
    faces = np.concatenate((np.stack((here, here + 1, there + 1), axis=1)[row.ravel() > 0],
                            np.stack((here, there + 1, there), axis=1)[row.ravel() < rings - 1]))
    return Surface(shape(power) * size, normals, places, faces.astype(np.int32))
