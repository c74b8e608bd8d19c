# SPDX-License-Identifier: Apache-2.0
"""Networks: B×C×H×W images in, embeddings and class scores at the same resolution out."""

from __future__ import annotations

import difflib

from discinst_ros.networks.dilation import Dilation
from discinst_ros.networks.enet import ENet
from discinst_ros.networks.resnet38 import ResNet38
from discinst_ros.networks.segnet import SegNet
from torch import nn

#: Every network that can be asked for by name.
NETWORKS: dict[str, type[nn.Module]] = {
    'enet': ENet, 'segnet': SegNet, 'dilation': Dilation, 'resnet38': ResNet38}


def build_network(name: str, *, embedding_dim: int, num_classes: int,
                  in_channels: int = 3) -> nn.Module:
    """
    Build a network by its name, freshly initialised.

    :param name: one of :data:`NETWORKS`.
    :param embedding_dim: D, channels of the embedding.
    :param num_classes: K, background included.
    :param in_channels: C, channels of the input.
    :return: a module whose ``forward(B×C×H×W)`` gives (embeddings B×D×H×W, class logits B×K×H×W).
    :raises ValueError: for an unknown name, with the nearest known one.
    """
    if name not in NETWORKS:
        near = difflib.get_close_matches(name, NETWORKS, n=1) or list(NETWORKS)
        raise ValueError(f"network '{name}' is not known; did you mean '{near[0]}'?")
    return NETWORKS[name](embedding_dim=embedding_dim, num_classes=num_classes,
                          in_channels=in_channels)
