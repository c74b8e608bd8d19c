# SPDX-License-Identifier: Apache-2.0
"""Write the state of the training, from which it can be taken up again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
import pickle

from discinst_ros.training.errors import TrainingError
from discinst_ros.training.save_weights import check_finite
from discinst_ros.training.task import EmbeddingTask
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.utilities.types import STEP_OUTPUT
import torch

#: File of the state in the folder of a run.
STATE_FILE = 'last.ckpt'
#: What a training chooses at its end.
_SETTLED_LAST = ('bandwidth', 'score_weights')


class SaveState(Checkpoint):
    """
    Keep ``last.ckpt``: after every validation, or epoch without one, and every few steps between.

    The file before stays until the new one is whole.

    :param every_steps: steps between two writes.
    """

    def __init__(self, every_steps: int) -> None:
        if every_steps < 1:
            raise ValueError(f'checkpoint_every_steps is {every_steps}, expected 1 or more')
        self.every_steps = every_steps
        self._written = 0

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule,
                           outputs: STEP_OUTPUT, batch: object, batch_idx: int) -> None:
        """Write within an epoch; after its last batch comes a validation, which writes, too."""
        step = trainer.global_step
        if step - self._written >= self.every_steps and not (
                trainer.fit_loop.epoch_loop.batch_progress.is_last_batch):
            self._write(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write after a validation, whose scores are part of the state."""
        if not trainer.sanity_checking:
            self._write(trainer, pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write after an epoch that had no validation."""
        if trainer.global_step > self._written:
            self._write(trainer, pl_module)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count from where the training begins."""
        self._written = trainer.global_step

    def _write(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._written = trainer.global_step
        check_finite(pl_module)
        folder = Path(trainer.default_root_dir)
        partial = folder / f'{STATE_FILE}.part'
        try:
            trainer.save_checkpoint(partial)
            if trainer.is_global_zero:
                partial.replace(folder / STATE_FILE)
        finally:
            if trainer.is_global_zero:
                partial.unlink(missing_ok=True)


def check_state(path: Path, task: EmbeddingTask) -> None:
    """
    Make sure that a training can go on from a state.

    :param task: that is to go on.
    :raises TrainingError: where it is missing, damaged, or of another network.
    """
    if not path.is_file():
        raise TrainingError(f"'{path}' does not exist, so there is nothing to resume; give the "
                            'folder of the earlier run with --out, or leave --resume out')
    try:
        content = torch.load(path, map_location='cpu', weights_only=True, mmap=True)
        settings = content['hyper_parameters']
        given, trained_only = dict(settings['config']), settings.get('train_only', task.trained)
        trained = sum(len(group['params']) for group in
                      content['optimizer_states'][0]['param_groups'])
    except (RuntimeError, pickle.UnpicklingError, EOFError, LookupError, ValueError, TypeError,
            OSError) as error:
        raise TrainingError(f"'{path}' is damaged or no state of a training; give another one"
                            ) from error
    for name, now in asdict(task.config).items():
        before = given.get(name, now)
        if name not in _SETTLED_LAST and before != now:
            raise TrainingError(
                f"'{path}' is of a network with {name} {before}, now it is {now}; give the same "
                'settings, or start a new training with --model.start_from')
    if trained_only != task.trained:  # whose figures are no measure for these
        raise TrainingError(
            f"'{path}' is of a training with model.train_only {trained_only}, now it is "
            f'{task.trained}; give the same, or start a new training with --model.start_from')
    # Of one network, only the scales of batch norm are trained or not.
    now_trained = sum(parameter.requires_grad for parameter in task.parameters())
    if trained != now_trained:
        frozen = str(trained < now_trained).lower()
        raise TrainingError(f"'{path}' is of a training with model.freeze_batch_norm {frozen}; "
                            'give the same, or start a new training with --model.start_from')
