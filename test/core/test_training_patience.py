# SPDX-License-Identifier: Apache-2.0
"""
A training that ends for want of patience, also one that was taken up again.

The learning rate is 0, so that no validation is better than the first; an epoch has three steps.
"""

from pathlib import Path

from discinst_ros.checkpoint import load_checkpoint
from discinst_ros.training.cli import main
from discinst_ros.training.patience import Patience
from lightning.pytorch.callbacks import EarlyStopping
import pytest
import torch

SMALL = ['--trainer.max_steps', '100', '--trainer.accelerator', 'cpu',
         '--trainer.enable_progress_bar', 'false', '--data.width', '48', '--data.height', '40',
         '--data.batch_size', '2', '--data.samples_per_epoch', '6', '--data.validation_images',
         '2', '--data.workers', '0', '--model.learning_rate', '0', '--average', '0',
         '--model.freeze_batch_norm', 'true', '--pictures', '0']


def steps(folder: Path) -> int:
    return int(torch.load(folder / 'last.ckpt', weights_only=True)['global_step'])


def test_a_resumed_training_counts_on_with_the_patience_given_now(tmp_path: Path) -> None:
    """The first validation is the best; after it two, then four in all bring nothing."""
    assert main([*SMALL, '--patience', '2', '--out', str(tmp_path)]) == 0
    assert steps(tmp_path) == 9
    assert main([*SMALL, '--patience', '4', '--out', str(tmp_path), '--resume']) == 0
    assert steps(tmp_path) == 15
    assert load_checkpoint(tmp_path / 'best.safetensors').training['step'] == 3
    assert 'did not improve over 4 validations' in (tmp_path / 'report.md').read_text()


def test_the_state_of_lightnings_own_is_taken_up() -> None:
    before = EarlyStopping('val/sbd', mode='max', patience=3)
    before.wait_count, before.best_score = 2, torch.tensor(0.5)
    now = Patience('val/sbd', 'max', 20)
    assert now.state_key == before.state_key
    now.load_state_dict(before.state_dict())
    assert (now.wait_count, float(now.best_score), now.patience) == (2, 0.5, 20)


def test_less_than_none_is_refused() -> None:
    with pytest.raises(ValueError, match='patience is -1, expected 0 or more'):
        Patience('val/sbd', 'max', -1)
