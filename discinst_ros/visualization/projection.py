# SPDX-License-Identifier: Apache-2.0
"""Embeddings in two or three dimensions, seen from the same side time after time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from discinst_ros.visualization.colours import Labels
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.floating[Any]]
Indices = npt.NDArray[np.int64]

#: Pixels of each instance that a projection and a scatter take into account.
PIXELS_PER_INSTANCE = 200


@dataclass(frozen=True)
class Projection:
    """An orthogonal projection onto a few axes; it shortens distances and never lengthens them."""

    #: (D,), what becomes the origin.
    centre: Points
    #: D×k, orthonormal columns; where D < k the last columns are 0.
    axes: Points

    def __call__(self, points: Points) -> Points:
        """Return ...×k of ...×D."""
        return np.asarray((points - self.centre) @ self.axes)


def fit_projection(points: Points, dimensions: int, *,
                   like: Projection | None = None) -> Projection:
    """
    Find the axes along which points spread most (principal component analysis).

    The axes of a principal component analysis may swap and turn from one time to the next,
    though the points have hardly moved. With ``like`` the same subspace gets the axes that are
    nearest to those of an earlier projection (orthogonal Procrustes problem, Schönemann 1966).

    :param points: M×D, finite, M >= 1.
    :param dimensions: k, number of axes.
    :param like: an earlier projection onto as many axes.
    """
    points = np.asarray(points, np.float64)
    centre = points.mean(axis=0)
    _, vectors = np.linalg.eigh((points - centre).T @ (points - centre))
    found = vectors[:, ::-1][:, :dimensions]
    axes = np.zeros((points.shape[1], dimensions))
    axes[:, :found.shape[1]] = found
    if like is not None and like.axes.shape == axes.shape:
        left, _, right = np.linalg.svd(axes.T @ like.axes)
        return Projection(centre, axes @ left @ right)
    peak = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)[0]
    return Projection(centre, axes * np.where(peak < 0, -1.0, 1.0))


def balanced_pixels(labels: Labels, *, per_instance: int = PIXELS_PER_INSTANCE) -> Indices:
    """
    Choose equally many pixels of each instance, or all where it has fewer, spread evenly.

    As in the loss, a small object weighs no less than a big one. Nothing is drawn at random: the
    random numbers of a training stay as they are.

    :param labels: H×W, 0 and below belong to no instance.
    :return: positions in the flattened image, instance by instance.
    """
    flat = labels.ravel()
    order = np.argsort(flat, kind='stable')
    order = order[flat[order] > 0]
    _, starts = np.unique(flat[order], return_index=True)
    chosen = [pixels[np.linspace(0, len(pixels) - 1, min(per_instance, len(pixels))).astype(int)]
              for pixels in np.split(order, starts[1:])] if len(order) else []
    return np.concatenate([np.zeros(0, np.int64), *chosen])
