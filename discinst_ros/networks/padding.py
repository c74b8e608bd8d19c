# SPDX-License-Identifier: Apache-2.0
"""Any image size for a network that halves its input several times."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def pad_to_stride(x: Tensor, stride: int) -> Tensor:
    """
    Extend the right and lower border to a multiple of the stride by repeating the last pixels.

    :param x: B×C×H×W float.
    :param stride: the network's total stride in pixels.
    :return: B×C×H'×W', the input itself where nothing is missing.
    """
    height, width = x.shape[-2:]
    down, right = -height % stride, -width % stride
    if not (down or right):
        return x
    return functional.pad(x, (0, right, 0, down), mode='replicate')
