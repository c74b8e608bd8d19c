# SPDX-License-Identifier: Apache-2.0
"""
ResNet-38, with one output for embeddings and one for class scores.

Wu, Shen, van den Hengel: Wider or Deeper: Revisiting the ResNet Model for Visual Recognition,
arXiv 1611.10080: Figure 2 for model A, Section 5 for its form without pooling (A1), dropout (A2)
and the dilated, fully convolutional form for segmentation. Blocks are pre-activated as in He et
al., Identity Mappings in Deep Residual Networks, arXiv 1603.05027.
"""

from __future__ import annotations

from collections.abc import Sequence

from discinst_ros.networks.dense import DenseNetwork
from discinst_ros.networks.dilated import DilatedConv2d
from discinst_ros.networks.upsampling import LearnedUpsampling
from discinst_ros.networks.vgg import check_in_channels, initialise
from torch import nn, Tensor
from torch.nn import functional

#: Of the two convolutions that look around on top of the blocks.
TOP_DILATION = 12


def _convolution(in_channels: int, out_channels: int, kernel: int, *, stride: int = 1,
                 dilation: int = 1) -> nn.Conv2d:
    if dilation > 1:
        return DilatedConv2d(in_channels, out_channels, kernel, dilation=dilation, bias=False)
    return nn.Conv2d(in_channels, out_channels, kernel, stride=stride, padding=kernel // 2,
                     bias=False)


class Block(nn.Module):
    """
    Pre-activated residual block: normalise, rectify, convolve, twice or three times.

    :param in_channels: channels in.
    :param widths: output channels of the convolutions: two of 3×3, or 1×1, 3×3, 1×1.
    :param stride: of the first convolution.
    :param dilations: of the first convolution and of the others.
    :param dropout: probability in front of the last convolution.
    """

    def __init__(self, in_channels: int, widths: Sequence[int], *, stride: int = 1,
                 dilations: tuple[int, int] = (1, 1), dropout: float = 0.0) -> None:
        super().__init__()
        kernels = (3, 3) if len(widths) == 2 else (1, 3, 1)
        self.norm = nn.BatchNorm2d(in_channels)
        first, *others = widths
        self.first = _convolution(in_channels, first, kernels[0], stride=stride,
                                  dilation=dilations[0])
        layers: list[nn.Module] = []
        for before, width, kernel in zip(widths, others, kernels[1:]):
            layers += [nn.BatchNorm2d(before), nn.ReLU(inplace=True),
                       _convolution(before, width, kernel, dilation=dilations[1])]
        if dropout:
            layers.insert(-1, nn.Dropout(dropout))
        self.others = nn.Sequential(*layers)
        same = in_channels == widths[-1] and stride == 1
        self.shortcut = None if same else _convolution(in_channels, widths[-1], 1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W to B×C'×H/stride×W/stride."""
        active = functional.relu(self.norm(x))
        around = x if self.shortcut is None else self.shortcut(active)
        return around + self.others(self.first(active))  # type: ignore[no-any-return]


def _level(in_channels: int, widths: Sequence[int], count: int, *, stride: int = 1,
           dilations: tuple[int, int] = (1, 1)) -> nn.Sequential:
    """Build blocks of one width; only the first changes the resolution or the dilation."""
    later = dilations[1], dilations[1]
    return nn.Sequential(
        Block(in_channels, widths, stride=stride, dilations=dilations),
        *(Block(widths[-1], widths, dilations=later) for _ in range(count - 1)))


class ResNet38(DenseNetwork):
    """
    Model A without pooling, at an eighth of the resolution from B4 on; B5 to B7 are dilated.

    :param embedding_dim: D.
    :param num_classes: K, background included.
    :param in_channels: C of the input, 1 or more.
    :raises ValueError: for an input without channels.
    """

    stride = 8

    def __init__(self, *, embedding_dim: int, num_classes: int, in_channels: int = 3) -> None:
        check_in_channels('ResNet38', in_channels)
        super().__init__(embedding_dim, num_classes)
        channels = embedding_dim + num_classes
        self.b1 = _convolution(in_channels, 64, 3)
        self.b2 = _level(64, (128, 128), 3, stride=2)
        self.b3 = _level(128, (256, 256), 3, stride=2)
        self.b4 = _level(256, (512, 512), 6, stride=2)
        self.b5 = _level(512, (512, 1024), 3, dilations=(1, 2))
        self.b6 = Block(1024, (512, 1024, 2048), dilations=(1, 4), dropout=0.3)
        self.b7 = Block(2048, (1024, 2048, 4096), dilations=(1, 4), dropout=0.5)
        self.top = nn.Sequential(
            nn.BatchNorm2d(4096), nn.ReLU(inplace=True),
            _convolution(4096, 512, 3, dilation=TOP_DILATION),
            nn.BatchNorm2d(512), nn.ReLU(inplace=True))
        self.scores = DilatedConv2d(512, channels, 3, dilation=TOP_DILATION)
        self.head = LearnedUpsampling(channels, self.stride)
        initialise(self)

    def maps(self, x: Tensor) -> Tensor:
        """B×C×H×W to B×(D+K)×H×W."""
        x = self.b1(x)
        for block in (*self.b2, *self.b3, *self.b4, *self.b5, self.b6, self.b7, self.top):
            x = self.run(block, x)
        return self.head(self.scores(x))  # type: ignore[no-any-return]
