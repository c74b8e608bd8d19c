# SPDX-License-Identifier: Apache-2.0
"""
Files of the Cityscapes benchmark, read by the main function of its own scripts.

The streets are drawn here, in the official layout, and each expected figure is computed by hand.
Not verified here: Cityscapes itself, whose images nobody may pass on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from discinst_ros.data.cityscapes import CityscapesDataset, CLASS_NAMES
from discinst_ros.data.cityscapes_submission import official_ids, Submission
from discinst_ros.data.image_files import FolderError
from discinst_ros.evaluation import cli as evaluate_cli
from discinst_ros.evaluation.cityscapes import CityscapesAp
from discinst_ros.evaluation.comparison import compare
from discinst_ros.evaluation.official import score_submission
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
    TRAILER,
    WIDTH,
    write_distance,
    write_street,
)
from submissions import (
    CARS_FOUND,
    LEFT,
    official_main,
    PERSON_FOUND,
    RIGHT,
    STANDING,
    STREET,
    submit,
)


@pytest.fixture
def official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, Any]]:
    """Return the official main function, which finds truth and files by their names."""
    return official_main(tmp_path, monkeypatch)


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
        f'masks/{NAME}_1.png 24 0.9\nmasks/{NAME}_2.png 26 0.8\n')
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
    assert 'ap50m' not in score_submission([str(tmp_path)], 'val', results)
    write_distance(tmp_path, NAME, np.where(np.arange(WIDTH) < 50, 20.0, 80.0)
                   * np.ones((HEIGHT, 1)))
    got = score_submission([str(tmp_path)], 'val', results)
    assert (got['ap50m'], got['ap100m'], got['ap']) == (1, 0.5, 0.5)


# Both ways of scoring

def score_both_ways(root: Path, **found: list[tuple[np.ndarray, int, float]]) -> dict[str, float]:
    """Score what was found in each image by its files and as evaluate does; they must agree."""
    dataset, metric = CityscapesDataset(root, split='val'), CityscapesAp()
    submission = Submission(root / 'results', CLASS_NAMES)
    for index in range(len(dataset)):
        sample = dataset[index]
        result = found_street(sample.name, found[sample.name])[1]
        submission.add(sample, result)
        metric.add(compare(sample, result))
    figures, files = metric.figures(), score_submission([str(root)], 'val', root / 'results')
    assert files.pop('images') == len(dataset)
    # the scripts name classes that do not occur, too
    assert {name: value for name, value in files.items() if not np.isnan(value)} == figures
    return figures


def test_scores_that_differ_little_are_not_equal(tmp_path: Path) -> None:
    """
    The car is found with 1e-7, and with 2e-7 one on the road.

    By falling score: wrong, right. Points from the lowest on: (recall 1, precision 1/2), (0, 0),
    (0, 1). The widths are 1/2, 1/2, 0: an AP of 1/4. (With equal scores (1, 1/2), (0, 1) of widths
    1/2, 1/2: 3/4.)
    """
    write_street(tmp_path, NAME, ids_of((LEFT, CAR * 1000)))
    got = score_both_ways(tmp_path, **{NAME: [
        (mask_of(LEFT), CAR_CLASS, 1e-7), (mask_of(STANDING), CAR_CLASS, 2e-7)]})
    assert got['ap'] == 0.25


@pytest.mark.parametrize('far', [False, True])
def test_distances_are_those_of_all_images(far: bool, tmp_path: Path) -> None:
    """
    One car is found 20 m away, another missed in a second image, 80 m away or nobody knows.

    AP knows both, 1/2 (see the merged pair). Within 100 m there is one of which nobody knows, so
    there is no figure.
    """
    other = NAME.replace('000001', '000002')
    car = box(0, 0, 40, 30)
    for name in (NAME, other):
        write_street(tmp_path, name, ids_of((car, CAR * 1000)))
    write_distance(tmp_path, NAME, np.full((HEIGHT, WIDTH), 20.0))
    if far:
        write_distance(tmp_path, other, np.full((HEIGHT, WIDTH), 80.0))
    got = score_both_ways(tmp_path, **{NAME: [(mask_of(car), CAR_CLASS, 0.9)], other: []})
    assert got['ap'] == 0.5
    assert (got.get('ap100m'), got.get('ap50m')) == ((0.5, 1.0) if far else (None, None))


@pytest.mark.parametrize('pixels, said', [
    (None, 'does not exist'), (b'no image', 'cannot be read as an image'),
    (np.zeros((HEIGHT, WIDTH, 3), np.uint8), 'mode RGB'),
    (np.full((HEIGHT, WIDTH), 40, np.uint16), 'has pixels of class 40')])
def test_an_unusable_truth_is_one_sentence(pixels: Any, said: str, tmp_path: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    write_street(tmp_path, NAME, STREET)
    submit(tmp_path)
    truth = CityscapesDataset(tmp_path, split='val').truth_path(0)
    if pixels is None:
        truth.unlink()
    elif isinstance(pixels, bytes):
        truth.write_bytes(pixels)
    else:
        Image.fromarray(pixels).save(truth)
    assert evaluate_cli.main([str(tmp_path), '--split', 'val', '--score-submission',
                              str(tmp_path / 'results')]) == 1
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith(f"evaluate: '{truth}' ") and said in message
    assert message.endswith('; unpack gtFine_trainvaltest.zip once more')


def test_a_truth_of_another_size_than_its_depth_is_named(tmp_path: Path) -> None:
    write_street(tmp_path, NAME, STREET)
    write_distance(tmp_path, NAME, np.full((HEIGHT, WIDTH), 20.0))
    submit(tmp_path)
    truth = CityscapesDataset(tmp_path, split='val').truth_path(0)
    Image.fromarray(STREET[:, :60]).save(truth)
    with pytest.raises(FolderError, match=f"instanceIds.png' is 60x60 and {NAME} is 120x60"):
        score_submission([str(tmp_path)], 'val', tmp_path / 'results')


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
    with pytest.raises(FolderError, match="results' is no empty folder, .*; empty it or give ano"):
        submit(tmp_path)
