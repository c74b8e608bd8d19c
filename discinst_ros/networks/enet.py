# SPDX-License-Identifier: Apache-2.0
"""
ENet, with one output for embeddings and one for class scores.

Paszke, Chaurasia, Kim, Culurciello: ENet: A Deep Neural Network Architecture for Real-Time
Semantic Segmentation, arXiv 1606.02147: Table 1 for the layers, Section 3 for the bottlenecks.

A second branch is not in the paper: channels of depth pass layers of their own down to a quarter
of the resolution. There and half-way they are added to those of colour, after Hazirbas, Ma,
Domokos, Cremers: FuseNet, ACCV 2016, who add the features of both at each resolution.
"""

from __future__ import annotations

from discinst_ros.networks.dense import DenseNetwork
from discinst_ros.networks.own import NetworkError
from discinst_ros.networks.pooling import max_pool_phase, max_unpool_phase
import torch
from torch import nn, Tensor


class Initial(nn.Module):
    """Halve the image: convolution and max-pooling side by side (Figure 2a of the paper)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(in_channels, out_channels - in_channels, 3, stride=2,
                                     padding=1, bias=False)
        self.pooling = nn.MaxPool2d(2)
        self.activation = nn.Sequential(nn.BatchNorm2d(out_channels), nn.PReLU(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W to B×out×H/2×W/2."""
        joined = torch.cat((self.convolution(x), self.pooling(x)), dim=1)
        return self.activation(joined)  # type: ignore[no-any-return]


def _normalised(*convolutions: nn.Module, channels: int, active: bool = True) -> nn.Sequential:
    """Convolution(s), batch norm and, where ``active``, a PReLU."""
    layers = [*convolutions, nn.BatchNorm2d(channels)]
    return nn.Sequential(*layers, nn.PReLU(channels)) if active else nn.Sequential(*layers)


class Bottleneck(nn.Module):
    """
    Regular, dilated or asymmetric bottleneck (Figure 2b of the paper).

    :param channels: channels in and out.
    :param dropout: probability of dropping a channel of the extension branch.
    :param dilation: dilation of the 3×3 convolution.
    :param asymmetric: a 5×1 and a 1×5 convolution instead of the 3×3.
    """

    def __init__(self, channels: int, dropout: float, *, dilation: int = 1,
                 asymmetric: bool = False) -> None:
        super().__init__()
        inner = channels // 4
        if asymmetric:
            middle = [nn.Conv2d(inner, inner, (5, 1), padding=(2, 0), bias=False),
                      nn.Conv2d(inner, inner, (1, 5), padding=(0, 2), bias=False)]
        else:
            middle = [nn.Conv2d(inner, inner, 3, padding=dilation, dilation=dilation,
                                bias=False)]
        self.extension = nn.Sequential(
            _normalised(nn.Conv2d(channels, inner, 1, bias=False), channels=inner),
            _normalised(*middle, channels=inner),
            _normalised(nn.Conv2d(inner, channels, 1, bias=False), channels=channels,
                        active=False),
            nn.Dropout2d(dropout))
        self.activation = nn.PReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W to the same shape."""
        return self.activation(x + self.extension(x))  # type: ignore[no-any-return]


class Downsampling(nn.Module):
    """Bottleneck that halves the resolution; the main branch pools and pads channels."""

    def __init__(self, in_channels: int, out_channels: int, dropout: float) -> None:
        super().__init__()
        inner = in_channels // 4
        self.padding = out_channels - in_channels
        self.extension = nn.Sequential(
            _normalised(nn.Conv2d(in_channels, inner, 2, stride=2, bias=False), channels=inner),
            _normalised(nn.Conv2d(inner, inner, 3, padding=1, bias=False), channels=inner),
            _normalised(nn.Conv2d(inner, out_channels, 1, bias=False), channels=out_channels,
                        active=False),
            nn.Dropout2d(dropout))
        self.activation = nn.PReLU(out_channels)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """B×C×H×W to B×out×H/2×W/2 and the phases of the maxima for :class:`Upsampling`."""
        pooled, phase = max_pool_phase(x)
        main = nn.functional.pad(pooled, (0, 0, 0, 0, 0, self.padding))
        return self.activation(main + self.extension(x)), phase


class Upsampling(nn.Module):
    """Bottleneck that doubles the resolution; the main branch unpools to where maxima were."""

    def __init__(self, in_channels: int, out_channels: int, dropout: float) -> None:
        super().__init__()
        inner = in_channels // 4
        self.main = _normalised(nn.Conv2d(in_channels, out_channels, 1, bias=False),
                                channels=out_channels, active=False)
        self.extension = nn.Sequential(
            _normalised(nn.Conv2d(in_channels, inner, 1, bias=False), channels=inner),
            _normalised(nn.ConvTranspose2d(inner, inner, 3, stride=2, padding=1,
                                           output_padding=1, bias=False), channels=inner),
            _normalised(nn.Conv2d(inner, out_channels, 1, bias=False), channels=out_channels,
                        active=False),
            nn.Dropout2d(dropout))
        self.activation = nn.PReLU(out_channels)

    def forward(self, x: Tensor, phase: Tensor) -> Tensor:
        """B×C×H×W to B×out×2H×2W."""
        main = max_unpool_phase(self.main(x), phase)
        return self.activation(main + self.extension(x))  # type: ignore[no-any-return]


def _context(dropout: float) -> nn.Sequential:
    """Sections 2.1-2.8 of the paper's Table 1: regular, dilated and asymmetric in turn."""
    return nn.Sequential(
        Bottleneck(128, dropout), Bottleneck(128, dropout, dilation=2),
        Bottleneck(128, dropout, asymmetric=True), Bottleneck(128, dropout, dilation=4),
        Bottleneck(128, dropout), Bottleneck(128, dropout, dilation=8),
        Bottleneck(128, dropout, asymmetric=True), Bottleneck(128, dropout, dilation=16))


