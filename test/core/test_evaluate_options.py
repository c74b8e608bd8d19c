# SPDX-License-Identifier: Apache-2.0
"""Options of evaluate: paths as people type them, and what goes together with what."""

from __future__ import annotations

from dataclasses import replace
import os
from pathlib import Path

from colour_network import ColourNetwork, CONFIG, GREEN
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import Sample
from discinst_ros.evaluation import cli
from discinst_ros.evaluation.evaluate import evaluate
from discinst_ros.evaluation.report import rows
from discinst_ros.evaluation.source import Source
from discinst_ros.inference import InstanceSegmenter
import numpy as np
import pytest


def one_object(name: str = 'a') -> Sample:
    image, labels = np.zeros((40, 60, 3), np.uint8), np.zeros((40, 60), np.int32)
    image[5:25, 5:25], labels[5:25, 5:25] = GREEN, 7
    return Sample(name, image, labels)


@pytest.fixture
def segmenter() -> InstanceSegmenter:
    return InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu')


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, segmenter: InstanceSegmenter) -> Path:
    """Return a home folder with a folder 'data' in it; work goes on in another one, 'work'."""
    monkeypatch.setattr(InstanceSegmenter, 'from_checkpoint', lambda *_, **__: segmenter)
    monkeypatch.setenv('HOME', str(tmp_path))
    write_sample(tmp_path / 'data', one_object())
    (tmp_path / 'work').mkdir()
    monkeypatch.chdir(tmp_path / 'work')
    return tmp_path


def run(*options: str) -> int:
    return cli.main(['~/data', '--metrics', 'labels', '--device', 'cpu', *options])


# Paths

@pytest.mark.parametrize('option, written', [
    ('--out=~/new/report', 'new/report/report.md'), ('--json=~/scores.json', 'scores.json')])
def test_the_home_folder_is_meant_where_no_shell_resolves_it(
        home: Path, option: str, written: str) -> None:
    assert run(option) == 0
    assert (home / written).is_file() and not list(Path().iterdir())


@pytest.mark.parametrize('option', ['--out', '--json', '--checkpoint', '--calibrate', 'data'])
def test_the_home_folder_of_nobody_is_a_mistake_in_one_sentence(
        home: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    arguments = ['~nobody-has-this-name/x'] if option == 'data' else [
        '~/data', option, '~nobody-has-this-name/x']
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"evaluate: error: argument {option}: '~nobody-has-this-name/x' is in a home folder that "
        'is not there; write the whole path')


@pytest.mark.parametrize('command', [
    ['labels.json', '--json', 'labels.json'],
    ['~/data', '--checkpoint', 'a.safetensors', '--json', 'link.safetensors'],
    ['~/data', '--semantics', 'a.safetensors', '--json', 'a.safetensors'],
    ['labels.json', '--calibrate', 'labels.json']])
def test_what_is_read_is_not_overwritten(
        home: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    for name in ('labels.json', 'a.safetensors'):
        Path(name).write_text('precious')
    Path('link.safetensors').symlink_to('a.safetensors')
    assert cli.main(command) == 1
    assert 'is read by this command and would be overwritten; name another file' in (
        capsys.readouterr().err)
    for name in ('labels.json', 'a.safetensors'):
        assert Path(name).read_text() == 'precious'


def test_a_checkpoint_may_be_calibrated_in_place(
        home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(cli, 'calibrate', lambda path, *_, out, **__: seen.append(
        (path, out)) or {'bias': 1.0})
    Path('a.safetensors').touch()
    assert cli.main(['~/data', '--checkpoint', 'a.safetensors',
                     '--calibrate', 'a.safetensors']) == 0
    assert seen == [(Path('a.safetensors'), Path('a.safetensors'))]


def test_names_that_are_no_text_cost_no_report(home: Path) -> None:
    """They were an error after all images had been looked at."""
    write_sample(home / 'data', one_object(os.fsdecode(b'\xff')))
    assert run('--out', 'report', '--json', 'scores.json') == 0
    assert '\\udcff: SBD 1.000' in Path('report/report.md').read_text()
    (home / 'data').rename(os.fsdecode(b'\xff'))
    assert cli.main([os.fsdecode(b'\xff'), '--sweep', '--out', 'sweep']) == 0
    assert Path('sweep/sweep.md').read_text().startswith('# heap-rgb.safetensors on \\udcff\n')


def test_a_report_without_pictures_has_no_headings_of_them(home: Path) -> None:
    assert run('--out', 'report', '--pictures', '0') == 0
    assert {path.name for path in Path('report').iterdir()} == {'report.md', 'reliability.png'}
    assert '## ' not in Path('report/report.md').read_text()


# What goes together

@pytest.mark.parametrize('options, said', [
    (['--count', '3'], '~/data: no drawn scenes, so there is no use for --count; leave it out'),
    (['--count', '3', '--first-seed', '0'], 'no use for --count, --first-seed; leave them out'),
    (['--pictures', '2'], 'without --out there is no use for --pictures; leave it out'),
    (['--pictures', '-1', '--out', 'report'], '--pictures is -1, expected 0 or more'),
    (['--sweep'], '--sweep has no use for --metrics; leave it out'),
    (['--calibrate', 'a', '--pictures', '0'],
     '--calibrate has no use for --metrics, --pictures; leave them out'),
    (['--score-submission', 'a', '--ignore-holes'],
     '--score-submission has no use for --metrics, --ignore-holes; leave them out')])
def test_options_without_effect_are_refused(
        home: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str) -> None:
    assert run(*options) == 1
    error = capsys.readouterr().err
    assert said in error and error.count('\n') == 1
    assert not list(Path().iterdir())


def test_drawn_scenes_are_counted_beside_others(
        home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(['~/data', 'sticks', '--count', '2', '--first-seed', '5', '--metrics',
                     'labels', '--checkpoint', 'a']) == 0
    assert 'images                                                   3' in capsys.readouterr().out


def test_a_count_has_all_its_digits(segmenter: InstanceSegmenter) -> None:
    report = evaluate([one_object()], segmenter, metrics=('panoptic',))
    many = replace(report, figures={**report.figures, 'matched': 123456, 'pq': 0.123456})
    shown = dict(row[:2] for row in rows(many, None))
    assert shown['objects matched (IoU > 0.5)'] == '123456'
    assert shown['panoptic quality (PQ)'] == '0.1235'


def test_which_sources_are_drawn(home: Path) -> None:
    assert [Source.open(names, count=1).is_drawn for names in (
        ['sticks'], ['tote'], ['~/data'], ['~/data', 'shapes'])] == [True, False, False, True]
