# SPDX-License-Identifier: Apache-2.0
"""How error messages show an array that arrived: '3x8x64 int64'."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
from torch import Tensor


def size(array: Tensor | npt.NDArray[Any]) -> str:
    """Return the shape of an array as text."""
    return 'x'.join(map(str, array.shape)) or 'a scalar'


def described(array: Tensor | npt.NDArray[Any]) -> str:
    """Return shape and dtype of an array as text."""
    return f'{size(array)} {str(array.dtype).removeprefix("torch.")}'
