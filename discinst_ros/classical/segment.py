# SPDX-License-Identifier: Apache-2.0
"""
Objects on a table by geometry alone: no training, no colour.

The table is removed, what stands on it is cut where depth jumps and where its surface has a
concave crease, and what hangs together is an object.
"""

from __future__ import annotations

import math

from discinst_ros.classical.creases import concave_creases, Mask
from discinst_ros.classical.plane import find_plane, Plane
from discinst_ros.geometry.camera import deproject
from discinst_ros.instances import Intrinsics
import numpy as np
import numpy.typing as npt
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

Labels = npt.NDArray[np.int32]


def segment_classically(
    depth: npt.NDArray[np.float32], intrinsics: Intrinsics, *, plane: Plane | None = None,
    clearance_m: float = 0.012, step_m: float = 0.012, crease_px: int = 4,
    crease_rad: float = math.radians(20), min_pixels: int = 200, seed: int = 0,
) -> Labels:
    """
    Separate the objects of a depth image.

    :param depth: H×W metres along the optical axis; NaN, infinity and 0 = none.
    :param intrinsics: of the depth image.
    :param plane: the table, where it is known; otherwise the plane through most points.
    :param clearance_m: what is not so far in front of the table is the table.
    :param step_m: neighbouring pixels whose depth differs by more are not connected.
    :param crease_px: how far apart the surfaces beside a crease are compared, in each direction;
        0 leaves the creases out.
    :param crease_rad: a crease turns by more than this, after the smoothing that takes the noise
        and blunts it: one of 45° is left with 30°.
    :param min_pixels: smaller pieces belong to the object beside them, or to none.
    :param seed: of the search for the table.
    :return: H×W, 0 = background or no depth, the objects 1 to N in the order of the image's rows.
    """
    depth = np.where(np.isfinite(depth) & (depth > 0), depth, np.nan).astype(np.float32)
    points = deproject(depth, intrinsics)
    known = np.isfinite(depth)
    plane = plane or find_plane(points[known], tolerance_m=clearance_m / 2, seed=seed)
    if plane is None:
        return np.zeros(depth.shape, dtype=np.int32)
    with np.errstate(invalid='ignore'):
        standing = known & (plane.height(points) > clearance_m)
    inside = standing
    if crease_px:
        inside = standing & ~concave_creases(depth, intrinsics, reach_px=crease_px,
                                             angle_rad=crease_rad, step_m=step_m)
    pieces = _large(_pieces(depth, inside, step_m), min_pixels)
    return _grown(pieces, standing, 2 * crease_px + 2)


def _pieces(depth: npt.NDArray[np.float32], inside: Mask, step_m: float) -> Labels:
    """Return a number for pixels that hang together (4 neighbours, no step), 0 outside."""
    index = np.arange(depth.size).reshape(depth.shape)
    edges = []
    for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        joined = inside[one] & inside[other] & (np.abs(depth[one] - depth[other]) <= step_m)
        edges.append(np.stack([index[one][joined], index[other][joined]]))
    first, second = np.concatenate(edges, axis=1)
    graph = sparse.coo_matrix((np.ones(len(first), np.bool_), (first, second)),
                              shape=(depth.size, depth.size))
    pieces = connected_components(graph, directed=False)[1].reshape(depth.shape) + 1
    return np.where(inside, pieces, 0).astype(np.int32)


def _large(pieces: Labels, min_pixels: int) -> Labels:
    """Return the pieces of at least so many pixels, numbered in the order of the rows."""
    counts = np.bincount(pieces.ravel())
    large = counts >= min_pixels
    large[0] = False  # the background
    numbers = np.where(large, np.cumsum(large), 0).astype(np.int32)
    return np.asarray(numbers[pieces])


def _grown(labels: Labels, standing: Mask, reach_px: int) -> Labels:
    """Give pixels without a label that of the nearest object, where it is so near."""
    if not labels.any():
        return labels
    far, nearest = ndimage.distance_transform_edt(labels == 0, return_indices=True)
    return np.where(standing & (far <= reach_px), labels[tuple(nearest)], 0).astype(np.int32)
