# SPDX-License-Identifier: Apache-2.0
"""Embedding fields like a network's, with the labels they were made from."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch

LabelImage = npt.NDArray[np.int32]

DELTA_V, DELTA_D = 0.5, 1.5


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
    return np.array(centres)


def in_ball(shape: tuple[int, ...], dim: int, radius: float,
            rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return points drawn uniformly from a ball, dim in the last axis."""
    direction = rng.normal(size=(*shape, dim))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    return direction * (radius * rng.random((*shape, 1)) ** (1 / dim))


def to_tensor(field: npt.NDArray[np.floating], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return D×H×W of H×W×D."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(field, -1, 0))).to(dtype)


def heap(height: int, width: int, count: int, rng: np.random.Generator) -> LabelImage:
    """Draw sticks 6 to 14 px wide, boxes and discs over each other; slivers are left out."""
    labels = np.zeros((height, width), dtype=np.int32)
    for label in range(1, count + 1):
        middle = (float(rng.integers(width)), float(rng.integers(height)))
        angle = float(rng.uniform(0, 180))
        kind = rng.integers(3)
        if kind == 2:
            axes = [int(side) for side in rng.integers(6, 30, 2)]
            cv2.ellipse(labels, (int(middle[0]), int(middle[1])), axes, angle, 0, 360, label, -1)
            continue
        size = ((rng.uniform(6, 14), rng.uniform(40, 140)) if kind == 0
                else rng.uniform(12, 60, 2))
        corners = cv2.boxPoints((middle, (float(size[0]), float(size[1])), angle))
        cv2.fillPoly(labels, [np.round(corners).astype(np.int32)], label)
    small = np.bincount(labels.ravel()) < 60
    labels[small[labels]] = 0
    return labels


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
    direction = cv2.GaussianBlur(rng.normal(size=(*shape, dim)), (0, 0), 2)
    direction /= np.linalg.norm(direction, axis=2, keepdims=True)
    length = np.where(rng.random(shape) < 0.05, rng.uniform(0.5, 1.2, shape),
                      rng.uniform(0, DELTA_V, shape))
    length = cv2.GaussianBlur(length, (0, 0), 1)
    field = centres[labels] + direction * length[..., None]
    return to_tensor(cv2.blur(field, (mixed_px, mixed_px)))
