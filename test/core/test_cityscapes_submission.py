# SPDX-License-Identifier: Apache-2.0
"""
Files of the Cityscapes benchmark, read by the main function of its own scripts.

The streets are drawn here, in the official layout, and each expected figure is computed by hand.
Not verified here: Cityscapes itself, whose images nobody may pass on.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
import json
from pathlib import Path
import sys
from typing import Any
from unittest import mock

from colour_network import BLUE, ColourNetwork, CONFIG, GREEN, RED
from discinst_ros.data.cityscapes import CLASS_NAMES
from discinst_ros.data.cityscapes_submission import official_ids, Submission
from discinst_ros.data.image_files import FolderError
from discinst_ros.evaluation import cli as evaluate_cli
from discinst_ros.evaluation.cityscapes import cityscapes_script
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
    CAR_CLASS,
    found_street,
    HEIGHT,
    ids_of,
    mask_of,
    NAME,
    PERSON,
    PERSON_CLASS,
    TRAILER,
    WIDTH,
    write_distance,
    write_street,
)

#: Two cars of 400 pixels side by side, and a person of 400.
LEFT, RIGHT, STANDING = box(10, 10), box(30, 10), box(80, 30)
STREET = ids_of((LEFT, CAR * 1000), (RIGHT, CAR * 1000 + 1), (STANDING, PERSON * 1000))
PERSON_FOUND = (mask_of(STANDING), PERSON_CLASS, 0.9)
CARS_FOUND = [(mask_of(LEFT), CAR_CLASS, 0.8), (mask_of(RIGHT), CAR_CLASS, 0.7)]


@pytest.fixture
def official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, Any]]:
    """Return the official main function, which finds truth and files by their names."""
    script = cityscapes_script()
    arguments = deepcopy(script.args)
    arguments.groundTruthSearch = str(tmp_path / 'gtFine' / 'val' / '*' / '*_instanceIds.png')
    arguments.predictionPath = str(tmp_path / 'results')
    arguments.gtInstancesFile = str(tmp_path / 'gtInstances.json')
    arguments.exportFile = str(tmp_path / 'scores' / 'scores.json')
    arguments.quiet = True
    monkeypatch.setattr(script, 'args', arguments)
    monkeypatch.setattr(sys, 'argv', ['evalInstanceLevelSemanticLabeling'])
    monkeypatch.setattr(script, 'writeDict2JSON', lambda content, path: Path(
        tmp_path / Path(path).name).write_text(json.dumps(content, default=float)))

    def run() -> dict[str, Any]:
        script.main()
        averages: dict[str, Any] = json.loads((tmp_path / 'scores.json').read_text())['averages']
        ours = score_submission([str(tmp_path)], 'val', tmp_path / 'results')
        np.testing.assert_equal({name: float(ours[name]) for name in ('allAp', 'allAp50%')},
                                {name: float(averages[name]) for name in ('allAp', 'allAp50%')})
        return averages

    return run


def submit(root: Path, *objects: tuple[np.ndarray, int, float], name: str = NAME) -> None:
    """Write what was found in one image."""
    Submission(root / 'results', CLASS_NAMES).add(*found_street(name, list(objects)))


def test_perfect(tmp_path: Path, official: Callable[[], dict[str, Any]]) -> None:
    write_street(tmp_path, NAME, STREET)
    submit(tmp_path, PERSON_FOUND, *CARS_FOUND)
    got = official()
    assert got['allAp'] == got['allAp50%'] == 1.0
    assert got['classes']['car']['ap'] == got['classes']['person']['ap'] == 1.0
    assert np.isnan(got['classes']['bus']['ap'])


def test_the_files(tmp_path: Path) -> None:
    submit(tmp_path, PERSON_FOUND, CARS_FOUND[0])
    assert (tmp_path / 'results' / f'{NAME}.txt').read_text() == (
        f'masks/{NAME}_1.png 24 0.900000\nmasks/{NAME}_2.png 26 0.800000\n')
    mask = np.array(Image.open(tmp_path / 'results' / 'masks' / f'{NAME}_2.png'))
    np.testing.assert_array_equal(mask, mask_of(LEFT) * 255)
    assert mask.dtype == np.uint8 and mask.shape == (HEIGHT, WIDTH)


def test_a_merged_pair(tmp_path: Path, official: Callable[[], dict[str, Any]]) -> None:
    """
    Both cars found as one: 400 of 800 pixels, an IoU of exactly 0.5 with each.

    The scripts want more than the threshold, so at each of .50, .55, ... .95 the mask is wrong
    and both cars are missed: AP of cars 0. The person is perfect: AP 1. The mean over the two
    classes that are present is 0.5, over the overlaps and at 0.5 alone.
    """
    write_street(tmp_path, NAME, STREET)
    submit(tmp_path, PERSON_FOUND, (mask_of(LEFT, RIGHT), CAR_CLASS, 0.8))
    got = official()
    assert got['classes']['car']['ap'] == 0.0
    assert got['allAp'] == got['allAp50%'] == 0.5


def test_a_merged_pair_of_unequal_cars(tmp_path: Path,
                                       official: Callable[[], dict[str, Any]]) -> None:
    """
    A car of 20 columns and one of 10 found as one: an IoU of 2/3 with the larger.

    Above .50, .55, .60 and .65 the mask is the larger car and the smaller is missed: one true
    positive, one false negative. The curve has the points (recall 1/2, precision 1) and the
    artificial (0, 1). Each point counts half of the way to its neighbours, where recall stays
    1/2 before the first and 0 after the last: 1 · 1/4 + 1 · 1/4 = 1/2. At the other six
    thresholds the AP is 0. Cars: 4/10 · 1/2 = 0.2; with the person (0.2 + 1) / 2 = 0.6, and at
    an overlap of 0.5 (0.5 + 1) / 2 = 0.75.
    """
    small = box(30, 10, width=10)
    write_street(tmp_path, NAME, ids_of((LEFT, CAR * 1000), (small, CAR * 1000 + 1),
                                        (STANDING, PERSON * 1000)))
    submit(tmp_path, PERSON_FOUND, (mask_of(LEFT, small), CAR_CLASS, 0.8))
    got = official()
    assert got['classes']['car']['ap'] == pytest.approx(0.2)
    assert got['allAp'] == pytest.approx(0.6) and got['allAp50%'] == pytest.approx(0.75)


def test_a_split(tmp_path: Path, official: Callable[[], dict[str, Any]]) -> None:
    """
    The left car found as 12 + 8 of its 20 columns, with scores .8 and .6; the right one with .7.

    12 of 20 columns are an IoU of 0.6, which exceeds .50 and .55. There the pieces are right and
    wrong and the right car is right. By falling score: right (.8), right (.7), wrong (.6). Points
    from the lowest score on: (recall 1, precision 2/3), (1, 1), (1/2, 1), (0, 1). Half of the way
    to both neighbours: 2/3 · 0 + 1 · 1/4 + 1 · 1/2 + 1 · 1/4 = 1.

    From .60 on both pieces are wrong and the left car is missed. By falling score: wrong (.8),
    right (.7), wrong (.6): (1/2, 1/3), (1/2, 1/2), (0, 0), (0, 1). The widths are 0, 1/4, 1/4, 0:
    1/2 · 1/4 = 1/8. (Floating point makes 12/20 no more than 0.6.)

    Cars: (2 · 1 + 8 · 1/8) / 10 = 0.3.
    """
    write_street(tmp_path, NAME, STREET)
    submit(tmp_path, PERSON_FOUND, (mask_of(box(10, 10, width=12)), CAR_CLASS, 0.8),
           (mask_of(box(22, 10, width=8)), CAR_CLASS, 0.6), (mask_of(RIGHT), CAR_CLASS, 0.7))
    got = official()
    assert got['classes']['car']['ap'] == pytest.approx(0.3)
    assert got['allAp'] == pytest.approx((0.3 + 1) / 2) and got['allAp50%'] == pytest.approx(1)


def test_a_wrong_class(tmp_path: Path, official: Callable[[], dict[str, Any]]) -> None:
    """
    The person as a rider: that class has no true object and no value; persons have AP 0.

    Of the two classes present cars have 1 and persons 0.
    """
    write_street(tmp_path, NAME, STREET)
    submit(tmp_path, (mask_of(STANDING), CLASS_NAMES.index('rider'), 0.9), *CARS_FOUND)
    got = official()
    assert got['allAp'] == 0.5 and np.isnan(got['classes']['rider']['ap'])


@pytest.mark.parametrize('value, ignored', [
    (CAR, True),  # a group of cars
    (0, True),  # void
    (7, False),  # road
    (PERSON * 1000 + 1, False),
    # A trailer is void, but the scripts look for the bare id only.
    (TRAILER, True), (TRAILER * 1000, False)])
def test_a_car_where_there_is_none(value: int, ignored: bool, tmp_path: Path,
                                   official: Callable[[], dict[str, Any]]) -> None:
    """
    Both cars are found with .8 and .7, and with .9 one on something else.

    Where that counts, by falling score: wrong, right, right. Points from the lowest on: (recall 1,
    precision 2/3), (1/2, 1/2), (0, 0), (0, 1). The widths are 1/4, 1/2, 1/4, 0:
    2/3 · 1/4 + 1/2 · 1/2 = 5/12. Where it does not count the AP is 1.
    """
    other = box(60, 30)
    street = ids_of((LEFT, CAR * 1000), (RIGHT, CAR * 1000 + 1), (other, value))
    write_street(tmp_path, NAME, street)
    submit(tmp_path, *CARS_FOUND, (mask_of(other), CAR_CLASS, 0.9))
    assert official()['classes']['car']['ap'] == pytest.approx(1 if ignored else 5 / 12)


def test_nothing_found_is_a_file_too(tmp_path: Path,
                                     official: Callable[[], dict[str, Any]]) -> None:
    write_street(tmp_path, NAME, STREET)
    submit(tmp_path)
    assert official()['allAp'] == 0.0


def test_distances_of_written_files(tmp_path: Path) -> None:
    """
    Of two cars of 1200 pixels the near one, 20 m away, is found, that 80 m away is missed.

    AP50m knows the near one only: 1. AP100m and AP know both: 1/2 (see the merged pair).
    """
    near, far = box(0, 0, 40, 30), box(60, 0, 40, 30)
    write_street(tmp_path, NAME, ids_of((near, CAR * 1000), (far, CAR * 1000 + 1)))
    submit(tmp_path, (mask_of(near), CAR_CLASS, 0.9))
    results = tmp_path / 'results'
    assert 'allAp50m' not in score_submission([str(tmp_path)], 'val', results)
    write_distance(tmp_path, NAME, np.where(np.arange(WIDTH) < 50, 20.0, 80.0)
                   * np.ones((HEIGHT, 1)))
    got = score_submission([str(tmp_path)], 'val', results)
    assert (float(got['allAp50m']), float(got['allAp100m']), got['allAp']) == (1, 0.5, 0.5)


# Names and classes

def test_ids_are_those_of_the_benchmark() -> None:
    names = pytest.importorskip('cityscapesscripts.helpers.labels').name2label
    assert official_ids(CLASS_NAMES)[1:] == tuple(names[name].id for name in CLASS_NAMES[1:])
    assert official_ids(('background', 'car', 'person')) == (0, 26, 24)
    with pytest.raises(FolderError, match='finds gear, and Cityscapes scores person, rider, '):
        official_ids(('background', 'car', 'gear'))


@pytest.mark.parametrize('name', ['photo', 'val-lindau', 'lindau_1_19', 'a_b_000001_000019'])
def test_other_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=f"'{name}' is no name of Cityscapes"):
        submit(tmp_path, name=name)


def test_an_old_submission_is_not_mixed_with_a_new_one(tmp_path: Path) -> None:
    submit(tmp_path)
    with pytest.raises(FolderError, match="results' is no empty folder"):
        submit(tmp_path)


# Commands

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
        streets: Path, official: Callable[[], dict[str, Any]],
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
    assert official()['allAp'] == 1.0
    capsys.readouterr()
    assert evaluate_cli.main([str(streets), '--split', 'val', '--score-submission',
                              str(streets / 'results')]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ['Cityscapes', 'AP', '1']


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
    assert score_submission([str(streets)], 'val', streets / 'results')['allAp'] == 1.0


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
