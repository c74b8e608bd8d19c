# SPDX-License-Identifier: Apache-2.0
"""What all networks have in common: any image size, two outputs, memory traded for time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from discinst_ros.networks.padding import pad_to_stride
from discinst_ros.networks.recompute import recomputed
import torch
from torch import nn, Tensor


class DenseNetwork(nn.Module, ABC):
    """
    A network that gives every pixel an embedding and class scores.

    A network in this package says in :meth:`maps` what it computes; its last layer is named
    ``head``, and of its output channels the first D are the embedding, the other K the classes.

    :param embedding_dim: D.
    :param num_classes: K, background included.
    """

    #: The input is padded to a multiple of this, pixels.
    stride: int

    def __init__(self, embedding_dim: int, num_classes: int) -> None:
        super().__init__()
        self.embedding_dim = embedding_dim
        self.num_classes = num_classes
        #: Compute the stages once more in the backward pass instead of keeping their inside.
        self.checkpoint_gradients = False

    @abstractmethod
    def maps(self, x: Tensor) -> Tensor:
        """
        Compute the output channels.

        :param x: B×C×H×W float, H and W multiples of the stride.
        :return: B×(D+K)×H×W.
        """

    def run(self, stage: nn.Module, *inputs: Tensor) -> Any:
        """Return the output of a stage, whose inside may be forgotten until the gradients."""
        if self.checkpoint_gradients and torch.is_grad_enabled():
            return recomputed(stage, *inputs)
        return stage(*inputs)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """
        Embed and classify every pixel.

        :param x: B×C×H×W float, any size from 1×1.
        :return: embeddings B×D×H×W and class logits B×K×H×W.
        """
        height, width = x.shape[-2:]
        y = self.maps(pad_to_stride(x, self.stride))[..., :height, :width]
        return y[:, :self.embedding_dim], y[:, self.embedding_dim:]
