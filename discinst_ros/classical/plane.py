# SPDX-License-Identifier: Apache-2.0
"""
The table: the plane through most of the points, by RANSAC.

Fischler, Bolles: Random Sample Consensus, Communications of the ACM 24 (1981): planes through
three random points are tried, the one near most points wins, and least squares refines it.
"""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.geometry.camera import FloatArray
import numpy as np
import numpy.typing as npt

#: Planes that are tried: where half of the points are the table's, one of them is among the first
#: 40 with a probability of 0.995; the others make up for tables that are hardly to be seen.
TRIALS = 200
#: Points that a trial is counted with.
SAMPLE = 4000


@dataclass(frozen=True)
class Plane:
    """All points p with ``normal · p = offset_m``."""

    #: (3,) float64, unit length, towards the camera.
    normal: npt.NDArray[np.float64]
    offset_m: float

    def height(self, points: FloatArray) -> FloatArray:
        """Return how far points (...×3 metres) are in front of the plane; NaN stays NaN."""
        return np.asarray(points @ self.normal.astype(points.dtype) - self.offset_m)


def find_plane(points: FloatArray, *, tolerance_m: float, seed: int = 0) -> Plane | None:
    """
    Find the plane through most points.

    :param points: N×3 metres in the camera optical frame, finite.
    :param tolerance_m: a point belongs to a plane that is so near.
    :param seed: the same points give the same plane.
    :return: None where no three points span one.
    :raises ValueError: where the tolerance is not above 0.
    """
    if not tolerance_m > 0:
        raise ValueError(f'tolerance_m is {tolerance_m}, expected more than 0')
    random = np.random.default_rng(seed)
    if len(points) < 3:
        return None
    sample = points[random.choice(len(points), min(len(points), SAMPLE), replace=False)]
    sample = sample.astype(np.float64)
    corners = sample[random.integers(len(sample), size=(TRIALS, 3))]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    spanned = lengths > 1e-12
    if not spanned.any():
        return None
    normals = normals[spanned] / lengths[spanned, None]
    off = np.abs(sample @ normals.T - np.einsum('ij,ij->i', normals, corners[spanned, 0]))
    best = int((off <= tolerance_m).sum(axis=0).argmax())
    return _through(sample[off[:, best] <= tolerance_m])


def _through(points: npt.NDArray[np.float64]) -> Plane:
    """Return the plane of least squares, its normal towards the camera."""
    centre = points.mean(axis=0)
    normal = np.linalg.svd(points - centre, full_matrices=False)[2][2]
    offset = float(normal @ centre)
    return Plane(-normal, -offset) if offset > 0 else Plane(normal, offset)
