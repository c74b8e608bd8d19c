# SPDX-License-Identifier: Apache-2.0
"""
A training that was killed ends with the weights of one that was not.

Not verified here: the same on a GPU, whose sums may differ from run to run.
"""

from pathlib import Path
import signal
import subprocess
import sys

from discinst_ros.checkpoint import load_checkpoint
from discinst_ros.training.cli import main
from discinst_ros.training.task import EmbeddingTask
import pytest
import torch

#: Dropout, averaging and augmentation as they are by default; 8 steps an epoch, 20 in all.
SETTINGS = ['--trainer.max_steps', '20', '--trainer.accelerator', 'cpu',
            '--trainer.enable_progress_bar', 'false', '--data.width', '48', '--data.height', '40',
            '--data.batch_size', '2', '--data.samples_per_epoch', '16',
            '--data.augment', '{}', '--data.validation_images', '2',
            '--checkpoint_every_steps', '3']

#: Trains until it is killed, without a warning, two steps behind the state of step 11.
KILLED = """
import os, signal, sys
from discinst_ros.training.cli import main
from discinst_ros.training.task import EmbeddingTask
step = EmbeddingTask.training_step
def die(self, *arguments):
    if self.global_step == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, *arguments)
EmbeddingTask.training_step = die
main(sys.argv[1:])
"""


def state(folder: Path) -> dict:
    return torch.load(folder / 'last.ckpt', weights_only=True)


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope='module')
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp('whole')
    assert main([*SETTINGS, '--data.workers', '0', '--out', str(out)]) == 0
    return out


# This comes first: what the fixture takes counts to the time of the first test that asks for it.
@pytest.mark.parametrize('change, words', [
    (['--model.config.embedding_dim', '4'], 'of a network with embedding_dim 8, now it is 4'),
    (['--model.config.depth', 'points'], 'with depth None, now it is points'),
    (['--model.config.delta_d', '2.5'], 'delta_d 1.5, now it is 2.5'),
    (['--seed_everything', '2'], 'has seed 1, now it is 2'),
    (['--data.batch_size', '4'], 'images per step 2, now it is 4'),
    (['--trainer.accumulate_grad_batches', '2'],
     'trainer.accumulate_grad_batches 1, now it is 2; give the same settings'),
    (['--data.augment', 'null'], 'augment True, now it is False'),
    (['--model.train_only', 'semantics'], 'with model.train_only all, now it is semantics'),
    (['--model.cross_entropy', '0', '--model.dice', '0'], 'only all, now it is embedding'),
    (['--model.freeze_batch_norm', 'true'], 'of a training with model.freeze_batch_norm false')])
def test_another_training_is_not_resumed(uninterrupted, tmp_path, capsys, change, words):
    assert main([*SETTINGS, '--out', str(tmp_path), '--resume', str(uninterrupted / 'last.ckpt'),
                 *change]) == 1
    assert words in capsys.readouterr().err


def test_killed_in_the_middle_of_an_epoch(uninterrupted, tmp_path):
    said = tmp_path / 'said'
    with said.open('w') as file:  # no pipe, which the process that loads images keeps open
        process = subprocess.run(
            [sys.executable, '-c', KILLED, *SETTINGS, '--data.workers', '1', '--out',
             str(tmp_path)], stdout=file, stderr=file, timeout=150)
    assert process.returncode == -signal.SIGKILL, said.read_text()
    step = state(tmp_path)['global_step']
    assert step == 11  # 3, 6, the validation after 8, 11

    assert main([*SETTINGS, '--data.workers', '0', '--out', str(tmp_path), '--resume']) == 0
    whole, resumed = state(uninterrupted), state(tmp_path)
    assert whole['global_step'] == resumed['global_step'] == 20
    assert same(whole['current_model_state'], resumed['current_model_state'])
    assert same(whole['state_dict'], resumed['state_dict'])  # the average
    for name in ('last', 'best'):
        one, other = (load_checkpoint(folder / f'{name}.safetensors')
                      for folder in (uninterrupted, tmp_path))
        assert same(one.state_dict, other.state_dict) and one.config == other.config
    assert not list(tmp_path.glob('*.part'))


def test_resumed_where_an_epoch_ended(uninterrupted, tmp_path, monkeypatch):
    """The state after a validation goes on with the next epoch, at the next sample."""
    with monkeypatch.context() as patch:
        patch.setattr('discinst_ros.training.instance_watch.InstanceWatch.on_train_batch_start',
                      lambda _, trainer, *__: trainer.global_step == 16 and stop_here(),
                      raising=False)
        with pytest.raises(Stop):
            main([*SETTINGS, '--data.workers', '0', '--out', str(tmp_path),
                  '--checkpoint_every_steps', '100'])
    assert state(tmp_path)['global_step'] == 16
    assert main([*SETTINGS, '--data.workers', '0', '--out', str(tmp_path), '--resume',
                 str(tmp_path / 'last.ckpt')]) == 0
    assert same(state(uninterrupted)['current_model_state'],
                state(tmp_path)['current_model_state'])


