# SPDX-License-Identifier: Apache-2.0
"""Triangles and normals of a surface whose vertices lie in a grid."""

from __future__ import annotations

from discinst_ros.scenes.heaps.surface import Points
import numpy as np
import numpy.typing as npt


def grid_faces(rows: int, columns: int) -> npt.NDArray[np.int32]:
    """Return the triangles of a grid, anticlockwise where rows run along x and columns along y."""
    row, column = np.mgrid[:rows - 1, :columns - 1]
    here = (row * columns + column).ravel()
    faces = np.concatenate((np.stack((here, here + columns, here + columns + 1), axis=1),
                            np.stack((here, here + columns + 1, here + 1), axis=1)))
    return faces.astype(np.int32)


def vertex_normals(vertices: Points, faces: npt.NDArray[np.int32]) -> Points:
    """Return a normal for each vertex: the mean of its triangles', by their areas."""
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    np.add.at(normals, faces.ravel(), np.repeat(across, 3, axis=0))
    return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))
