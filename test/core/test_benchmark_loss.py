# SPDX-License-Identifier: Apache-2.0
"""The plain loop of the loss benchmark is the loss, and the benchmark says what it measures."""

from __future__ import annotations

import json

from discinst_ros.benchmark import cli, loss
from discinst_ros.benchmark.options import Size
from discinst_ros.benchmark.plain_loss import plain_loss
from discinst_ros.loss import discriminative_loss
import pytest
import torch

TINY = ['--size', '48x32', '--batch', '2', '--instances', '3', '--seconds', '0', '--threads', '1']


@pytest.mark.parametrize('case', ['several', 'one', 'none', 'ignored', 'an empty image'])
def test_loop_equals_the_module_in_float64(case):
    generator = torch.Generator().manual_seed(1)
    embeddings = torch.randn(2, 5, 9, 7, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, 4, (2, 9, 7), generator=generator)
    if case == 'one':
        labels = (labels > 0).long()
    elif case == 'none':
        labels[:] = 0
    elif case == 'ignored':
        labels[labels == 2] = -1
    elif case == 'an empty image':
        labels[1] = 0
    one, other = embeddings.clone().requires_grad_(), embeddings.clone().requires_grad_()
    first, second = discriminative_loss(one, labels).total, plain_loss(other, labels)
    assert first.item() == pytest.approx(second.item(), rel=1e-12, abs=1e-15)
    first.backward()
    second.backward()
    torch.testing.assert_close(one.grad, other.grad, rtol=1e-10, atol=1e-14)
    assert bool(one.grad.any()) == (case != 'none')


def test_loop_by_hand():
    """
    Two instances of two pixels in one dimension: means 0 and 1.

    Spread 1 each: variance (1 - 0.5)² = 0.25; distance (3 - 1)² = 4; regularization 0.5.
    """
    embeddings = torch.tensor([-1.0, 1.0, 0.0, 2.0, 7.0]).view(1, 1, 1, 5)
    labels = torch.tensor([1, 1, 2, 2, 0]).view(1, 1, 5)
    assert float(plain_loss(embeddings, labels)) == pytest.approx(0.25 + 4 + 0.001 * 0.5)


def test_command(tmp_path, capsys):
    figures, picture = tmp_path / 'loss.json', tmp_path / 'loss.svg'
    assert cli.main(['loss', *TINY, '--json', str(figures), '--picture', str(picture)]) == 0
    printed = capsys.readouterr().out
    assert 'torch' in printed.splitlines()[0] and 'ratio' in printed
    row, = json.loads(figures.read_text())['rows']
    assert row['ratio'] == pytest.approx(
        row['plain loop']['median_s'] / row['module']['median_s'])
    assert row['disagreement'] < 1e-4 and row['foreground_px'] > 0
    assert all(row[name]['repetitions'] >= 3 for name in loss.LOSSES)
    assert '<svg' in picture.read_text()


def test_a_loss_that_is_wrong_is_not_measured(monkeypatch):
    monkeypatch.setitem(loss.LOSSES, 'plain loop', lambda x, labels: 1.01 * plain_loss(x, labels))
    with pytest.raises(ValueError, match=r'differ by 0\.0\d+ of their value'):
        loss.measure((Size(64, 64), 1, 5, 0, 'cpu'), 0, torch.device('cpu'), 'wall')


def test_batches_are_seeded():
    one, other = (loss.make_batch(Size(32, 16), 2, 3, 5, 'cpu') for _ in range(2))
    assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])
    assert one[0].shape == (2, 8, 16, 32) and one[1].dtype == torch.int64


@pytest.mark.parametrize('arguments, words', [
    (['--size', '0x32'], "size '0x32': expected WIDTHxHEIGHT"),
    (['--size', 'big'], "size 'big': expected"),
    (['--batch', '0'], '--batch 0: expected 1 or more'),
    (['--instances', '3', '-1'], '--instances -1: expected'),
    (['--seconds', '-1'], '--seconds is -1.0'),
    (['--threads', '0'], '--threads is 0'),
    (['--seed', '-2'], '--seed is -2'),
    (['--device', 'gpu'], "device 'gpu' is not known"),
    (['--picture', 'loss.gif'], "--picture 'loss.gif': expected a file that ends in .png")])
def test_command_refuses(capsys, arguments, words):
    assert cli.main(['loss', *TINY, *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith('benchmark: ') and words in error and error.count('\n') == 1
