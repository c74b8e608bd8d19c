# SPDX-License-Identifier: Apache-2.0
"""
How a training ends before its time: in one sentence, with what was written before still whole.

Not verified here: a disk that is really full; the error of the operating system is put in place.
"""

from dataclasses import replace
import errno
import os
import signal

from discinst_ros import commands
from discinst_ros.checkpoint import load_checkpoint, save_checkpoint
from discinst_ros.data.folder import write_sample
from discinst_ros.model_config import ModelConfig
from discinst_ros.scenes import draw_scene
from discinst_ros.training.cli import main
from discinst_ros.training.errors import lost_worker
from discinst_ros.training.objective import Objective
from discinst_ros.training.save_weights import SaveWeights
from discinst_ros.training.stream import SampleStream
from discinst_ros.training.task import EmbeddingTask
import numpy as np
import pytest
import torch

SMALL = ['--trainer.max_steps', '6', '--trainer.accelerator', 'cpu',
         '--trainer.enable_progress_bar', 'false', '--data.width', '48', '--data.height', '40',
         '--data.batch_size', '2', '--data.samples_per_epoch', '6', '--data.validation_images',
         '2', '--data.workers', '0', '--checkpoint_every_steps', '2']


def last_line(capsys):
    said = capsys.readouterr().err
    assert 'Traceback' not in said
    return said.splitlines()[-1]


def test_loss_that_is_not_finite(tmp_path, capsys, monkeypatch):
    forward = Objective.forward
    steps = []

    def spoiled(self, *arguments):
        terms = forward(self, *arguments)
        if torch.is_grad_enabled():
            steps.append(1)
            if len(steps) == 4:  # step 3, after the state of step 2 was written
                terms['variance'] = terms['variance'] * float('nan')
                terms['loss'] = terms['loss'] * float('nan')
        return terms

    monkeypatch.setattr(Objective, 'forward', spoiled)
    assert main([*SMALL, '--out', str(tmp_path), '--data.samples_per_epoch', '12']) == 1
    assert 'not finite at step 3: variance is nan' in last_line(capsys)
    state = torch.load(tmp_path / 'last.ckpt', weights_only=True)
    assert state['global_step'] == 2
    assert all(torch.isfinite(value).all() for value in state['current_model_state'].values())


def test_weights_that_are_not_finite_replace_none(tmp_path, capsys, monkeypatch):
    """A finite loss can have a gradient that is not; then the weights are spoiled at once."""
    start = EmbeddingTask.on_before_optimizer_step

    def spoil(self, optimizer):
        if self.global_step == 3:
            next(self.network.parameters()).grad.fill_(float('nan'))
        return start(self, optimizer)

    monkeypatch.setattr(EmbeddingTask, 'on_before_optimizer_step', spoil)
    assert main([*SMALL, '--out', str(tmp_path), '--data.samples_per_epoch', '12']) == 1
    assert 'not finite' in last_line(capsys)
    state = torch.load(tmp_path / 'last.ckpt', weights_only=True)
    assert state['global_step'] == 2
    assert all(torch.isfinite(value).all() for value in state['current_model_state'].values())


def terminate_at(monkeypatch, step):
    """Have a training get a termination signal, as from systemd or a cluster."""
    training_step = EmbeddingTask.training_step

    def terminated(self, *arguments):
        if self.global_step == step:
            os.kill(os.getpid(), signal.SIGTERM)
        return training_step(self, *arguments)

    monkeypatch.setattr(EmbeddingTask, 'training_step', terminated)


def test_a_termination_signal_is_no_success(tmp_path, capsys, monkeypatch):
    terminate_at(monkeypatch, 4)
    assert commands.run('train', [*SMALL, '--out', str(tmp_path)]) == 128 + 15
    assert last_line(capsys) == ('train: stopped by a termination signal; go on with --resume')
    assert '**Stopped by a termination signal** at step' in (tmp_path / 'report.md').read_text()
    assert main([*SMALL, '--out', str(tmp_path), '--resume']) == 0


def test_a_learning_curve_that_is_terminated(tmp_path, capsys, monkeypatch):
    for number in range(3):
        write_sample(tmp_path / ('data' if number else 'others'),
                     draw_scene('sticks', number, 48, 40))
    terminate_at(monkeypatch, 1)
    assert commands.run('learning_curve', [
        str(tmp_path / 'data'), '--test', str(tmp_path / 'others'), '--images', '2',
        '--out', str(tmp_path / 'out'), '--', *SMALL]) == 128 + 15
    assert last_line(capsys).startswith('learning_curve: stopped by a termination signal')


