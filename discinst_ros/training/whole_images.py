# SPDX-License-Identifier: Apache-2.0
"""Held-out images as the node sees them: without what fills them up to the size of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from discinst_ros.model_config import ModelConfig
from discinst_ros.training.batch import Batch, network_input
import torch
from torch import Tensor

#: Images to embeddings and class scores.
Network: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]


def run_on_whole(network: Network, batch: Batch, config: ModelConfig) -> tuple[Tensor, Tensor]:
    """
    Run a network on each image alone where images do not fill the batch.

    What lies beyond the border of an image changes what a network sees within it.

    :param batch: with or without ``extent``; without it all images fill it.
    :param config: of the network.
    :return: embeddings B×D×H×W and class scores B×K×H×W, 0 beyond an image.
    """
    height, width = batch['image'].shape[1:3]
    parts = _sizes(batch, height, width)
    if set(parts) == {(height, width)}:
        return network(network_input(batch, config))
    outputs: list[Tensor] = []
    for rows, columns in sorted(set(parts)):
        own = [place for place, part in enumerate(parts) if part == (rows, columns)]
        cut = {name: values[own] for name, values in batch.items()}
        for name in {'image', 'depth'} & set(cut):
            cut[name] = cut[name][:, :rows, :columns]
        found = network(network_input(cut, config))
        outputs = outputs or [one.new_zeros(len(parts), one.shape[1], height, width)
                              for one in found]
        for whole, one in zip(outputs, found, strict=True):
            whole[own, :, :rows, :columns] = one
    return outputs[0], outputs[1]


def _sizes(batch: Batch, height: int, width: int) -> list[tuple[int, int]]:
    """Return height and width of the part of the batch that each image fills."""
    if 'extent' not in batch:
        return [(height, width)]
    ends = (batch['extent'][:, :2] + batch['extent'][:, 2:]).to(torch.int64).tolist()
    return [(min(height, bottom), min(width, right)) for right, bottom in ends]
