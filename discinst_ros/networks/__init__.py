# SPDX-License-Identifier: Apache-2.0
"""Networks: B×C×H×W images in, embeddings and class scores at the same resolution out."""

from __future__ import annotations

import difflib

from discinst_ros.networks.dilation import Dilation
from discinst_ros.networks.enet import ENet
from discinst_ros.networks.own import build_own, NetworkError
from discinst_ros.networks.resnet38 import ResNet38
from discinst_ros.networks.segnet import SegNet
from torch import nn

__all__ = ['build_network', 'NetworkError', 'NETWORKS']

#: Every network that can be asked for by name.
NETWORKS: dict[str, type[nn.Module]] = {
    'enet': ENet, 'segnet': SegNet, 'dilation': Dilation, 'resnet38': ResNet38}


def build_network(name: str, *, embedding_dim: int, num_classes: int,
                  in_channels: int = 3, branch_channels: int = 0) -> nn.Module:
    """
    Build a network by its name, freshly initialised.

    :param name: one of :data:`NETWORKS`, or the import path of another class,
        'package.module:Class'.
    :param embedding_dim: D, channels of the embedding.
    :param num_classes: K, background included.
    :param in_channels: C, channels of the input.
    :param branch_channels: so many of them, the last, pass a branch of their own; ENet has one.
    :return: a module whose ``forward(B×C×H×W)`` gives (embeddings B×D×H×W, class logits B×K×H×W).
    :raises NetworkError: for an unknown name, with the nearest known one, or a class that cannot
        be imported or does not answer as described.
    """
    if branch_channels and name != 'enet':
        raise NetworkError(f"network '{name}' has no branch for depth, which enet has; set fusion "
                           "to 'input'")
    if ':' in name:
        return build_own(name, embedding_dim=embedding_dim, num_classes=num_classes,
                         in_channels=in_channels)
    if name not in NETWORKS:
        near = difflib.get_close_matches(name, NETWORKS, n=1)
        advice = (f"did you mean '{near[0]}'?" if near else
                  f"choose one of {', '.join(NETWORKS)}, or give 'package.module:Class'")
        raise NetworkError(f"network '{name}' is not known; {advice}")
    branch = {'branch_channels': branch_channels} if branch_channels else {}
    return NETWORKS[name](embedding_dim=embedding_dim, num_classes=num_classes,
                          in_channels=in_channels, **branch)
