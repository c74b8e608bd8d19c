# SPDX-License-Identifier: Apache-2.0
"""
The occlusion study from its command line, in the small.

Not verified here: its figures, which need trainings of more than two steps.
"""

import json
import signal
import sys

from discinst_ros.benchmark.cli import main
from discinst_ros.checkpoint import load_checkpoint
from discinst_ros.commands import run
from discinst_ros.resources import default_depth_checkpoint, drawn_checkpoint
from discinst_ros.training.sources import DrawnScenes
from PIL import Image
import pytest

SMALL = ['occlusion', '--steps', '2', '--scenes', '2', '--rows', '1', '--size', '96x72',
         '--side', '32', '--no-compile']


def figures(folder):
    methods = json.loads((folder / 'occlusion.json').read_text())['methods']
    return {name: method['figures'] for name, method in methods.items()}


def test_study(tmp_path, capsys):
    """It leaves table, figures, picture and checkpoints; given these it measures the same."""
    assert main([*SMALL, '--out', str(tmp_path / 'first')]) == 0
    out = capsys.readouterr().out
    assert 'to train, 2 steps each: embeddings and boxes' in out
    table = (tmp_path / 'first' / 'occlusion.md').read_text()
    assert table.strip().splitlines()[-1] in out
    assert list(figures(tmp_path / 'first')) == [
        'embeddings', 'embeddings before this training', 'box, then mask',
        'box, then mask: each mask by itself', 'connected components']
    with Image.open(tmp_path / 'first' / 'occlusion.jpg') as picture:
        assert picture.width > 5 * 200
    trained = {name: load_checkpoint(tmp_path / 'first' / f'{name}.safetensors')
               for name in ('embeddings', 'boxes')}
    assert trained['embeddings'].training['steps'] == trained['boxes'].training['steps'] == 2
    assert trained['boxes'].config.long_side_px == 32

    out = tmp_path / 'mistaken'
    assert main([*SMALL, '--out', str(out), '--checkpoint', str(trained['boxes'].path)]) == 1
    assert 'was trained for semantics alone' in capsys.readouterr().err and not list(out.iterdir())

    assert main([*SMALL, '--out', str(tmp_path / 'again'), '--rows', '0',
                 '--checkpoint', str(trained['embeddings'].path),
                 '--box-checkpoint', str(trained['boxes'].path)]) == 0
    assert 'to train' not in capsys.readouterr().out
    before = figures(tmp_path / 'first')
    del before['embeddings before this training']  # nobody knows what was before a checkpoint
    assert figures(tmp_path / 'again') == before
    assert not (tmp_path / 'again' / 'occlusion.jpg').exists()


@pytest.mark.parametrize('arguments, says', [
    (['--steps', '0'], '--steps is 0, expected 1 or more'),
    (['--first-seed', '0'], 'scenes 0 to 1: expected seeds from 64'),
    (['--first-seed', '999999'], 'expected seeds from 64 to 999999'),
    (['--side', '16'], '--side is 16, expected 32 or more'),
    (['--seed', '99999999999999999999'], 'expected 0 to 4294967295')])
def test_numbers_that_make_no_study(arguments, says, tmp_path, capsys):
    assert main([*SMALL, '--out', str(tmp_path), *arguments]) == 1
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_size_that_is_none(tmp_path, capsys):
    for size, words in (('320', "'320': expected WIDTHxHEIGHT"),
                        ('320x31', 'is 320x31, expected 32x32 pixels or more')):
        assert main([*SMALL, '--out', str(tmp_path), '--size', size]) == 1
        assert words in capsys.readouterr().err


def test_checkpoint_that_is_missing(tmp_path, capsys):
    assert main([*SMALL, '--out', str(tmp_path), '--checkpoint', str(tmp_path / 'no.safetensors'),
                 '--box-checkpoint', str(tmp_path / 'no.safetensors')]) == 1
    assert 'no.safetensors' in capsys.readouterr().err


def test_out_that_is_a_file(tmp_path, capsys):
    (tmp_path / 'out').touch()
    assert main([*SMALL, '--out', str(tmp_path / 'out')]) == 1
    assert capsys.readouterr().err == (
        f"benchmark: --out '{tmp_path / 'out'}' is a file; name a folder\n")


@pytest.mark.parametrize('option, weights, says', [
    ('--box-checkpoint', drawn_checkpoint(), 'was not trained to see boxes; give the boxes.safe'),
    ('--checkpoint', default_depth_checkpoint(), 'sees depth, which the scenes'),
    ('--start-from', default_depth_checkpoint(), 'sees depth, which the scenes')])
def test_checkpoints_of_another_kind_are_refused_before_training(option, weights, says, tmp_path,
                                                                 capsys):
    assert main([*SMALL, '--out', str(tmp_path), option, str(weights)]) == 1
    out, err = capsys.readouterr()
    assert says in err and err.count('\n') == 1
    assert 'to train' not in out and not list(tmp_path.iterdir())


def test_missing_matplotlib_is_said_before_training(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, 'matplotlib', None)
    assert main([*SMALL, '--out', str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert 'give --rows 0' in err and 'to train' not in out


def test_ctrl_c_in_a_training(tmp_path, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(DrawnScenes, '__getitem__', interrupted)
    before = signal.getsignal(signal.SIGINT)
    assert run('benchmark', [*SMALL, '--out', str(tmp_path)]) == 128 + signal.SIGINT
    assert signal.getsignal(signal.SIGINT) == before
    assert 'benchmark: stopped by Ctrl-C, nothing was measured\n' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
