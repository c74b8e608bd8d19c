# SPDX-License-Identifier: Apache-2.0
"""
The convolutions of VGG-16, which two of the networks stand on.

Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, arXiv
1409.1556: Table 1, column D.
"""

from __future__ import annotations

from collections.abc import Sequence

from discinst_ros.networks.dilated import DilatedConv2d
from discinst_ros.networks.own import NetworkError
from torch import nn

#: Output channels of the 3×3 convolutions by stage; a 2×2 max-pooling ends each stage.
STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def stage(in_channels: int, widths: Sequence[int], *, batch_norm: bool, dilation: int = 1
          ) -> nn.Sequential:
    """
    Build 3×3 convolutions that keep the size, each followed by a ReLU.

    :param in_channels: of the first.
    :param widths: output channels of each.
    :param batch_norm: normalise in front of the ReLU; it takes the place of the bias.
    :param dilation: of the convolutions.
    """
    layers: list[nn.Module] = []
    for width in widths:
        layers.append(DilatedConv2d(in_channels, width, 3, dilation=dilation,
                                    bias=not batch_norm))
        layers += [nn.BatchNorm2d(width)] if batch_norm else []
        layers.append(nn.ReLU(inplace=True))
        in_channels = width
    return nn.Sequential(*layers)


class VggStages(nn.ModuleList):
    """
    The five stages, without the poolings between them, which differ from network to network.

    :param in_channels: of the image.
    :param batch_norm: normalise after each convolution.
    :param dilations: of the convolutions, by stage.
    """

    def __init__(self, in_channels: int, *, batch_norm: bool,
                 dilations: Sequence[int] = (1, 1, 1, 1, 1)) -> None:
        channels = (in_channels, *(widths[-1] for widths in STAGES))
        super().__init__(stage(before, widths, batch_norm=batch_norm, dilation=dilation)
                         for before, widths, dilation in zip(channels, STAGES, dilations))


def check_in_channels(network: str, in_channels: int) -> None:
    """
    Refuse an input without channels.

    :raises NetworkError: naming the network.
    """
    if in_channels < 1:
        raise NetworkError(f'{network}: in_channels is {in_channels}, expected 1 or more')


def initialise(module: nn.Module) -> None:
    """
    Draw the weights so that the signal keeps its size through any number of ReLU layers.

    He, Zhang, Ren, Sun: Delving Deep into Rectifiers, arXiv 1502.01852, eq. 10.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity='relu')
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
