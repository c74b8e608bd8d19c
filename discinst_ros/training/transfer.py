# SPDX-License-Identifier: Apache-2.0
"""Weights of a checkpoint for a network that differs in classes, embedding or input."""

from __future__ import annotations

from collections.abc import Iterable

from discinst_ros.checkpoint import build_from_checkpoint, Checkpoint, CheckpointError
from discinst_ros.model_config import ModelConfig
import torch
from torch import nn, Tensor


@torch.no_grad()
def take_weights(network: nn.Module, config: ModelConfig, checkpoint: Checkpoint) -> list[str]:
    """
    Copy what a checkpoint has for a network.

    Tensors correspond by name and shape. Of the head, whose output channels are the embedding
    and then the classes, the embedding is taken where it has as many dimensions, and each class
    that the checkpoint has by the same name.

    :param network: changed in place.
    :param config: of the network.
    :return: what the checkpoint did not have, and so stays freshly initialised.
    :raises CheckpointError: for a checkpoint of another architecture.
    """
    if checkpoint.config.network != config.network:
        raise CheckpointError(
            f"checkpoint '{checkpoint.path}' is of the network '{checkpoint.config.network}', not "
            f"'{config.network}'; give --model.config.network {checkpoint.config.network}, or "
            'another checkpoint')
    build_from_checkpoint(checkpoint)  # refuses weights that are not of the network they name
    pairs, fresh = _channels(config, checkpoint.config)
    tensors = network.state_dict()
    for name, tensor in tensors.items():
        given = checkpoint.state_dict.get(name)
        if name.startswith('head.') and given is not None:
            if not _copy_channels(network, name, tensor, given, pairs):
                fresh.append(name)
        elif given is None or given.shape != tensor.shape:
            fresh.append(name)
        else:
            tensor.copy_(given)
    return _by_layer(fresh, tensors)


def _by_layer(fresh: list[str], tensors: Iterable[str]) -> list[str]:
    """Name a layer of the network in place of its tensors where all of them are fresh."""
    taken = {name.partition('.')[0] for name in set(tensors).difference(fresh)}
    return list(dict.fromkeys(
        name if '.' not in name or (layer := name.partition('.')[0]) in taken else layer
        for name in fresh))


def _channels(config: ModelConfig, given: ModelConfig) -> tuple[dict[int, int], list[str]]:
    """Return the head's channels that correspond, new to given, and names of the others."""
    pairs, fresh = {}, []
    if config.embedding_dim == given.embedding_dim:
        pairs = {channel: channel for channel in range(config.embedding_dim)}
    else:
        fresh.append('embedding')
    for number, name in enumerate(config.class_names):
        if name in given.class_names:
            pairs[config.embedding_dim + number] = (
                given.embedding_dim + given.class_names.index(name))
        else:
            fresh.append(f"class '{name}'")
    return pairs, fresh


def _copy_channels(network: nn.Module, name: str, tensor: Tensor, given: Tensor,
                   pairs: dict[int, int]) -> bool:
    """Copy output channels; tell whether the head's input has as many channels as it had."""
    layer = network.get_submodule(name.rpartition('.')[0])
    # A transposed convolution has its output channels second.
    axis = 1 if isinstance(layer, nn.ConvTranspose2d) and tensor.ndim > 1 else 0
    if tensor.select(axis, 0).shape != given.select(axis, 0).shape:
        return False
    for new, old in pairs.items():
        tensor.select(axis, new).copy_(given.select(axis, old))
    return True
