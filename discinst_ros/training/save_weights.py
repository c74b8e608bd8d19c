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
        _write(trainer, pl_module, 'last')

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep them as the best, where they are; only now is their loss known."""
        loss = float(trainer.callback_metrics['val/loss'])
        if loss < self.best:
            self.best = loss
            _write(trainer, pl_module, 'best', copy_of='last')

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write what a training ended with that was too short for a validation."""
        _write(trainer, pl_module, 'last')
        if self.best == float('inf'):
            _write(trainer, pl_module, 'best', copy_of='last')

    def state_dict(self) -> dict[str, float]:
        """Remember the best loss across a resume."""
        return {'best': self.best}

    def load_state_dict(self, state_dict: dict[str, float]) -> None:
        """Take up the best loss after a resume."""
        self.best = state_dict['best']


def _write(trainer: Trainer, pl_module: LightningModule, name: str,
           copy_of: str | None = None) -> None:
    """Write the network's weights, or copy those written before, once for all processes."""
    if not isinstance(pl_module, EmbeddingTask):
        raise TypeError(f'SaveWeights serves EmbeddingTask, not {type(pl_module).__name__}')
    if not trainer.is_global_zero or trainer.sanity_checking:
        return
    folder = Path(trainer.default_root_dir)
    if copy_of is None:
        save_checkpoint(folder / f'{name}.safetensors', pl_module.network, pl_module.config)
    else:
        shutil.copyfile(folder / f'{copy_of}.safetensors', folder / f'{name}.safetensors')
