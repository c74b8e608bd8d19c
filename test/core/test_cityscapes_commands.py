# SPDX-License-Identifier: Apache-2.0
"""
``segment`` and ``evaluate`` on Cityscapes: what they write is a submission, and mistakes are told.

The streets are drawn here, in the official layout. Not verified here: Cityscapes itself, whose
images nobody may pass on.
"""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any
from unittest import mock

from colour_network import BLUE, ColourNetwork, CONFIG, GREEN, RED
from discinst_ros.data.cityscapes import CityscapesDataset
from discinst_ros.evaluation import cli as evaluate_cli
from discinst_ros.evaluation.official import score_submission
from discinst_ros.inference import InstanceSegmenter, segment_cli
from discinst_ros.inference.model import Model
from discinst_ros.model_config import ModelConfig
import numpy as np
from PIL import Image
import pytest
from streets import (
    box,
    CAR,
    HEIGHT,
    ids_of,
    mask_of,
    NAME,
    PERSON,
    WIDTH,
    write_street,
)
from submissions import LEFT, official_main, STANDING, STREET

STREETS = ModelConfig(**{**vars(CONFIG), 'class_names': ('background', 'person', 'car')})


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    """Return a folder whose persons are red, whose cars are blue: as ColourNetwork sees them."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[LEFT], image[STANDING] = BLUE, RED
    ids = ids_of((LEFT, CAR * 1000), (STANDING, PERSON * 1000))
    write_street(tmp_path, NAME, ids, image)
    write_street(tmp_path, 'berlin_000002_000019', ids, image, split='test')
    (tmp_path / 'gtFine' / 'test').rename(tmp_path / 'kept')  # as the images come by themselves
    return tmp_path


@pytest.fixture(autouse=True)
def colours(request: pytest.FixtureRequest) -> Any:
    """Put the network of colours, of three classes, in the place of any checkpoint."""
    stand_in = InstanceSegmenter(ColourNetwork(classes=3), STREETS, 'cpu')
    with mock.patch.object(InstanceSegmenter, 'from_checkpoint', return_value=stand_in) as found:
        yield found


def test_segment_writes_the_test_split_without_labels(streets: Path) -> None:
    out = streets / 'results'
    assert segment_cli.main([str(streets), '--format', 'cityscapes', '--split', 'test', '--out',
                             str(out)]) == 0
    (text,) = out.glob('*.txt')
    lines = [line.split()[:2] for line in text.read_text().splitlines()]
    assert text.name == 'berlin_000002_000019.txt' and sorted(kind for _, kind in lines) == [
        '24', '26']
    for path, kind in lines:
        np.testing.assert_array_equal(np.array(Image.open(out / path)) > 0,
                                      mask_of(LEFT if kind == '26' else STANDING))


def test_segment_and_evaluate_write_the_same(
        streets: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    assert segment_cli.main([str(streets), '--format', 'cityscapes', '--split', 'val', '--out',
                             str(streets / 'segmented')]) == 0
    assert evaluate_cli.main([str(streets), '--split', 'val', '--metrics', 'cityscapes',
                              '--submission', str(streets / 'results')]) == 0
    files = sorted(path.relative_to(streets / 'results')
                   for path in (streets / 'results').rglob('*.*'))
    assert len(files) == 3
    for path in files:
        assert (streets / 'results' / path).read_bytes() == (
            streets / 'segmented' / path).read_bytes()
    assert official_main(streets, monkeypatch)()['allAp'] == 1.0
    capsys.readouterr()
    assert evaluate_cli.main([str(streets), '--split', 'val', '--score-submission',
                              str(streets / 'results')]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ['Cityscapes', 'AP', '1']


def test_figures_of_files_as_json_are_those_of_evaluate(streets: Path) -> None:
    assert evaluate_cli.main([
        str(streets), '--split', 'val', '--metrics', 'cityscapes', '--submission',
        str(streets / 'results'), '--json', str(streets / 'own.json')]) == 0
    assert evaluate_cli.main([
        str(streets), '--split', 'val', '--score-submission', str(streets / 'results'),
        '--json', str(streets / 'new' / 'files.json')]) == 0
    own = json.loads((streets / 'own.json').read_text())
    files = json.loads((streets / 'new' / 'files.json').read_text())
    assert files.pop('submission') == str(streets / 'results')
    occurring = {name: value for name, value in files.items() if value is not None}
    assert occurring == {name: own[name] for name in occurring}
    assert set(occurring) == {'data', 'images', 'ap', 'ap50', 'ap:1', 'ap:3'}
    assert files['ap:2'] is None


def submission_of(streets: Path, folder: str | Path, *more: str) -> int:
    return evaluate_cli.main([str(streets), '--split', 'val', '--metrics', 'cityscapes',
                              '--submission', str(folder), *more])


def test_a_refused_submission_can_be_written_later(streets: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    results, other = streets / 'results', streets / 'results-true-semantics'
    other.mkdir()
    (other / 'notes').touch()
    assert submission_of(streets, results, '--true-semantics') == 1
    assert capsys.readouterr().err.splitlines()[-1].endswith(
        f"'{other}' is no empty folder, and a submission needs one of its own; empty it or give "
        'another')
    assert not results.exists()
    (other / 'notes').unlink()
    assert submission_of(streets, results, '--true-semantics') == 0
    assert (results / f'{NAME}.txt').exists() and (other / f'{NAME}.txt').exists()


def test_what_a_stopped_run_has_left_is_not_added_to(streets: Path,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    second = NAME.replace('000001', '000002')
    write_street(streets, second, STREET)
    truth = CityscapesDataset(streets, split='val').truth_path(1)
    truth.rename(streets / 'away.png')
    assert submission_of(streets, streets / 'results') == 1
    assert (streets / 'results' / f'{NAME}.txt').exists()
    (streets / 'away.png').rename(truth)
    assert submission_of(streets, streets / 'results') == 1
    assert 'empty it or give another' in capsys.readouterr().err
    assert submission_of(streets, streets / 'another') == 0


def test_a_bad_first_image_leaves_no_folder(streets: Path) -> None:
    next((streets / 'leftImg8bit' / 'test').rglob('*.png')).write_bytes(b'no image')
    assert segment_cli.main([str(streets), '--format', 'cityscapes', '--split', 'test', '--out',
                             str(streets / 'results')]) == 1
    assert not (streets / 'results').exists()


@pytest.mark.parametrize('folder', ['.', '../here'])
def test_a_submission_to_the_working_folder(folder: str, streets: Path,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    here = streets / 'here'
    here.mkdir()
    monkeypatch.chdir(here)
    assert submission_of(streets, folder, '--true-semantics') == 0
    for written in (here, streets / 'here-true-semantics'):
        assert sorted(path.name for path in written.iterdir()) == [f'{NAME}.txt', 'masks']


def test_true_classes_reach_the_submission(streets: Path) -> None:
    """The network takes green for a person; the truth says that the middle of it is a car."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[box(50, 20, 40, 20)] = GREEN
    write_street(streets, NAME, ids_of((box(60, 20), CAR * 1000)), image)
    assert evaluate_cli.main([
        str(streets), '--split', 'val', '--metrics', 'cityscapes', '--true-semantics',
        '--submission', str(streets / 'results')]) == 0
    assert segment_cli.main([str(streets), '--format', 'cityscapes', '--split', 'val',
                             '--true-semantics', '--out', str(streets / 'segmented')]) == 0
    assert (streets / 'results' / f'{NAME}.txt').read_text().split()[1] == '24'
    for folder in ('results-true-semantics', 'segmented'):
        path, kind, _ = (streets / folder / f'{NAME}.txt').read_text().split()
        assert kind == '26'
        np.testing.assert_array_equal(np.array(Image.open(streets / folder / path)) > 0,
                                      mask_of(box(60, 20)))


