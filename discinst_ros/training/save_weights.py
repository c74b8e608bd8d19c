# SPDX-License-Identifier: Apache-2.0
"""Write the checkpoint that the node loads, after every validation."""

from __future__ import annotations

from pathlib import Path
import shutil

from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.training.task import EmbeddingTask
from lightning.pytorch import Callback, LightningModule, Trainer


class SaveWeights(Callback):
    """
    Keep ``last.safetensors`` and ``best.safetensors``, that of the lowest validation loss.

    It stands before the averaging of weights among the callbacks: when a validation epoch ends,
    the network still holds the averaged weights that were validated.
    """

    def __init__(self) -> None:
        self.best = float('inf')

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the weights just validated."""
        if not isinstance(pl_module, EmbeddingTask):
            raise TypeError(f'SaveWeights serves EmbeddingTask, not {type(pl_module).__name__}')
        if trainer.is_global_zero and not trainer.sanity_checking:
            folder = Path(trainer.default_root_dir)
            save_checkpoint(folder / 'last.safetensors', pl_module.network, pl_module.config)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep them as the best, where they are; only now is their loss known."""
        if not trainer.is_global_zero or trainer.sanity_checking:
            return
        loss = float(trainer.callback_metrics['val/loss'])
        if loss < self.best:
            self.best = loss
            folder = Path(trainer.default_root_dir)
            shutil.copyfile(folder / 'last.safetensors', folder / 'best.safetensors')

    def state_dict(self) -> dict[str, float]:
        """Remember the best loss across a resume."""
        return {'best': self.best}

    def load_state_dict(self, state_dict: dict[str, float]) -> None:
        """Take up the best loss after a resume."""
        self.best = state_dict['best']
