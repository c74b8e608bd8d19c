# SPDX-License-Identifier: Apache-2.0
"""
Dilation, with one output for embeddings and one for class scores.

Yu, Koltun: Multi-Scale Context Aggregation by Dilated Convolutions, arXiv 1511.07122: Section 4
for the front end, VGG-16 without its last two poolings; Table 1 (basic) and Section 3 for the
context module and its initialisation.
"""

from __future__ import annotations

from discinst_ros.networks.dense import DenseNetwork
from discinst_ros.networks.dilated import DilatedConv2d
from discinst_ros.networks.upsampling import LearnedUpsampling
from discinst_ros.networks.vgg import check_in_channels, initialise, VggStages
import torch
from torch import nn, Tensor
from torch.nn import functional

#: Dilations of the 3×3 convolutions of the context module; a 1×1 convolution follows.
CONTEXT = (1, 1, 2, 4, 8, 16, 1)
#: Value around which the scores start, and how far they vary around it.
_LEVEL, _SPREAD = 1.0, 0.3


class Dilation(DenseNetwork):
    """
    The front end, the context module on its D + K scores, and a learned upsampling as the head.

    The front end has no batch norm, as VGG-16. Where the paper's convolutions shrink the map and
    the image is extended by reflection, here every convolution keeps the size.

    :param embedding_dim: D.
    :param num_classes: K, background included.
    :param in_channels: C of the input, 1 or more.
    :raises ValueError: for an input without channels.
    """

    stride = 8

    def __init__(self, *, embedding_dim: int, num_classes: int, in_channels: int = 3) -> None:
        check_in_channels('Dilation', in_channels)
        super().__init__(embedding_dim, num_classes)
        channels = embedding_dim + num_classes
        self.encoder = VggStages(in_channels, batch_norm=False, dilations=(1, 1, 1, 1, 2))
        self.fc6 = _fully_connected(DilatedConv2d(512, 4096, 7, dilation=4))
        self.fc7 = _fully_connected(nn.Conv2d(4096, 4096, 1))
        self.scores = nn.Conv2d(4096, channels, 1)
        self.context = nn.Sequential(*(
            layer for dilation in CONTEXT for layer in (
                DilatedConv2d(channels, channels, 3, dilation=dilation),
                nn.ReLU(inplace=True))), nn.Conv2d(channels, channels, 1))
        self.head = LearnedUpsampling(channels, self.stride)
        self._initialise()

    @torch.no_grad()
    def _initialise(self) -> None:
        """
        Start with a context module that changes nothing (eq. 4 of the paper).

        It does so for positive scores only: its ReLUs cut the others off, and a channel that is
        negative everywhere would never learn. So the scores start around a positive level, which
        the head takes off again.
        """
        for module in (self.encoder, self.fc6, self.fc7):
            initialise(module)
        nn.init.normal_(self.scores.weight, std=_SPREAD * self.scores.in_channels ** -0.5)
        nn.init.constant_(self.scores.bias, _LEVEL)  # type: ignore[arg-type]
        for layer in self.context:
            if isinstance(layer, nn.Conv2d):
                nn.init.dirac_(layer.weight)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        nn.init.constant_(self.head.bias, -_LEVEL)  # type: ignore[arg-type]

    def maps(self, x: Tensor) -> Tensor:
        """B×C×H×W to B×(D+K)×H×W."""
        for number, stage in enumerate(self.encoder):
            x = self.run(stage, x)
            if number < 3:
                x = functional.max_pool2d(x, 2)
        x = self.scores(self.run(self.fc7, self.run(self.fc6, x)))
        return self.head(self.run(self.context, x))  # type: ignore[no-any-return]


def _fully_connected(convolution: nn.Conv2d) -> nn.Sequential:
    """Build a fully connected layer of VGG-16 as a convolution."""
    return nn.Sequential(convolution, nn.ReLU(inplace=True), nn.Dropout(0.5))
