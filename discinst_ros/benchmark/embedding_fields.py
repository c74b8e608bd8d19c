# SPDX-License-Identifier: Apache-2.0
"""Embedding fields like a trained network's, with the labels they were made from."""

from __future__ import annotations

import cv2
from discinst_ros.loss import DELTA_D, DELTA_V
import numpy as np
import numpy.typing as npt
import torch

LabelImage = npt.NDArray[np.int32]

#: An object of which fewer pixels can be seen is left out of a heap; fewer of small objects.
MIN_VISIBLE_PX = 60


def heap(height: int, width: int, count: int, rng: np.random.Generator, *,
         scale: float = 1.0) -> LabelImage:
    """
    Draw sticks 6 to 14 px wide, boxes and discs over each other; slivers are left out.

    :param count: objects drawn; what others cover is missing in the end.
    :param scale: of the objects.
    """
    labels = np.zeros((height, width), dtype=np.int32)
    for label in range(1, count + 1):
        middle = (float(rng.integers(width)), float(rng.integers(height)))
        angle = float(rng.uniform(0, 180))
        kind = rng.integers(3)
        if kind == 2:
            axes = [round(scale * int(side)) for side in rng.integers(6, 30, 2)]
            cv2.ellipse(labels, (int(middle[0]), int(middle[1])), axes, angle, 0, 360, label, -1)
            continue
        size = ((rng.uniform(6, 14), rng.uniform(40, 140)) if kind == 0
                else rng.uniform(12, 60, 2))
        corners = cv2.boxPoints((middle, (float(scale * size[0]), float(scale * size[1])), angle))
        cv2.fillPoly(labels, [np.round(corners).astype(np.int32)], label)
    small = np.bincount(labels.ravel()) < MIN_VISIBLE_PX * min(1, scale) ** 2
    labels[small[labels]] = 0
    return labels


def separated_centres(count: int, dim: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return count×dim points that are pairwise at least 2·DELTA_D apart, as close as easy."""
    centres: list[npt.NDArray[np.float64]] = []
    scale = DELTA_D
    while len(centres) < count:
        centre = rng.normal(0, scale, dim)
        if all(np.linalg.norm(centre - other) >= 2 * DELTA_D for other in centres):
            centres.append(centre)
        else:
            scale *= 1.001
    return np.array(centres).reshape(count, dim)


def realistic_field(
    labels: LabelImage, dim: int, rng: np.random.Generator, mixed_px: int = 3,
) -> torch.Tensor:
    """
    Return D×H×W as a trained network gives it.

    Smooth deviations, 95 % of the pixels within DELTA_V of their centre and a tail beyond;
    embeddings mixed over a few pixels at every border, with the background's, too.
    """
    shape = labels.shape
    centres = np.concatenate([
        rng.normal(size=(1, dim)), separated_centres(int(labels.max()), dim, rng)])
    direction = cv2.GaussianBlur(rng.normal(size=(*shape, dim)), (0, 0), 2).reshape(*shape, dim)
    direction /= np.linalg.norm(direction, axis=2, keepdims=True)
    length = np.where(rng.random(shape) < 0.05, rng.uniform(0.5, 1.2, shape),
                      rng.uniform(0, DELTA_V, shape))
    length = cv2.GaussianBlur(length, (0, 0), 1)
    field = centres[labels] + direction * length[..., None]
    mixed = cv2.blur(field, (mixed_px, mixed_px)).reshape(*shape, dim)
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(mixed, -1, 0))).float()
