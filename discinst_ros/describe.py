# SPDX-License-Identifier: Apache-2.0
"""How error messages show an array that arrived: '3x8x64 int64', and what is wrong in it."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor


def size(array: Tensor | npt.NDArray[Any]) -> str:
    """Return the shape of an array as text."""
    return 'x'.join(map(str, array.shape)) or 'a scalar'


def described(array: Tensor | npt.NDArray[Any]) -> str:
    """Return shape and dtype of an array as text."""
    return f'{size(array)} {str(array.dtype).removeprefix("torch.")}'


def not_finite(values: Tensor) -> int:
    """Return how many values are NaN or infinite."""
    # The sum is not finite where an element is not (or where huge ones overflow): much cheaper.
    if bool(values.sum(dtype=torch.float32).isfinite()):
        return 0
    return int((~values.isfinite()).sum())
