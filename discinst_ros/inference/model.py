# SPDX-License-Identifier: Apache-2.0
"""A network with the configuration that shaped it, made ready for the device it is to run on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from discinst_ros.checkpoint import build_from_checkpoint, load_checkpoint
from discinst_ros.inference.checks import InferenceError
from discinst_ros.model_config import ModelConfig
from discinst_ros.out_of_memory import explained
import torch
from torch import nn


@dataclass(frozen=True)
class Model:
    """A network and the configuration that shaped it."""

    network: nn.Module
    config: ModelConfig

    @classmethod
    def from_checkpoint(cls, path: str | Path) -> Model:
        """
        Read both from a checkpoint file.

        :raises CheckpointError: where it cannot be used.
        """
        checkpoint = load_checkpoint(path)
        return cls(build_from_checkpoint(checkpoint), checkpoint.config)


def prepared(network: nn.Module, device: torch.device) -> nn.Module:
    """
    Return a network in evaluation mode on its device.

    :raises InferenceError: where it does not fit there.
    """
    with explained(InferenceError, 'the weights of the network', 'close what else uses it, or '
                   'take a smaller network, or on a GPU the device cpu'):
        network = network.eval().to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network
