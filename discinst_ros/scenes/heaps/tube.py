# SPDX-License-Identifier: Apache-2.0
"""Tubes along a line: cables, pipes, grips."""

from __future__ import annotations

import math

from discinst_ros.scenes.heaps.design import Collider
from discinst_ros.scenes.heaps.surface import Points, Surface
import numpy as np

_SECTORS = 8


def tube(points: Points, radius: float) -> Surface:
    """
    Return a tube along a line, open at its ends.

    :param points: N×3, of its axis.
    """
    ahead = np.gradient(points, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-12
    across = np.empty_like(ahead)
    last = np.eye(3)[int(np.argmin(np.abs(ahead[0])))]
    for k, direction in enumerate(ahead):  # carried along, so that the tube does not twist
        last = last - (last @ direction) * direction
        last /= np.linalg.norm(last)
        across[k] = last
    other = np.cross(ahead, across)
    turn = np.linspace(0, 2 * np.pi, _SECTORS + 1)
    normals = (across[:, None] * np.cos(turn)[:, None] + other[:, None] * np.sin(turn)[:, None])
    vertices = points[:, None] + radius * normals
    places = np.stack(np.broadcast_arrays(
        turn / (2 * np.pi), np.linspace(0, 1, len(points))[:, None]), axis=-1)
    row, column = np.mgrid[:len(points) - 1, :_SECTORS]
    here = (row * (_SECTORS + 1) + column).ravel()
    there = here + _SECTORS + 1
    faces = np.concatenate((np.stack((here, here + 1, there + 1), axis=1),
                            np.stack((here, there + 1, there), axis=1)))
    return Surface(vertices.reshape(-1, 3), normals.reshape(-1, 3), places.reshape(-1, 2),
                   faces.astype(np.int32))


def capsule(start: Points, end: Points, radius: float) -> Collider:
    """Return a piece of a tube, for the physics, between two places of one height."""
    along = end - start
    turn = math.atan2(along[1], along[0])
    # from z to the direction: a quarter turn down to x, then about z
    c, s, half = math.cos(turn / 2), math.sin(turn / 2), math.sqrt(0.5)
    return Collider('capsule', (radius, float(np.hypot(*along[:2])) / 2), (start + end) / 2,
                    (c * half, -s * half, c * half, s * half))
