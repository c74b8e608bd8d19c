# SPDX-License-Identifier: Apache-2.0
"""
Places for a cup as docs/picking.md words them, one after the other, by all distances there are.

It shares numbers with the package and no code: no trees, no batches, nothing left out early.
"""

from __future__ import annotations

import math

from discinst_ros.instances import ObjectPose
from discinst_ros.picking import Gripper
from discinst_ros.picking.own_points import PROBES, STEP, TRIED
from discinst_ros.picking.patch import MIN_POINTS
from discinst_ros.picking.places import SAME_PLACE_M
from discinst_ros.picking.rim import (
    DIRECTIONS,
    FARTHEST,
    GOES_ON,
    NEAREST,
    ON_SURFACE_M,
    STANDS_M,
    STANDS_SHARE,
)
from discinst_ros.picking.tried import HARD, SURE
import numpy as np

#: Inner and outer radius of the rings of cells, and how many cells each has.
_RINGS = ((-1, 0.23, 1), (0.23, 0.61, 6), (0.61, 2, 12))


def distances(some, others):
    """Return all distances between N×2 and M×2, N×M."""
    return np.linalg.norm(some[:, None] - others[None], axis=2)


def image_of(points):
    return points[..., :2] / points[..., 2:]


def fit(points, position, radius_m):
    """Return foot, normal, roughness, noise and standard error of the normal, or None."""
    some = points[np.linalg.norm(image_of(points) - image_of(position), axis=1)
                  <= radius_m / position[2]]
    used = np.ones(len(some), bool)
    for _ in range(2):
        if used.sum() < MIN_POINTS:
            return None
        rays = some / some[:, 2:]
        plane = np.linalg.lstsq(rays[used], 1 / some[used, 2], rcond=None)[0]
        foot = position / (position @ plane)
        normal = -plane / np.linalg.norm(plane)
        on_plane = rays / (rays @ plane)[:, None]
        used = np.linalg.norm(on_plane - foot, axis=1) <= radius_m
    if used.sum() < MIN_POINTS:
        return None
    first = np.array((normal[2], 0, -normal[0])) / math.hypot(normal[0], normal[2])
    second = np.cross(normal, first)
    x, y = (np.stack([first, second]) @ (on_plane[used] - foot).T) / radius_m
    off = (some[used] - foot) @ normal
    cells = []
    for inner, outer, count in _RINGS:
        ring = (np.hypot(x, y) > inner) & (np.hypot(x, y) <= outer)
        number = np.floor(np.arctan2(y, x) / math.tau % 1 * count)
        cells += [off[ring & (number == one)] for one in range(count)]
    cells = [cell for cell in cells if len(cell)]
    count = used.sum()
    variance = sum(np.var(cell) * len(cell) for cell in cells) / max(1, count - len(cells))
    share = variance * np.mean([1 / len(cell) for cell in cells])
    bent = max(0, np.mean([np.mean(cell) ** 2 for cell in cells]) - share)
    rough = math.sqrt(bent + 2 * share * math.sqrt(2 / len(cells)))
    error = 2 * math.hypot(rough, math.sqrt(variance)) / radius_m / math.sqrt(count)
    return foot, normal, first, second, rough, math.sqrt(variance), error


def goes_on(rim, foot, normal, first, second, noise_m, error):
    """Return the share of directions in which the surface goes on."""
    x, y, off = np.stack([first, second, normal]) @ (rim - foot).T
    sector, on = np.floor(np.arctan2(y, x) / math.tau % 1 * DIRECTIONS), 0
    for one in range(DIRECTIONS):
        there = np.flatnonzero(sector == one)
        if len(there):
            there = there[np.argsort(np.hypot(x, y)[there])[:8]]
            unknown = noise_m / math.sqrt(len(there)) + error * np.hypot(x, y)[there].mean()
            on += abs(off[there].mean()) <= ON_SURFACE_M + 2 * unknown
    return on / DIRECTIONS


def easiest(points, labels, label, pose: ObjectPose, gripper: Gripper, avoid=()):
    """Return position, normal and ease of the easiest place on an object, or None."""
    own, others = points[labels == label], points[labels != label]
    image = image_of(own)
    tried = own[::1 + len(own) // TRIED]
    spacing = np.median(np.sort(distances(image_of(tried), image), axis=1)[:, 4])
    others_at, away = image_of(others), np.full(len(others), math.inf)
    for one in image:
        away = np.minimum(away, np.hypot(*(others_at - one).T))
    rim = others[(away >= NEAREST * spacing) & (away <= FARTHEST * spacing)]
    angles = np.arange(PROBES) * math.tau / PROBES
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    best = None
    for position in tried:
        if any(np.linalg.norm(position - other) < SAME_PLACE_M for other in avoid):
            continue
        reach = math.cos(gripper.max_tilt_rad) * gripper.cup_radius_m / position[2]
        if distances(image_of(position) + reach * around, image).min(axis=1).max() > 2 * spacing:
            continue
        patch = fit(own, position, gripper.cup_radius_m)
        if patch is None:
            continue
        foot, normal, first, second, rough, noise_m, error = patch
        probes = np.concatenate([gripper.patch_radius_m * around,
                                 gripper.cup_radius_m / 2 * around])
        far = distances(image_of(foot + probes @ np.stack([first, second])), image)
        if far.min(axis=1).max() > spacing:
            continue
        off = np.abs((own[np.argsort(far, axis=1)[:, :4]].mean(axis=1) - foot) @ normal)
        if off.max() > STEP * gripper.max_roughness_m + 3 * noise_m / 2:
            continue
        on = goes_on(rim, foot, normal, first, second, noise_m, error)
        if on >= GOES_ON and np.mean((own - foot) @ normal > STANDS_M) >= STANDS_SHARE:
            continue
        tilt = math.acos(normal @ gripper.approach) + SURE * error
        if rough > gripper.max_roughness_m or tilt > gripper.max_tilt_rad:
            continue
        central = np.linalg.norm(position - pose.position) / max(pose.size[0] / 2, SAME_PLACE_M)
        ease = (1 - HARD * on ** 2) / (1 + central ** 2)
        ease *= 1 - HARD * (rough / gripper.max_roughness_m) ** 2
        ease *= 1 - HARD * (tilt / gripper.max_tilt_rad) ** 2
        if best is None or ease > best[2]:
            best = foot, normal, ease
    return best
