# SPDX-License-Identifier: Apache-2.0
"""
The surface under a cup, from the noisy points that a camera has of it.

A depth camera errs along its rays. So a plane is fitted to the inverse depth over the image, where
planes are linear and noise tilts nothing, and each point is told by where its ray meets that plane
and how far it is off. Off by how much is asked of the means of many points: a bent surface stays
off a plane there, noise does not.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

#: Fewest points that a surface is put through.
MIN_POINTS = 12
#: More points than these are thinned out: they say little more, and take time.
MOST_POINTS = 400
#: Outer radius of each ring of cells, as a share of the whole, and cells in it: all cells have
#: about the same area.
_RINGS = ((0.23, 1), (0.61, 6), (1.0, 12))
#: Standard errors that the measured roughness is taken to be too small by.
_SURE = 2.0


@dataclass(frozen=True)
class Patch:
    """The surface around a position."""

    #: (3,) metres, on the plane.
    position: Array
    #: 3×3, the columns: the outward normal and two directions in the plane.
    axes: Array
    #: Root mean square distance of the surface from the plane, noise left aside, metres.
    roughness_m: float
    #: Standard deviation of the points around the surface, metres.
    noise_m: float
    #: Standard error of the normal.
    normal_error_rad: float


def fit_patch(points: Array, position: Array, radius_m: float) -> Patch | None:
    """
    Return the surface through the points around a position, None where there are few.

    :param points: N×3 metres in the camera optical frame; those near the position.
    :param position: (3,) metres; the surface is wanted where its ray meets it.
    :param radius_m: of the part of the surface that is judged.
    """
    middle = position / position[2]
    aside = points[:, :2] / points[:, 2:] - middle[:2]
    # However it is tilted, what is within the radius on the surface is so in the image.
    points = points[np.einsum('ij,ij->i', aside, aside) <= (radius_m / position[2]) ** 2]
    points = points[::1 + len(points) // MOST_POINTS]
    rays, inverse = points / points[:, 2:], 1 / points[:, 2]
    within = np.ones(len(points), np.bool_)
    for _ in range(2):
        if np.count_nonzero(within) < MIN_POINTS:
            return None
        # 1/z = plane · ray is the plane whose points p have plane · p = 1.
        used = rays[within]
        try:
            plane = np.linalg.solve(used.T @ used, used.T @ inverse[within])
        except np.linalg.LinAlgError:
            return None  # all in one line
        seen = rays @ plane
        if seen.min() <= 0 or middle @ plane <= 0:
            return None
        normal = np.asarray(-plane / math.sqrt(plane @ plane), np.float64)
        foot = middle / (middle @ plane)
        axes = _axes(normal)
        feet = (rays / seen[:, None] - foot) @ axes[:, 1:]
        within = np.einsum('ij,ij->i', feet, feet) <= radius_m ** 2
    count = np.count_nonzero(within)
    if count < MIN_POINTS:
        return None
    roughness, noise = _roughness(feet[within] / radius_m, (points[within] - foot) @ normal)
    return Patch(foot, axes, roughness, noise,
                 2 * math.hypot(noise, roughness) / radius_m / math.sqrt(count))


def _axes(normal: Array) -> Array:
    """Return a right-handed frame whose first axis, a column, is a unit normal."""
    x, y, z = normal
    # Normals point towards the camera, so z is below 0.
    across = np.array((z, 0.0, -x)) / math.hypot(x, z)
    return np.stack([normal, across, np.array((
        y * across[2], z * across[0] - x * across[2], -y * across[0]))], axis=1)


def _roughness(feet: Array, off: Array) -> tuple[float, float]:
    """
    Return how far a surface is off a plane, and the noise, both root mean square.

    :param feet: N×2 in a disc of radius 1.
    :param off: (N,) metres.
    """
    far = np.hypot(*feet.T)
    turn = np.arctan2(feet[:, 1], feet[:, 0]) / math.tau % 1.0
    cells = np.zeros(len(off), np.int64)
    first, start = 0, 0.0
    for end, count in _RINGS:
        inside = (far > start) & (far <= end)
        cells[inside] = first + (turn[inside] * count).astype(np.int64) % count
        first, start = first + count, end
    members = np.bincount(cells, minlength=first).astype(np.float64)
    used = members > 0
    means = np.bincount(cells, off, first)[used] / members[used]
    free = max(1, len(off) - int(used.sum()))
    spread = np.bincount(cells, off ** 2, first)[used] - members[used] * means ** 2
    variance = max(0.0, float(spread.sum())) / free
    # What the means of cells are off by noise alone, squared.
    share = variance * float((1 / members[used]).mean())
    surely = _SURE * share * math.sqrt(2 / len(means))
    return (math.sqrt(max(0.0, float((means ** 2).mean()) - share) + surely),
            math.sqrt(variance))
