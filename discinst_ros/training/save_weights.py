# SPDX-License-Identifier: Apache-2.0
"""Write the checkpoint that the node loads, after every validation."""

from __future__ import annotations

from pathlib import Path

from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.training.errors import TrainingError
from discinst_ros.training.task import EmbeddingTask
from discinst_ros.whole_file import write_whole
from lightning.pytorch import Callback, LightningModule, Trainer
import torch


class SaveWeights(Callback):
    """
    Keep ``last.safetensors`` and ``best.safetensors``, that of the best validation.

    It stands before the averaging of weights among the callbacks: when a validation epoch ends,
    the network still holds the averaged weights that were validated.

    :param monitor: the figure of a validation that decides.
    :param mode: 'max' where higher is better. Of two equal ones the lower loss decides: early in
        a training no instance comes apart.
    :param settings: of the training, kept in the checkpoints.
    """

    def __init__(self, monitor: str, mode: str, settings: dict[str, object]) -> None:
        self.monitor = monitor
        self.mode = mode
        self.settings = settings
        self.best: list[float] | None = None

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the weights just validated."""
        self._write(trainer, pl_module, 'last')

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep them as the best, where they are; only now is their score known."""
        figures = trainer.callback_metrics
        score = float(figures[self.monitor])
        rank = [-score if self.mode == 'max' else score, float(figures['val/loss'])]
        if trainer.sanity_checking:
            return
        if self.best is None or rank < self.best or not _path(trainer, 'best').exists():
            self.best = rank
            _copy(trainer, 'last', 'best')

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write what a training ended with that never validated."""
        if not _path(trainer, 'best').exists():
            self._write(trainer, pl_module, 'last')
            _copy(trainer, 'last', 'best')

    def state_dict(self) -> dict[str, list[float] | None]:
        """Remember the best score across a resume."""
        return {'best': self.best}

    def load_state_dict(self, state_dict: dict[str, list[float] | None]) -> None:
        """Take up the best score after a resume."""
        self.best = state_dict['best']

    def _write(self, trainer: Trainer, pl_module: LightningModule, name: str) -> None:
        """Write the network's weights once for all processes."""
        if not isinstance(pl_module, EmbeddingTask):
            raise TypeError(f'SaveWeights serves EmbeddingTask, not {type(pl_module).__name__}')
        if trainer.is_global_zero and not trainer.sanity_checking:
            check_finite(pl_module)
            save_checkpoint(_path(trainer, name), pl_module.network, pl_module.config,
                            training={**self.settings, 'step': trainer.global_step})


def check_finite(module: torch.nn.Module) -> None:
    """
    Keep weights that are not numbers from replacing good ones.

    :raises TrainingError: naming the parameter.
    """
    for name, parameter in module.named_parameters():
        if not torch.isfinite(parameter).all():
            raise TrainingError(f"the weights '{name}' are not finite; go on from the last "
                                'checkpoint with --resume and a lower --model.learning_rate')


def _path(trainer: Trainer, name: str) -> Path:
    return Path(trainer.default_root_dir) / f'{name}.safetensors'


def _copy(trainer: Trainer, name: str, copy: str) -> None:
    """Copy a checkpoint; a reader never sees half of one."""
    if trainer.is_global_zero:
        write_whole(_path(trainer, copy), _path(trainer, name).read_bytes())
