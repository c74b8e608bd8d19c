# SPDX-License-Identifier: Apache-2.0
"""Embedding fields for the tests, those of the benchmark and ideal ones, and their clusters."""

from __future__ import annotations

from typing import Any

from discinst_ros.benchmark.embedding_fields import (
    heap,
    LabelImage,
    realistic_field,
    separated_centres,
)
from discinst_ros.clustering import mean_shift
from discinst_ros.loss import DELTA_D, DELTA_V
import numpy as np
import numpy.typing as npt
import torch

__all__ = ['DELTA_D', 'DELTA_V', 'LabelImage', 'blocks', 'found', 'heap', 'ideal_field', 'in_ball',
           'realistic_field', 'same_partition', 'separated_centres', 'to_tensor']


def in_ball(shape: tuple[int, ...], dim: int, radius: float,
            rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return points drawn uniformly from a ball, dim in the last axis."""
    direction = rng.normal(size=(*shape, dim))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    return direction * (radius * rng.random((*shape, 1)) ** (1 / dim))


def to_tensor(field: npt.NDArray[np.floating], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return D×H×W of H×W×D."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(field, -1, 0))).to(dtype)


def same_partition(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Tell whether two label images are equal but for the numbers, 0 standing for itself."""
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return bool((len(set(pairs[0])) == len(set(pairs[1])) == pairs.shape[1])
                and ((pairs[0] == 0) == (pairs[1] == 0)).all())


def found(field: torch.Tensor, labels: npt.NDArray[np.int32],
          bandwidth: float = 2 * DELTA_V, **settings: Any) -> npt.NDArray[np.int32]:
    """Cluster the labelled pixels of a field."""
    out = mean_shift(field, torch.from_numpy(labels > 0).to(field.device), bandwidth=bandwidth,
                     **settings)
    return out.cpu().numpy()


def blocks(rows: int = 3, columns: int = 4, side: int = 20) -> npt.NDArray[np.int32]:
    """Return a chequered label image without gaps: touching objects, no background."""
    numbers = np.arange(1, rows * columns + 1, dtype=np.int32).reshape(rows, columns)
    return np.kron(numbers, np.ones((side, side), dtype=np.int32))


def ideal_field(labels: npt.NDArray[np.int32], dim: int = 8, seed: int = 0,
                radius: float = DELTA_V) -> npt.NDArray[np.float64]:
    """Return the field of zero loss: each pixel anywhere within a radius of its mean."""
    rng = np.random.default_rng(seed)
    centres = separated_centres(int(labels.max()) + 1, dim, rng)
    return centres[labels] + in_ball(labels.shape, dim, radius, rng)