class ENet(DenseNetwork):
    """
    ENet with a shared trunk and a full convolution as its head.

    The head's first D output channels are the embedding, the other K the class logits.

    :param embedding_dim: D.
    :param num_classes: K, background included.
    :param in_channels: C of the input, 15 at most (the initial block concatenates it) beside
        those of the branch.
    :param branch_channels: so many of them, the last, pass a branch of their own; 15 at most.
    :raises NetworkError: where channels do not fit the initial block.
    """

    stride = 8

    def __init__(self, *, embedding_dim: int, num_classes: int, in_channels: int = 3,
                 branch_channels: int = 0) -> None:
        if not 1 <= in_channels - branch_channels <= 15:
            raise NetworkError(f'ENet: in_channels is {in_channels - branch_channels}, expected 1 '
                               'to 15')
        if not 0 <= branch_channels <= 15:
            raise NetworkError(f'ENet: branch_channels is {branch_channels}, expected 0 to 15')
        super().__init__(embedding_dim, num_classes)
        self.branch_channels = branch_channels
        self.initial = Initial(in_channels - branch_channels, 16)
        self.down1 = Downsampling(16, 64, 0.01)
        self.stage1 = nn.Sequential(*(Bottleneck(64, 0.01) for _ in range(4)))
        self.down2 = Downsampling(64, 128, 0.1)
        self.stage2 = _context(0.1)
        self.stage3 = _context(0.1)
        self.up4 = Upsampling(128, 64, 0.1)
        self.stage4 = nn.Sequential(*(Bottleneck(64, 0.1) for _ in range(2)))
        self.up5 = Upsampling(64, 16, 0.1)
        self.stage5 = Bottleneck(16, 0.1)
        self.head = nn.ConvTranspose2d(16, embedding_dim + num_classes, 3, stride=2, padding=1,
                                       output_padding=1)
        if branch_channels:
            self.branch_initial = Initial(branch_channels, 16)
            self.branch_down1 = Downsampling(16, 64, 0.01)
            self.branch_stage1 = nn.Sequential(*(Bottleneck(64, 0.01) for _ in range(2)))

    def maps(self, x: Tensor) -> Tensor:
        """B×C×H×W to B×(D+K)×H×W."""
        x, other = x.tensor_split((x.shape[1] - self.branch_channels,), dim=1)
        x = self.run(self.initial, x)
        if self.branch_channels:
            other = self.run(self.branch_initial, other)
            x = x + other
        x, phase1 = self.run(self.down1, x)
        if self.branch_channels:
            other, _ = self.run(self.branch_down1, other)
            x = x + self.run(self.branch_stage1, other)
        x, phase2 = self.run(self.down2, self.run(self.stage1, x))
        x = self.run(self.stage3, self.run(self.stage2, x))
        x = self.run(self.stage4, self.run(self.up4, x, phase2))
        x = self.run(self.stage5, self.run(self.up5, x, phase1))
        return self.head(x)  # type: ignore[no-any-return]
