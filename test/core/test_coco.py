# SPDX-License-Identifier: Apache-2.0
"""COCO instances: what was drawn is read, whatever way it was written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coco_files import (
    annotation,
    blob,
    compressed,
    counts,
    filled,
    HEIGHT,
    iou,
    picture,
    read,
    SIZE,
    SQUARE,
    WIDTH,
    write_json,
)
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.masks import from_polygons
from discinst_ros.data.problem import inspect
import numpy as np
import pytest


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('pack', [counts, lambda mask: compressed(counts(mask))],
                         ids=['list', 'compressed'])
def test_run_lengths_are_read_exactly(tmp_path: Path, seed: int, pack: Any) -> None:
    mask = blob(seed)
    sample = read(tmp_path, [annotation({'size': SIZE, 'counts': pack(mask)})])
    np.testing.assert_array_equal(sample.labels, mask.astype(np.int32))
    np.testing.assert_array_equal(sample.classes, mask.astype(np.uint8))


@pytest.mark.parametrize('seed', range(6))
def test_polygons_cover_what_they_enclose(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    radii = rng.uniform(10, 20, 9)
    points = np.stack([32 + radii * np.cos(angles), 24 + radii * np.sin(angles)], axis=1)
    polygons = [points.ravel().tolist()]
    labels = read(tmp_path, [annotation(polygons)]).labels
    # two rules for pixels on the border: they differ by less than half of it
    assert iou(labels == 1, filled(polygons)) > 0.95


@pytest.mark.parametrize('seed', range(40))
def test_drawing_only_where_polygons_are_changes_nothing(seed: int) -> None:
    """Against the COCO tools on the whole image, with polygons that leave it on every side."""
    tools = pytest.importorskip('pycocotools.mask')
    rng = np.random.default_rng(seed)
    polygons = [(rng.normal(rng.uniform(-10, 70, 2), rng.uniform(2, 30), (count, 2))
                 ).ravel().tolist() for count in rng.integers(3, 9, size=rng.integers(1, 4))]
    mask = from_polygons(polygons, HEIGHT, WIDTH, 'any')
    whole = np.zeros((HEIGHT, WIDTH), np.uint8)
    rows, columns = mask.pixels.shape
    whole[mask.top:mask.top + rows, mask.left:mask.left + columns] = mask.pixels
    expected = tools.decode(tools.merge(tools.frPyObjects(polygons, HEIGHT, WIDTH)))
    np.testing.assert_array_equal(whole, expected)


def test_an_instance_of_several_polygons_is_one_instance(tmp_path: Path) -> None:
    parts = [[2, 2, 12, 2, 12, 12, 2, 12], [40, 30, 60, 30, 60, 44, 40, 44]]
    labels = read(tmp_path, [annotation(parts)]).labels
    expected = np.zeros((HEIGHT, WIDTH), np.int32)
    expected[2:12, 2:12] = expected[30:44, 40:60] = 1
    np.testing.assert_array_equal(labels, expected)


def test_categories_with_gaps_are_numbered_by_their_ids(tmp_path: Path) -> None:
    picture(tmp_path / 'a.png')
    path = write_json(
        tmp_path / 'x.json',
        [annotation([[0, 0, 4, 0, 4, 4, 0, 4]], 1, category_id=90),
         annotation([[10, 0, 14, 0, 14, 4, 10, 4]], 2, category_id=3)],
        categories=[{'id': 90, 'name': 'nut'}, {'id': 3, 'name': 'bolt'}, {'id': 11, 'name': 'x'}])
    dataset = open_dataset(path)
    assert dataset.class_names == ('background', 'bolt', 'x', 'nut')
    sample = dataset[0]
    assert (sample.classes[2, 2], sample.classes[2, 12]) == (3, 1)
    assert (sample.labels[2, 2], sample.labels[2, 12]) == (1, 2)


def test_numbers_may_have_a_point(tmp_path: Path) -> None:
    """Programs that keep tables write 1 as 1.0."""
    picture(tmp_path / 'a.png')
    mask = blob(0)
    said = {'size': [float(side) for side in SIZE], 'counts': counts(mask)}
    path = write_json(
        tmp_path / 'x.json', [annotation(said, image_id=1.0, category_id=7.0)],
        images=[{'id': 1.0, 'file_name': 'a.png', 'width': 64.0, 'height': 48.0}],
        categories=[{'id': 7.0, 'name': 'bolt'}])
    np.testing.assert_array_equal(open_dataset(path)[0].labels, mask)


def test_categories_of_one_name_are_one_class(tmp_path: Path) -> None:
    # as Roboflow exports a project that is called as its class
    picture(tmp_path / 'a.png')
    path = write_json(tmp_path / 'x.json', [annotation(SQUARE, category_id=1)],
                      categories=[{'id': 0, 'name': 'leaf'}, {'id': 1, 'name': 'leaf'}])
    dataset = open_dataset(path)
    assert dataset.class_names == ('background', 'leaf')
    assert dataset[0].classes.max() == 1


def test_a_crowd_is_ignored_and_keeps_its_class(tmp_path: Path) -> None:
    crowd = blob(1)
    annotations = [annotation(SQUARE, 1),
                   annotation({'size': SIZE, 'counts': counts(crowd)}, 2, iscrowd=1)]
    labels = np.where(crowd, -1, 0)
    labels[10:20, 10:20] = 1  # an instance lies above a crowd
    sample = read(tmp_path, annotations)
    np.testing.assert_array_equal(sample.labels, labels)
    np.testing.assert_array_equal(sample.classes, (labels != 0).astype(np.uint8))


def test_a_crowd_can_be_taken_for_an_instance(tmp_path: Path) -> None:
    mask = blob(2)
    picture(tmp_path / 'a.png')
    path = write_json(tmp_path / 'x.json', [
        annotation({'size': SIZE, 'counts': counts(mask)}, iscrowd=1)])
    np.testing.assert_array_equal(open_dataset(path, crowd='instance')[0].labels, mask)
    with pytest.raises(FolderError, match="x.json' are crowds, .* crowd 'instance' takes them"):
        open_dataset(path)
    with pytest.raises(FolderError, match="crowd is 'object', expected ignore or instance"):
        open_dataset(path, crowd='object')


@pytest.mark.parametrize('order', [(0, 1), (1, 0)])
def test_the_smaller_lies_on_top_whatever_the_order(
        tmp_path: Path, order: tuple[int, int]) -> None:
    masks = [[[0, 0, 40, 0, 40, 40, 0, 40]], [[30, 30, 44, 30, 44, 44, 30, 44]]]
    labels = read(tmp_path, [annotation(masks[one], one) for one in order]).labels
    large, small = order.index(0) + 1, order.index(1) + 1
    expected = np.zeros((HEIGHT, WIDTH), np.int32)
    expected[:40, :40] = large
    expected[30:44, 30:44] = small
    np.testing.assert_array_equal(labels, expected)


def test_of_equal_masks_the_later_lies_on_top_and_the_other_is_told(tmp_path: Path) -> None:
    picture(tmp_path / 'a.png')
    path = write_json(tmp_path / 'x.json', [annotation(SQUARE, 5), annotation(SQUARE, 6)])
    sample, problems = inspect(open_dataset(path), 0)
    assert set(np.unique(sample.labels)) == {0, 2}
    assert [(one.kind, one.text) for one in problems] == [
        ('overlap', f"annotation 5 of '{path}': others cover 100% of its 100 pixels")]


def test_overlap_is_told_with_its_share(tmp_path: Path) -> None:
    picture(tmp_path / 'a.png')
    path = write_json(tmp_path / 'x.json', [
        annotation([[0, 0, 40, 0, 40, 40, 0, 40]], 1),  # 1600 pixels
        annotation([[0, 0, 20, 0, 20, 20, 0, 20]], 2)])  # 400 of them
    problem, = inspect(open_dataset(path), 0)[1]
    assert problem.kind == 'overlap' and 'cover 25% of its 1600 pixels' in problem.text


@pytest.mark.parametrize('mask', [
    [[5, 5, 9, 9]], [[200, 200, 210, 200, 210, 210]],
    {'size': SIZE, 'counts': [HEIGHT * WIDTH]}])
def test_empty_masks_are_told_and_do_no_harm(tmp_path: Path, mask: Any) -> None:
    picture(tmp_path / 'a.png')
    path = write_json(tmp_path / 'x.json', [annotation(mask, 3), annotation(SQUARE, 4)])
    sample, problems = inspect(open_dataset(path), 0)
    assert [(one.kind, 'annotation 3' in one.text) for one in problems] == [('empty-mask', True)]
    assert (sample.labels == 2).sum() == 100
