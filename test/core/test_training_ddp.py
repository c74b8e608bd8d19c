# SPDX-License-Identifier: Apache-2.0
"""
Two processes do what one does with the doubled batch.

Not verified here: several GPUs and several machines.
"""

import os
from pathlib import Path
import shutil
import subprocess
import sys

from ddp_step import take_step
from discinst_ros.checkpoint import load_checkpoint
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]


def run(*command):
    """Run a command of this Python from the sources; return what it said."""
    done = subprocess.run([sys.executable, *map(str, command)], cwd=ROOT, capture_output=True,
                          text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_loss_and_gradients_are_those_of_the_doubled_batch(tmp_path, monkeypatch):
    monkeypatch.setenv('PYTHONPATH', str(ROOT))
    run('-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', 2,
        Path(__file__).with_name('ddp_step.py'), tmp_path / 'two', 2)
    take_step(tmp_path / 'one', 4, devices=1, strategy='auto')
    two, one = (torch.load(tmp_path / name) for name in ('two', 'one'))
    # Only the order of summation differs. Sums of some 10⁴ terms in float32 agree to
    # 10² · 6e-8; a normalisation that is wrong is off by tenths.
    assert two['loss'].item() == pytest.approx(one['loss'].item(), rel=1e-5)
    assert two['gradients'].keys() == one['gradients'].keys()
    whole = torch.cat([value.flatten() for value in one['gradients'].values()]).norm()
    assert whole > 0
    for name, value in one['gradients'].items():
        assert torch.allclose(two['gradients'][name], value, rtol=1e-3, atol=1e-5 * whole), name


@pytest.mark.parametrize('network, compiled', [
    ('enet', 'false'),
    # A small one: where nothing is cached, enet takes the compiler 90 s of one core.
    pytest.param('own_networks:Coarse', 'true', marks=pytest.mark.skipif(
        shutil.which('c++') is None, reason='no C++ compiler'))])
def test_command_in_two_processes(tmp_path, monkeypatch, network, compiled):
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join((str(ROOT), str(Path(__file__).parent))))
    said = run('-m', 'discinst_ros', 'train', '--trainer.accelerator', 'cpu', '--trainer.devices',
               2, '--trainer.strategy', 'ddp', '--trainer.max_steps', 3,
               '--model.config.network', network, '--model.compiled', compiled,
               '--trainer.enable_progress_bar', 'false', '--data.width', 48, '--data.height', 40,
               '--data.batch_size', 1, '--data.samples_per_epoch', 4, '--data.validation_images',
               3, '--data.workers', 0, '--checkpoint_every_steps', 1, '--out', tmp_path)
    assert said.count('weights: ') == 1  # by one process for both
    assert load_checkpoint(tmp_path / 'best.safetensors').config.bandwidth is not None
    state = torch.load(tmp_path / 'last.ckpt', weights_only=True)
    assert state['global_step'] == 3
    assert state['InstanceData']['images per step'] == 2
    assert not list(tmp_path.glob('*.part*'))