def test_classes_of_another_checkpoint_reach_the_submission(streets: Path,
                                                            colours: mock.Mock) -> None:
    """Embeddings of a network that knows 'object', classes of one that knows streets."""
    both = InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu',
                             semantics=Model(ColourNetwork(classes=3), STREETS))
    colours.return_value = both
    assert segment_cli.main([str(streets), '--format', 'cityscapes', '--split', 'val',
                             '--semantics', 'streets.safetensors', '--out',
                             str(streets / 'results')]) == 0
    assert score_submission([str(streets)], 'val', streets / 'results')['ap'] == 1.0


def test_the_size_of_the_image_comes_back(tmp_path: Path) -> None:
    """The network sees 128×64 of 1024×512 pixels; the masks have those of the image."""
    image = np.zeros((512, 1024, 3), np.uint8)
    window = box(80, 80, 160, 160)
    image[window] = BLUE
    write_street(tmp_path, NAME, np.full((512, 1024), 7, np.uint16), image)
    small = ModelConfig(**{**vars(STREETS), 'long_side_px': 128})
    found = InstanceSegmenter(ColourNetwork(classes=3), small, 'cpu')
    with mock.patch.object(InstanceSegmenter, 'from_checkpoint', return_value=found):
        assert segment_cli.main([str(tmp_path), '--format', 'cityscapes', '--split', 'val',
                                 '--out', str(tmp_path / 'results')]) == 0
    (mask,) = (tmp_path / 'results' / 'masks').iterdir()
    np.testing.assert_array_equal(np.array(Image.open(mask)) > 0, image.any(axis=2))


@pytest.mark.parametrize('main, arguments, said', [
    (segment_cli.main, ['--format', 'cityscapes', '--out', 'o'], '--split train, val or test'),
    (segment_cli.main, ['--format', 'cityscapes', '--split', 'nowhere', '--out', 'o'],
     "nowhere' has no CITY"),
    (segment_cli.main, ['--true-semantics', '--out', 'o'], 'go with --format cityscapes'),
    (evaluate_cli.main, ['--submission', 'o'], 'name it, as in --split val'),
    (evaluate_cli.main, ['--score-submission', 'o'], 'the splits are val'),
    (evaluate_cli.main, ['--split', 'val', '--score-submission', 'o'], "'o' is no folder"),
    (evaluate_cli.main, ['--split', 'val', '--score-submission', '.', '--out', 'o'],
     '--score-submission has no use for --out; leave it out'),
    (evaluate_cli.main, ['--split', 'val', '--score-submission', '.'],
     'the Cityscapes scripts: Found no prediction'),
])
def test_mistakes_are_one_sentence(
        main: Callable[..., int], arguments: list[str], said: str, streets: Path,
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (streets / 'elsewhere').mkdir()
    monkeypatch.chdir(streets / 'elsewhere')
    assert main([str(streets), *arguments]) == 1
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_a_checkpoint_of_other_classes_is_refused(streets: Path, colours: mock.Mock,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    colours.return_value = InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu')
    assert segment_cli.main([str(streets), '--format', 'cityscapes', '--split', 'val', '--out',
                             str(streets / 'results')]) == 1
    assert 'finds object, and Cityscapes scores person' in capsys.readouterr().err
    assert not (streets / 'results').exists()
