# SPDX-License-Identifier: Apache-2.0
"""Objects made of points: flat pieces seen from above, as a camera one metre away sees them."""

from __future__ import annotations

from discinst_ros.geometry.pose import estimate_pose
from discinst_ros.instances import Instance
from discinst_ros.picking.patch import fit_patches, Patch
import numpy as np

SPACING_M = 0.002
SCORE = 0.9


def plate(x: float, y: float, z: float, *, width_m: float = 0.08, length_m: float = 0.08,
          tilt_rad: float = 0.0) -> np.ndarray:
    """Return the points of a rectangle about (x, y, z), tilted about the camera's y axis."""
    across = np.arange(-width_m / 2, width_m / 2 + 1e-9, SPACING_M)
    along = np.arange(-length_m / 2, length_m / 2 + 1e-9, SPACING_M)
    u, v = (axis.ravel() for axis in np.meshgrid(across, along))
    return np.stack([x + u * np.cos(tilt_rad), y + v, z - u * np.sin(tilt_rad)], axis=1)


def ring(x: float, y: float, z: float, *, inner_m: float, outer_m: float) -> np.ndarray:
    """Return the points of a flat ring."""
    points = plate(x, y, z, width_m=2 * outer_m, length_m=2 * outer_m)
    radius = np.hypot(points[:, 0] - x, points[:, 1] - y)
    return points[(radius >= inner_m) & (radius <= outer_m)]


def found(*objects: np.ndarray, scores: dict[int, float] | None = None
          ) -> tuple[list[Instance], np.ndarray, np.ndarray]:
    """Return instances from 1 on, all points and their labels."""
    instances = [
        Instance(label, 1, (scores or {}).get(label, SCORE), (0, 0, 1, 1), len(points),
                 estimate_pose(points)) for label, points in enumerate(objects, start=1)]
    labels = np.repeat(np.arange(1, len(objects) + 1), [len(points) for points in objects])
    return instances, np.concatenate(objects), labels


def patch_at(points: np.ndarray, position: np.ndarray, radius_m: float) -> Patch | None:
    """Return the surface around one position, None where there is none."""
    found = fit_patches(points, np.arange(len(points)), np.array([len(points)]), position[None],
                        radius_m)
    return found[0] if len(found.which) else None


def strewn(seed: int, count: int, *, noise_m: float = 0.0005
           ) -> tuple[list[Instance], np.ndarray, np.ndarray]:
    """
    Return what a camera of 120×90 pixels sees of rectangles that lie one over another.

    Some are bent, most are tilted, every third is but a mark on what is there, and depth is noisy
    and has holes; around them is the floor.
    """
    drawn = np.random.default_rng(seed)
    x, y = (axis / 240 for axis in np.meshgrid(np.arange(120) - 59.3, np.arange(90) - 44.2))
    depth, labels = np.full(x.shape, 0.7), np.zeros(x.shape, np.int64)
    half_side = 0.5 * np.sqrt(x.size / 240 ** 2 / count)
    for label in range(1, count + 1):
        angle, around = drawn.uniform(0, np.pi), drawn.uniform(-0.2, 0.2, 2)
        u = (x - around[0]) * np.cos(angle) + (y - around[1]) * np.sin(angle)
        v = (y - around[1]) * np.cos(angle) - (x - around[0]) * np.sin(angle)
        half = half_side * drawn.uniform(0.6, 1.4, 2)
        inside = (np.abs(u) < half[0]) & (np.abs(v) < half[1])
        slope, bent = drawn.normal(0, 0.2, 2), drawn.choice([0.0, 0.003, 0.03])
        surface = drawn.uniform(0.55, 0.69) + slope[0] * u + slope[1] * v
        if label % 3:
            depth[inside] = (surface + bent * (v / half[1]) ** 2)[inside]
        labels[inside] = label
    depth += drawn.normal(0, noise_m, depth.shape)
    seen = drawn.random(depth.shape) > 0.005
    points = (np.stack([x, y, np.ones(x.shape)], axis=-1) * depth[..., None])[seen]
    return [Instance(label, 1, SCORE, (0, 0, 1, 1), int((labels == label).sum()),
                     estimate_pose(points[labels[seen] == label]))
            for label in np.unique(labels)[1:].tolist()], points, labels[seen]
