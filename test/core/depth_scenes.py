# SPDX-License-Identifier: Apache-2.0
"""Depth of planes and boxes by ray casting, pixel by pixel, with the truth."""

from __future__ import annotations

from discinst_ros.instances import Intrinsics
import numpy as np

CAMERA = Intrinsics(300.0, 300.0, 159.5, 119.5, 320, 240)
TABLE_M = 1.0


def rays() -> np.ndarray:
    """Return H×W×3, z = 1: a point is its depth times its ray."""
    x = (np.arange(CAMERA.width) - CAMERA.cx) / CAMERA.fx
    y = (np.arange(CAMERA.height) - CAMERA.cy) / CAMERA.fy
    return np.stack([*np.meshgrid(x, y), np.ones((CAMERA.height, CAMERA.width))], axis=2)


def table() -> np.ndarray:
    """Return the depth of a table that the camera looks straight down at."""
    return np.full((CAMERA.height, CAMERA.width), TABLE_M)


def turned(degrees: float) -> np.ndarray:
    """Return the rotation about the camera's y axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def box(center: tuple[float, float, float], size: tuple[float, float, float],
        rotation: np.ndarray | None = None) -> np.ndarray:
    """Return the depth at which each ray enters a box, infinite where it misses (slabs)."""
    rotation = np.eye(3) if rotation is None else rotation
    direction, start = rays() @ rotation, -np.array(center) @ rotation
    with np.errstate(divide='ignore'):
        one = (-np.array(size) / 2 - start) / direction
        other = (np.array(size) / 2 - start) / direction
    enter, leave = np.minimum(one, other).max(axis=2), np.maximum(one, other).min(axis=2)
    return np.where(enter < leave, enter, np.inf)


def scene(*solids: np.ndarray, noise_m: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return depth (float32) and true labels of solids on the table, numbered from 1."""
    depths = np.stack([table(), *solids])
    depth = depths.min(axis=0) + np.random.default_rng(0).normal(0, noise_m, depths[0].shape)
    return depth.astype(np.float32), depths.argmin(axis=0).astype(np.int32)
