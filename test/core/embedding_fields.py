# SPDX-License-Identifier: Apache-2.0
"""Embedding fields for the tests: those of the benchmark, and ideal ones."""

from __future__ import annotations

from discinst_ros.benchmark.embedding_fields import (
    heap,
    LabelImage,
    realistic_field,
    separated_centres,
)
from discinst_ros.loss import DELTA_D, DELTA_V
import numpy as np
import numpy.typing as npt
import torch

__all__ = ['DELTA_D', 'DELTA_V', 'LabelImage', 'heap', 'in_ball', 'realistic_field',
           'separated_centres', 'to_tensor']


def in_ball(shape: tuple[int, ...], dim: int, radius: float,
            rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return points drawn uniformly from a ball, dim in the last axis."""
    direction = rng.normal(size=(*shape, dim))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    return direction * (radius * rng.random((*shape, 1)) ** (1 / dim))


def to_tensor(field: npt.NDArray[np.floating], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return D×H×W of H×W×D."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(field, -1, 0))).to(dtype)
