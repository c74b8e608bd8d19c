# SPDX-License-Identifier: Apache-2.0
"""A network with the configuration that shaped it, made ready for the device it is to run on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from discinst_ros.checkpoint import (
    build_from_checkpoint,
    Checkpoint,
    CheckpointError,
    load_checkpoint,
)
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
    #: Which of the two outputs was trained: all, embedding or semantics.
    trained: str = 'all'

    @classmethod
    def from_checkpoint(cls, path: str | Path) -> Model:
        """
        Read both from a checkpoint file.

        :raises CheckpointError: where it cannot be used.
        """
        return cls.of(load_checkpoint(path))

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Model:
        """
        Build the network of a checkpoint.

        :raises CheckpointError: where its weights do not fit it.
        """
        return cls(build_from_checkpoint(checkpoint), checkpoint.config,
                   str(checkpoint.training.get('train_only', 'all')))

    def refuse_untrained(self, path: str | Path, needed: str, instead: str) -> None:
        """
        Refuse an output that was not trained, whose values are those of chance.

        :param path: of the checkpoint.
        :param needed: embedding or semantics.
        :param instead: what to do.
        :raises CheckpointError: where the other one alone was trained.
        """
        if self.trained not in ('all', needed):
            raise CheckpointError(
                f"checkpoint '{path}' was trained for {self.trained} alone (train_only), so its "
                f'{"class scores are" if needed == "semantics" else "embedding is"} of no use; '
                f'{instead}')


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
