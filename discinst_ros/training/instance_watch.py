# SPDX-License-Identifier: Apache-2.0
"""End a training on data without instances, which would only learn to see nothing."""

from __future__ import annotations

from discinst_ros.training.batch import Batch
from discinst_ros.training.errors import TrainingError
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities.types import STEP_OUTPUT
import torch


class InstanceWatch(Callback):
    """Look for an instance in every batch until there is one; the first epoch has to have it."""

    def __init__(self) -> None:
        self.seen = False

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule,
                           outputs: STEP_OUTPUT, batch: Batch, batch_idx: int) -> None:
        """Look at a batch."""
        if not self.seen:
            self.seen = bool((batch['labels'] > 0).any())

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """
        Judge an epoch, by what all processes saw.

        :raises TrainingError: where there was no instance.
        """
        seen = torch.tensor(float(self.seen), device=pl_module.device)
        self.seen = bool(trainer.strategy.reduce(seen, reduce_op='sum') > 0)
        if not self.seen:
            raise TrainingError('the images of a whole epoch have no instance at all; are these '
                                'the right labels?')

    def state_dict(self) -> dict[str, bool]:
        """Remember across a resume."""
        return {'seen': self.seen}

    def load_state_dict(self, state_dict: dict[str, bool]) -> None:
        """Take up after a resume."""
        self.seen = state_dict['seen']