def test_without_a_logger(tmp_path):
    assert main([*SMALL, '--trainer.logger', 'false', '--out', str(tmp_path)]) == 0
    assert not list(tmp_path.rglob('events*')) and (tmp_path / 'best.safetensors').is_file()


def test_full_disk_keeps_what_was_written(tmp_path, capsys, monkeypatch):
    assert main([*SMALL, '--out', str(tmp_path)]) == 0
    capsys.readouterr()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}

    def full(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr('lightning.pytorch.Trainer.save_checkpoint', full)
    longer = [*SMALL, '--out', str(tmp_path), '--resume']
    longer[1] = '10'
    assert main(longer) == 1
    assert 'the disk is full' in last_line(capsys)
    assert (tmp_path / 'last.ckpt').read_bytes() == before['last.ckpt']
    assert not list(tmp_path.glob('*.part*'))


def test_full_disk_keeps_the_weights(tmp_path, monkeypatch):
    config = ModelConfig(embedding_dim=2)
    path = tmp_path / 'weights.safetensors'
    save_checkpoint(path, config.build(), config)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr('pathlib.Path.write_bytes', full)
    with pytest.raises(OSError, match='No space left'):
        save_checkpoint(path, config.build(), config)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_loading_process_that_is_killed(tmp_path, capsys, monkeypatch):
    """As the system does where memory is short."""
    monkeypatch.setattr(SampleStream, '__getitem__', lambda *_: os.kill(os.getpid(), 9))
    assert main([*SMALL, '--data.workers', '1', '--out', str(tmp_path)]) == 1
    said = last_line(capsys)
    assert said.startswith('train: a process that loads images has ended') and '/dev/shm' in said
    assert 'give --data.workers 0' in said


@pytest.mark.parametrize('said, lost', [
    ('DataLoader worker (pid(s) 123) exited unexpectedly', True),
    ('DataLoader worker (pid 5) is killed by signal: Bus error. It is possible that ...', True),
    ('unable to write to file </torch_12_34_0>: No space left on device (28)', True),
    ('The size of tensor a (3) must match the size of tensor b (4)', False)])
def test_which_errors_are_lost_processes(said, lost):
    assert lost_worker(RuntimeError(said)) == lost


def test_without_a_last_step_and_without_a_fall(tmp_path):
    """The learning rate stays; the time ends the training."""
    arguments = [*SMALL, '--model.decay_share', '0', '--trainer.max_epochs', '-1',
                 '--trainer.max_time', '00:00:00:01', '--out', str(tmp_path)]
    arguments[1] = '-1'
    assert main(arguments) == 0
    assert (tmp_path / 'best.safetensors').is_file()


def test_a_bad_image_to_validate_with_is_noticed_at_once(tmp_path, capsys, monkeypatch):
    for number in range(4):
        sample = draw_scene('sticks', number, 48, 40)
        write_sample(tmp_path / ('train' if number < 2 else 'val'), sample)
    (tmp_path / 'val' / 'sticks-3-label.png').unlink()
    monkeypatch.setattr(EmbeddingTask, 'training_step', lambda *_: pytest.fail('it has begun'))
    assert main([*SMALL, '--data.train', str(tmp_path / 'train'), '--data.val',
                 str(tmp_path / 'val'), '--out', str(tmp_path / 'out')]) == 1
    said = last_line(capsys)
    assert f"validation with '{tmp_path / 'val'}': sample 'sticks-3' has no labels" in said


@pytest.mark.parametrize('workers', ['0', '1'])
def test_image_without_labels(tmp_path, capsys, workers):
    for number in range(4):
        sample = replace(draw_scene('sticks', number, 48, 40), depth=None, name=f'image {number}')
        write_sample(tmp_path, sample)
        if number in (1, 2):
            (tmp_path / f'image {number}-label.png').unlink()
    assert main([*SMALL, '--data.train', str(tmp_path), '--data.workers', workers, '--out',
                 str(tmp_path / 'out')]) == 1
    said = last_line(capsys)
    assert said.startswith('train: ') and 'has no labels' in said


def test_data_without_instances(tmp_path, capsys):
    for number in range(3):
        sample = draw_scene('sticks', number, 48, 40)
        write_sample(tmp_path, replace(sample, depth=None, labels=np.zeros_like(sample.labels)))
    assert main([*SMALL, '--data.train', str(tmp_path), '--out', str(tmp_path / 'out')]) == 1
    assert 'has an instance' in last_line(capsys)


def test_early_stopping(tmp_path):
    """The learning rate is 0, so that no validation is better than the first."""
    arguments = [*SMALL, '--model.learning_rate', '0', '--average', '0', '--patience', '2',
                 '--model.freeze_batch_norm', 'true', '--out', str(tmp_path)]
    arguments[1] = '100'
    assert main(arguments) == 0
    # Three steps an epoch; the first validation is the best, two more bring nothing.
    assert torch.load(tmp_path / 'last.ckpt', weights_only=True)['global_step'] == 9
    assert load_checkpoint(tmp_path / 'best.safetensors').training['step'] == 3


def test_best_is_that_of_the_highest_score(tmp_path):
    class Trainer:
        sanity_checking, is_global_zero = False, True
        default_root_dir = str(tmp_path)
        global_step = 0

    saved = SaveWeights('val/sbd', 'max', {})
    task = EmbeddingTask(ModelConfig(embedding_dim=2))
    figures = [(0.0, 5.0), (0.0, 4.0), (0.7, 6.0), (0.6, 1.0), (0.7, 7.0)]
    best = []
    for step, (sbd, loss) in enumerate(figures):
        Trainer.global_step = step
        Trainer.callback_metrics = {'val/sbd': sbd, 'val/loss': loss}
        saved.on_validation_epoch_end(Trainer, task)
        saved.on_validation_end(Trainer, task)
        best.append(load_checkpoint(tmp_path / 'best.safetensors').training['step'])
    assert best == [0, 1, 2, 2, 2]


@pytest.mark.parametrize('only, figures', [
    ('embedding', {'variance', 'distance', 'regularization', 'sbd'}),
    ('semantics', {'cross_entropy', 'dice', 'foreground_dice'})])
def test_one_output_alone(tmp_path, monkeypatch, only, figures):
    seen = {}
    ended = SaveWeights.on_validation_end

    def look(self, trainer, module):
        seen.update({name.removeprefix('val/'): float(value) for name, value
                     in trainer.callback_metrics.items() if name.startswith('val/')})
        ended(self, trainer, module)

    monkeypatch.setattr(SaveWeights, 'on_validation_end', look)
    assert main([*SMALL, '--model.train_only', only, '--out', str(tmp_path)]) == 0
    assert set(seen) == figures | {'loss'}
    chosen = load_checkpoint(tmp_path / 'best.safetensors')
    assert (chosen.config.bandwidth is None) == (only == 'semantics')
    assert chosen.training['train_only'] == only


def test_semantics_first_then_the_embedding(tmp_path):
    """The recipe of the paper, and what the second training starts from."""
    first, second = tmp_path / 'first', tmp_path / 'second'
    assert main([*SMALL, '--model.train_only', 'semantics', '--out', str(first)]) == 0
    assert main([*SMALL, '--model.train_only', 'embedding', '--model.start_from',
                 str(first / 'best.safetensors'), '--model.learning_rate', '0', '--average', '0',
                 '--model.freeze_batch_norm', 'true', '--out', str(second)]) == 0
    before, after = (load_checkpoint(folder / 'best.safetensors').state_dict
                     for folder in (first, second))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_frozen_batch_norm_learns_nothing(tmp_path):
    task = EmbeddingTask(ModelConfig(embedding_dim=2), freeze_batch_norm=True)
    task.train()
    before = {name: value.clone() for name, value in task.network.state_dict().items()}
    optimizer = torch.optim.SGD([parameter for parameter in task.parameters()
                                 if parameter.requires_grad], 1e-3)
    sum(output.sum() for output in task.network(torch.rand(2, 3, 40, 48))).backward()
    optimizer.step()
    norms = {name for name, module in task.network.named_modules()
             if isinstance(module, torch.nn.BatchNorm2d)}
    changed = {name for name, value in task.network.state_dict().items()
               if not torch.equal(value, before[name])}
    assert changed and not any(name.rpartition('.')[0] in norms for name in changed)
