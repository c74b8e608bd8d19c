# SPDX-License-Identifier: Apache-2.0
"""
The benchmark of the paper's Table 2 where it is refused, stopped, or short of memory.

On a GPU the lack of memory is pretended.
"""

from __future__ import annotations

from collections import Counter
import json

from discinst_ros.benchmark import cli, table2, table2_measure
from discinst_ros.benchmark.memory import Memory, OutOfMemory
from discinst_ros.commands import INTERRUPTED, run
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.networks import NETWORKS
import pytest
from table2_command import give_memory, QUICK, rows_of, save_shipped
import torch


@pytest.fixture
def no_memory(monkeypatch):
    give_memory(monkeypatch)


@pytest.fixture
def checkpoint(tmp_path):
    return save_shipped(tmp_path)


@pytest.mark.parametrize('arguments, words', [
    (['--networks', 'enett'], "network 'enett' is not known; did you mean 'enet'?"),
    (['--sizes', '0x256'], "size '0x256': expected WIDTHxHEIGHT in pixels, 1 or more each"),
    (['--checkpoint', 'enet'], "--checkpoint 'enet': expected NETWORK=FILE"),
    (['--checkpoint', 'enet=missing.safetensors'], "'missing.safetensors' does not exist"),
    (['--checkpoint', 'segnet=a.safetensors'], "network 'segnet' does not take part"),
    (['--data', 'sticks'], '--data is given and no --checkpoint'),
    (['--data', 'nowhere'], "'nowhere' is neither a folder"),
    (['--data', 'sticks', '--class-name', 'car'], "'car' is no class of the data, which has"),
    (['--images', '0'], '--images 0: expected 1 or more'),
    (['--images', '3'], '--images is 3 and no --data is given'),
    (['--networks', 'enet', 'segnet', 'enet'], "'enet' is given twice; name each once"),
    (['--checkpoint', 'enet=a', '--checkpoint', 'enet=b'], "'enet' has 'a' already"),
    (['--threads', '99999999999'], '--threads is 99999999999, expected 1 to 1024'),
    (['--threads', '0'], '--threads is 0, expected 1 to 1024'),
    (['--seed', '99999999999999999999'], 'expected 0 to 4294967295'),
    (['--seed', '-1'], '--seed is -1, expected 0 to 4294967295')])
def test_command_refuses(capsys, arguments, words):
    assert cli.main([*QUICK, *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith('benchmark: ') and words in error and error.count('\n') == 1


def test_weights_of_another_network(tmp_path, checkpoint, capsys):
    other = next(name for name in NETWORKS if name != 'enet')
    assert cli.main([*QUICK, '--networks', other, '--checkpoint', f'{other}={checkpoint}']) == 1
    assert f"is of the network 'enet', not '{other}'" in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason='this machine has a GPU')
def test_a_gpu_that_is_not_there(capsys):
    assert cli.main([*QUICK, '--device', 'cuda']) == 1
    assert "device 'cuda' is not there" in capsys.readouterr().err


def test_ctrl_c_leaves_what_was_measured(tmp_path, monkeypatch, capsys):
    """In the memory of the second network: all times are there, and the memory of the first."""
    def stop_at_segnet(*arguments):
        if arguments[2].network == 'segnet':
            raise KeyboardInterrupt
        return Memory(1, 25 * 10**6)

    monkeypatch.setattr(table2_measure, 'peak_memory', stop_at_segnet)
    path = tmp_path / 'figures.json'
    assert run('benchmark', [*QUICK, '--networks', 'enet', 'segnet', '--sizes', '64x32', '32x32',
                             '--json', str(path)]) == INTERRUPTED
    first, second = json.loads(path.read_text())['rows']
    assert first['fps'] > 0 and first['memory_bytes'] == 25 * 10**6
    assert second['fps'] > 0 and second['memory_bytes'] is None
    assert second['times_first']['forward'] > 0 and second['out_of_memory'] is None
    printed = capsys.readouterr().out
    assert 'stopped by Ctrl-C' in printed and 'out of memory' not in printed


def full_at(monkeypatch, *where):
    """Have networks run out of memory at sizes, in the second call of the pipeline there."""
    calls, look = Counter(), InstanceSegmenter.look

    def full(self, image, *rest):
        at = self.config.network, f'{image.shape[1]}x{image.shape[0]}'
        calls[at] += 1
        if at in where and calls[at] > 1:
            raise RuntimeError('CUDA error: out of memory')
        return look(self, image, *rest)

    monkeypatch.setattr(InstanceSegmenter, 'look', full)


def test_one_network_out_of_memory_leaves_the_others(tmp_path, monkeypatch, capsys, no_memory):
    full_at(monkeypatch, ('segnet', '64x32'))
    rows = rows_of(tmp_path, '--networks', 'segnet', 'enet', '--sizes', '64x32', '32x32',
                   '--picture', str(tmp_path / 'p.png'))
    full, *others = rows
    reason = ('the memory of the GPU is not enough: lower --sizes 64x32, or name fewer or smaller '
              '--networks')
    assert (full['network'], full['size'], full['out_of_memory']) == ('segnet', '64x32', reason)
    assert full['times_first'] == others[0]['times_first'] == {
        'forward': None, 'end_to_end': None}
    assert {full[name] for name in ('flops', 'fps', 'forward', 'end_to_end', 'memory_bytes')
            } == {None}
    assert [(row['network'], row['size']) for row in others] == [
        ('enet', '64x32'), ('segnet', '32x32'), ('enet', '32x32')]
    assert all(row['forward'] and row['out_of_memory'] is None for row in others)
    printed = capsys.readouterr().out
    assert printed.count('  out of memory  ') == 1 and f'segnet at 64x32: {reason}' in printed


def test_memory_alone_that_cannot_be_measured(tmp_path, monkeypatch, capsys):
    def ended(*_):
        raise OutOfMemory('the process was ended')

    monkeypatch.setattr(table2_measure, 'peak_memory', ended)
    row, = rows_of(tmp_path)
    assert row['fps'] > 0 and row['memory_bytes'] is None
    assert row['out_of_memory'].startswith('the process was ended: lower --sizes 64x32')
    assert 'out of memory (-)' in capsys.readouterr().out


@pytest.mark.parametrize('error, whose', [
    (torch.cuda.OutOfMemoryError('CUDA out of memory'), 'the GPU'),
    (MemoryError('Unable to allocate'), 'this machine')])
@pytest.mark.parametrize('where', ['draw_scene', 'stand_in_for'])
def test_nothing_that_fits_is_an_error(tmp_path, monkeypatch, capsys, where, error, whose):
    def full(*_, **__):
        raise error

    monkeypatch.setattr(table2_measure, where, full)
    path = tmp_path / 'figures.json'
    assert cli.main([*QUICK, '--json', str(path), '--picture', str(tmp_path / 'p.png')]) == 1
    reason = f'the memory of {whose} is not enough: lower --sizes 64x32, or name fewer or smaller'
    assert reason in capsys.readouterr().err
    row, = json.loads(path.read_text())['rows']
    assert reason in row['out_of_memory'] and row['forward'] is None


def test_no_memory_for_the_ap_leaves_the_times(tmp_path, monkeypatch, checkpoint, no_memory):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr(table2, 'accuracy', full)
    row, = rows_of(tmp_path, '--checkpoint', f'enet={checkpoint}', '--data', 'sticks')
    assert row['fps'] > 0 and 'ap' not in row and 'this machine' in row['out_of_memory']
