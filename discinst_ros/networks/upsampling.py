# SPDX-License-Identifier: Apache-2.0
"""From an eighth of the resolution to all of it, by a kernel that is learned."""

from __future__ import annotations

import torch
from torch import nn, Tensor
from torch.nn import functional


class LearnedUpsampling(nn.ConvTranspose2d):
    """
    A transposed convolution that starts as bilinear interpolation and learns from there.

    Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation, arXiv
    1411.4038, Section 3.3. A fixed interpolation cannot draw an edge within a cell of the coarse
    map; kernels that mix the channels can.

    :param channels: in and out.
    :param factor: by which height and width grow, even.
    """

    def __init__(self, channels: int, factor: int) -> None:
        # The border cells are repeated once outside, and what comes of them is cut off again:
        # half a factor of each side belongs to the interpolation, a whole one to the repetition.
        super().__init__(channels, channels, 2 * factor, stride=factor,
                         padding=factor // 2 + factor)
        tent = 1 - (torch.arange(2 * factor) - factor + 0.5).abs() / factor
        identity = torch.eye(channels)[..., None, None]
        with torch.no_grad():
            self.weight.copy_(identity * tent[:, None] * tent)
            self.bias.zero_()  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        """B×C×H×W to B×C×factor·H×factor·W."""
        return super().forward(functional.pad(x, (1, 1, 1, 1), mode='replicate'))
