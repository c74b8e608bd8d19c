# SPDX-License-Identifier: Apache-2.0
"""
'~' after '=' is the home folder in every command, where shells leave it as it is; '' is no folder.

evaluate and segment: test_evaluate_options.py and test_segment_cli.py.
"""

from __future__ import annotations

from pathlib import Path
import re

from discinst_ros import __main__
from discinst_ros.benchmark import cli as benchmark
from discinst_ros.commands import run
from discinst_ros.data import cli as dataset
from discinst_ros.data.folder import write_sample
from discinst_ros.scenes import draw_scene
from discinst_ros.training.cli import train
from discinst_ros.training.errors import TrainingError
import pytest

PACKAGE = Path(__main__.__file__).parent


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home folder with labelled images in 'data'; work goes on in another folder."""
    monkeypatch.setenv('HOME', str(tmp_path))
    for seed in range(2):
        write_sample(tmp_path / 'data', draw_scene('sticks', seed, 48, 40))
    (tmp_path / 'work').mkdir()
    monkeypatch.chdir(tmp_path / 'work')
    return tmp_path


@pytest.mark.parametrize('arguments, written', [
    (['check', '~/data', '--sheet=~/page.png'], 'page.png'),
    (['convert', '~/data', '--to', 'coco', '--out=~/coco'], 'coco/annotations')])
def test_dataset(home: Path, arguments: list[str], written: str) -> None:
    assert dataset.main(arguments) == 0
    assert (home / written).exists() and not list(Path().iterdir())


def test_benchmark(home: Path) -> None:
    assert benchmark.main(['loss', '--size', '32x32', '--batch', '1', '--instances', '2',
                           '--seconds', '0', '--json=~/x.json']) == 0
    assert (home / 'x.json').is_file() and not list(Path().iterdir())


def test_train(home: Path) -> None:
    """All of a training is in its folder, and a state is looked for where it is said to be."""
    quick = ['--data.train=~/data', '--data.workers', '0', '--data.width', '32', '--data.height',
             '32', '--data.batch_size', '1', '--data.samples_per_epoch', '1',
             '--trainer.max_steps', '1', '--trainer.accelerator', 'cpu', '--pictures', '0']
    assert train([*quick, '--out=~/run']) == home / 'run'
    assert (home / 'run' / 'best.safetensors').is_file() and not list(Path().iterdir())
    with pytest.raises(TrainingError, match=f"'{home}/missing.ckpt' does not exist"):
        train([*quick, '--out=~/run', '--resume=~/missing.ckpt'])


@pytest.mark.parametrize('command, arguments', [
    ('segment', ['', '--out', 'out']), ('segment', ['../data', '--out=']),
    ('segment', ['../data', '--out', 'out', '--checkpoint', '']),
    ('evaluate', ['']), ('evaluate', ['../data', '--json', '']),
    ('dataset', ['check', '']), ('dataset', ['convert', '../data', '--to', 'coco', '--out', '']),
    ('train', ['--data.train', '']), ('train', ['--data.train', '../data', '--out', '']),
    ('learning_curve', ['', '--test', '', '--out', 'out']), ('make_scenes', ['--out', ''])])
def test_an_empty_text_is_not_the_working_folder(
        home: Path, capsys: pytest.CaptureFixture[str], command: str,
        arguments: list[str]) -> None:
    try:
        code = run(command, arguments)
    except SystemExit as stop:  # of argparse
        code = stop.code
    said = capsys.readouterr().err.splitlines()[-1]
    assert code and "'' is no path, as of a variable that is not set; name one" in said
    assert said.startswith(f'{command}') and 'link' not in said and not list(Path().iterdir())


def test_no_option_takes_a_path_as_it_is() -> None:
    plain = [path.name for path in PACKAGE.rglob('*.py')
             if re.search(r'type=Path\b|\.expanduser\(', path.read_text())]
    assert plain == ['writable.py']
