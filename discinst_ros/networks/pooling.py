# SPDX-License-Identifier: Apache-2.0
"""
Max-pooling that remembers where each maximum was, and its inverse, without flat indices.

A 2×2 window has four phases. Remembering the phase (0..3) instead of an index into the image
gives the same result as ``max_pool2d(return_indices=True)`` and ``max_unpool2d``, needs no
scatter, and both compilers and exporters understand it.
"""

from __future__ import annotations

import torch
from torch import Tensor


def max_pool_phase(x: Tensor) -> tuple[Tensor, Tensor]:
    """
    Pool 2×2 windows.

    :param x: B×C×H×W float, H and W even.
    :return: the maxima, B×C×H/2×W/2, and the phase of each (row·2 + column, the first where
        values tie), int64 of the same shape.
    """
    phases = torch.stack((x[..., ::2, ::2], x[..., ::2, 1::2],
                          x[..., 1::2, ::2], x[..., 1::2, 1::2]))
    values, phase = phases.max(dim=0)
    return values, phase


def max_unpool_phase(x: Tensor, phase: Tensor) -> Tensor:
    """
    Put each value back where its maximum was, zero elsewhere.

    :param x: B×C×H×W float.
    :param phase: B×C×H×W as :func:`max_pool_phase` gave it.
    :return: B×C×2H×2W.
    """
    zero = x.new_zeros(())
    parts = [torch.where(phase == k, x, zero) for k in range(4)]
    top = torch.stack((parts[0], parts[1]), dim=-1).flatten(-2)
    bottom = torch.stack((parts[2], parts[3]), dim=-1).flatten(-2)
    return torch.stack((top, bottom), dim=-2).flatten(-3, -2)