class Stop(RuntimeError):
    """No mistake of the user."""


def stop_here():
    raise Stop


def test_a_training_that_ended_can_be_made_longer(uninterrupted, tmp_path):
    longer = [*SETTINGS, '--data.workers', '0', '--out', str(tmp_path), '--resume',
              str(uninterrupted / 'last.ckpt')]
    longer[1] = '21'
    assert main(longer) == 0
    assert state(tmp_path)['global_step'] == 21


def test_a_training_that_ended_stays_as_it_is(uninterrupted):
    before = load_checkpoint(uninterrupted / 'last.safetensors').state_dict
    assert main([*SETTINGS, '--data.workers', '0', '--out', str(uninterrupted),
                 '--resume']) == 0
    assert same(load_checkpoint(uninterrupted / 'last.safetensors').state_dict, before)


def test_a_lower_rate_counts_at_once(uninterrupted, tmp_path, monkeypatch):
    """Also the decay; the message after a loss that is not finite tells people to do so."""
    longer = [*SETTINGS, '--data.workers', '0', '--out', str(tmp_path), '--resume',
              str(uninterrupted / 'last.ckpt'), '--model.learning_rate', '1e-6',
              '--model.weight_decay', '0.5', '--checkpoint_every_steps', '1']
    rates = []
    monkeypatch.setattr(EmbeddingTask, 'on_train_batch_end', lambda self, *_: rates.append(
        self.optimizers().param_groups[0]['lr']))
    longer[1] = '24'
    assert main(longer) == 0
    group, = state(tmp_path)['optimizer_states'][0]['param_groups']
    assert group['weight_decay'] == 0.5
    assert len(rates) == 4 and 0 < max(rates) <= 1e-6


def test_a_rate_other_than_0_counts_after_a_resume(tmp_path, monkeypatch):
    """The rate that was 0 has no share to go on with; the schedule gives the next ones."""
    arguments = [*SETTINGS, '--data.workers', '0', '--out', str(tmp_path), '--model.decay_share',
                 '0', '--model.warmup_steps', '0']
    arguments[1] = '2'
    assert main([*arguments, '--model.learning_rate', '0']) == 0
    rates = []
    monkeypatch.setattr(EmbeddingTask, 'on_train_batch_end', lambda self, *_: rates.append(
        self.optimizers().param_groups[0]['lr']))
    arguments[1] = '5'
    assert main([*arguments, '--model.learning_rate', '1e-3', '--resume']) == 0
    assert rates == [1e-3, 1e-3, 0]  # each that of the next step; after the last there is none


def test_without_a_validation_states_are_those_of_epochs(tmp_path, monkeypatch):
    """What is resumed at the end of the first epoch, after 8 steps, ends as if never stopped."""
    arguments = [*SETTINGS, '--data.workers', '0', '--trainer.limit_val_batches', '0',
                 '--checkpoint_every_steps', '1000']
    arguments[1] = '12'
    stopped, whole = tmp_path / 'stopped', tmp_path / 'whole'
    assert main([*arguments, '--out', str(whole)]) == 0
    with monkeypatch.context() as patch:
        patch.setattr('discinst_ros.training.instance_watch.InstanceWatch.on_train_batch_start',
                      lambda _, trainer, *__: trainer.global_step == 8 and stop_here(),
                      raising=False)
        with pytest.raises(Stop):
            main([*arguments, '--out', str(stopped)])
    assert state(stopped)['global_step'] == 8
    assert main([*arguments, '--out', str(stopped), '--resume']) == 0
    resumed, expected = state(stopped), state(whole)
    assert resumed['global_step'] == expected['global_step'] == 12
    assert resumed['epoch'] == expected['epoch']
    for name in ('current_model_state', 'state_dict'):
        assert same(resumed[name], expected[name])


def test_a_file_that_is_no_state(tmp_path, capsys):
    for number, content in enumerate(({'a': 1}, [1, 2], {'hyper_parameters': None})):
        torch.save(content, tmp_path / f'{number}.ckpt')
    (tmp_path / '3.ckpt').write_bytes((tmp_path / '0.ckpt').read_bytes()[:100])
    (tmp_path / '4.ckpt').write_bytes(b'')
    for number in range(5):
        assert main([*SETTINGS, '--out', str(tmp_path / 'run'), '--resume',
                     str(tmp_path / f'{number}.ckpt')]) == 1
        assert 'is damaged or no state of a training' in capsys.readouterr().err
