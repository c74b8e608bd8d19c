# SPDX-License-Identifier: Apache-2.0
"""
The plane under the place that is taken, to the last digit the same whatever else is seen.

Surfaces that are fitted many at once are sums over rows as long as the longest, so their last
digits depend on what else is in the frame. To choose that is enough. But contacts that are
simulated make another bin out of less, and the same object has to be picked at the same place.
"""

from __future__ import annotations

import math

from discinst_ros.picking.arrays import Array
from discinst_ros.picking.patch import MIN_POINTS, MOST_POINTS
import numpy as np


def plane_under(points: Array, position: Array, radius_m: float) -> tuple[Array, Array] | None:
    """
    Return where the ray of a position meets the surface there, and the outward normal.

    It is the plane of :func:`~discinst_ros.picking.patch.fit_patches`, of one place alone.

    :param points: N×3 metres in the camera optical frame; those near the position, in the order
        in which they are to be thinned out.
    :param position: (3,) metres.
    :param radius_m: of the part of the surface that counts.
    :return: None where too few points are there, or all in one line.
    """
    middle = position / position[2]
    aside = points[:, :2] / points[:, 2:] - middle[:2]
    points = points[np.einsum('ij,ij->i', aside, aside) <= (radius_m / position[2]) ** 2]
    points = points[::1 + len(points) // MOST_POINTS]
    rays, inverse = points / points[:, 2:], 1 / points[:, 2]
    within = np.ones(len(points), np.bool_)
    for _ in range(2):
        if np.count_nonzero(within) < MIN_POINTS:
            return None
        used = rays[within]
        try:
            plane = np.linalg.solve(used.T @ used, used.T @ inverse[within])
        except np.linalg.LinAlgError:
            return None
        normal = np.asarray(-plane / math.sqrt(plane @ plane), np.float64)
        foot = middle / (middle @ plane)
        aside = (rays / (rays @ plane)[:, None] - foot) @ _across(normal)
        within = np.einsum('ij,ij->i', aside, aside) <= radius_m ** 2
    return foot, normal


def _across(normal: Array) -> Array:
    """Return two directions in a plane, columns."""
    x, y, z = normal
    across = np.array((z, 0.0, -x)) / math.hypot(x, z)
    return np.stack([across, np.array((
        y * across[2], z * across[0] - x * across[2], -y * across[0]))], axis=1)
