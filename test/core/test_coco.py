# SPDX-License-Identifier: Apache-2.0
"""COCO instances: what was drawn is read, as the usual tools export it; what is wrong is named."""

from __future__ import annotations

import json
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
    SQUARE,
    WIDTH,
    write_json,
)
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.masks import from_polygons, Mask, paint, Shape
from discinst_ros.data.problem import inspect
import numpy as np
import pytest

SIZE = [HEIGHT, WIDTH]


def read(tmp_path: Path, annotations: list[dict[str, Any]], **changes: Any) -> Any:
    """Return the one sample of a file with these annotations."""
    picture(tmp_path / 'a.png')
    return open_dataset(write_json(tmp_path / 'instances.json', annotations, **changes))[0]


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


def test_the_image_is_that_of_the_file(tmp_path: Path) -> None:
    image = picture(tmp_path / 'a.png')
    sample = open_dataset(write_json(tmp_path / 'any.json', []))[0]
    assert sample.name == 'a'
    np.testing.assert_array_equal(sample.image, image)
    assert (sample.labels == 0).all() and sample.labels.dtype == np.int32


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


def test_cvat(tmp_path: Path) -> None:
    """Polygons, brush masks as uncompressed crowds, images in folders by subset."""
    brushed = blob(3)
    image = picture(tmp_path / 'images' / 'default' / 'line 1' / 'frame_000001.png')
    (tmp_path / 'annotations').mkdir()
    (tmp_path / 'annotations' / 'instances_default.json').write_text(json.dumps({
        'licenses': [{'name': '', 'id': 0, 'url': ''}],
        'info': {'contributor': '', 'date_created': '', 'version': '', 'year': ''},
        'categories': [{'id': 1, 'name': 'gear', 'supercategory': ''},
                       {'id': 2, 'name': 'cable', 'supercategory': ''}],
        'images': [{'id': 1, 'width': WIDTH, 'height': HEIGHT, 'license': 0, 'flickr_url': '',
                    'file_name': 'line 1/frame_000001.png', 'coco_url': '', 'date_captured': 0}],
        'annotations': [
            {'id': 1, 'image_id': 1, 'category_id': 2, 'segmentation': SQUARE, 'area': 100.0,
             'bbox': [10.0, 10.0, 10.0, 10.0], 'iscrowd': 0,
             'attributes': {'occluded': False}},
            {'id': 2, 'image_id': 1, 'category_id': 1, 'area': float(brushed.sum()),
             'segmentation': {'counts': counts(brushed), 'size': SIZE},
             'bbox': [0.0, 0.0, 64.0, 48.0], 'iscrowd': 1,
             'attributes': {'occluded': False}}]}))
    dataset = open_dataset(tmp_path, crowd='instance')
    assert dataset.class_names == ('background', 'gear', 'cable')
    sample = dataset[0]
    np.testing.assert_array_equal(sample.image, image)
    expected = np.where(brushed, 2, 0)
    expected[10:20, 10:20] = 1
    np.testing.assert_array_equal(sample.labels, expected)
    np.testing.assert_array_equal(sample.classes, np.array([0, 2, 1])[expected])


def test_label_studio(tmp_path: Path) -> None:
    """result.json beside images/, a category 0, paths of the exporting machine, backslashes."""
    for name in ('b1c2-part.png', 'd3e4-part.png'):
        picture(tmp_path / 'images' / name)
    (tmp_path / 'result.json').write_text(json.dumps({
        'images': [
            {'width': WIDTH, 'height': HEIGHT, 'id': 0,
             'file_name': '..\\..\\label-studio\\data\\media\\upload\\3\\b1c2-part.png'},
            {'width': WIDTH, 'height': HEIGHT, 'id': 1, 'file_name': 'images/d3e4-part.png'}],
        'categories': [{'id': 0, 'name': 'Washer'}],
        'annotations': [
            {'id': 0, 'image_id': 0, 'category_id': 0, 'segmentation': SQUARE,
             'bbox': [10, 10, 10, 10], 'ignore': 0, 'iscrowd': 0, 'area': 100}],
        'info': {'year': 2026, 'version': '1.0', 'contributor': 'Label Studio'}}))
    dataset = open_dataset(tmp_path)
    assert len(dataset) == 2 and dataset.class_names == ('background', 'Washer')
    assert [dataset[index].name for index in range(2)] == ['b1c2-part', 'd3e4-part']
    assert (dataset[0].labels == 1).sum() == 100
    assert not dataset[1].labels.any()


def test_labelme2coco(tmp_path: Path) -> None:
    """annotations.json beside JPEGImages/, a category for the background, nulls, no iscrowd."""
    picture(tmp_path / 'JPEGImages' / '2011_000003.png')
    (tmp_path / 'annotations.json').write_text(json.dumps({
        'info': {'description': None, 'version': None, 'date_created': '2026-01-01'},
        'licenses': [{'url': None, 'id': 0, 'name': None}], 'type': 'instances',
        'images': [{'license': 0, 'url': None, 'file_name': 'JPEGImages/2011_000003.png',
                    'height': HEIGHT, 'width': WIDTH, 'date_captured': None, 'id': 0}],
        'annotations': [{'id': 0, 'image_id': 0, 'category_id': 2, 'segmentation': SQUARE}],
        'categories': [{'supercategory': None, 'id': 0, 'name': '_background_'},
                       {'supercategory': None, 'id': 1, 'name': 'person'},
                       {'supercategory': None, 'id': 2, 'name': 'sofa'}]}))
    dataset = open_dataset(tmp_path)
    assert dataset.class_names == ('background', 'person', 'sofa')
    assert dataset[0].classes[15, 15] == 2 and dataset[0].labels[15, 15] == 1


def test_splits_are_the_files_and_without_one_all_are_joined(tmp_path: Path) -> None:
    for split in ('train2017', 'val2017'):
        picture(tmp_path / split / 'a.png', seed=len(split))
        write_json(tmp_path / 'annotations' / f'instances_{split}.json', [annotation(SQUARE)])
        write_json(tmp_path / 'annotations' / f'person_keypoints_{split}.json', [])
    assert open_dataset(tmp_path, split='val2017')[0].name == 'a'
    everything = open_dataset(tmp_path)
    assert [everything[index].name for index in range(2)] == ['train2017-a', 'val2017-a']
    with pytest.raises(FolderError, match="no split 'test'; it has train2017, val2017"):
        open_dataset(tmp_path, split='test')


def test_images_elsewhere(tmp_path: Path) -> None:
    picture(tmp_path / 'photos' / 'a.png')
    path = write_json(tmp_path / 'labels' / 'x.json', [annotation(SQUARE)], images=[
        {'id': 1, 'file_name': 'a.png', 'width': None, 'height': None}])
    assert open_dataset(path, images=str(tmp_path / 'photos'))[0].labels.any()
    with pytest.raises(FolderError, match="image 1 of '.*x.json' is 'a.png', which is in none of"):
        open_dataset(path)[0]


@pytest.mark.parametrize('entry, said', [
    (annotation(SQUARE, 8, category_id=2),
     "annotation 8 of '.*instances.json' has category_id 2, which no category has; there are 7"),
    (annotation(SQUARE, 8, image_id=5),
     "annotation 8 of '.*instances.json' has image_id 5, which no image has"),
    (annotation(SQUARE, 8, image_id=None), 'annotation 8 .* has image_id None, which no image'),
    (annotation(SQUARE, 8, category_id=[7]), r'annotation 8 .* category_id \[7\], which no cat'),
    (annotation([], 8), "annotation 8 of '.*instances.json' has a box only; instances need"),
    (annotation([[1, 2, 3, 4, 5]], 8), 'annotation 8 .* 5 coordinates, expected pairs'),
    (annotation([[1, 2, 3, float('nan'), 5, 6]], 8), 'annotation 8 .* no finite numbers'),
    (annotation([[1, 2, 3, 'x', 5, 6]], 8), 'annotation 8 .* no finite numbers'),
    (annotation([[1, 2, 3, -1e12, 5, 6]], 8),
     'annotation 8 .* coordinate -1e[+]12, far outside of the image of 64x48; expected pixels'),
    (annotation({'size': [WIDTH, HEIGHT], 'counts': [WIDTH * HEIGHT]}, 8),
     r'annotation 8 .* the mask has the size \[64, 48\] .* the image \[48, 64\]'),
    (annotation({'size': SIZE, 'counts': [3, 4]}, 8), 'annotation 8 .* run lengths are damaged'),
    (annotation({'size': SIZE, 'counts': 'PPQ'}, 8), 'annotation 8 .* run lengths are damaged'),
    (annotation({'size': SIZE}, 8), 'annotation 8 .* run lengths are damaged: neither text'),
    (annotation({'size': SIZE, 'counts': [-1, 2]}, 8), 'annotation 8 .* damaged: neither text'),
    (annotation('x', 8), "annotation 8 .* has the outline 'x'; instances need polygons"),
])
def test_annotations_that_cannot_be_are_refused(
        tmp_path: Path, entry: dict[str, Any], said: str) -> None:
    with pytest.raises(FolderError, match=said):
        read(tmp_path, [entry])


@pytest.mark.parametrize('images, said', [
    ([{'id': 1, 'file_name': 'a.png', 'width': 640, 'height': 480}],
     "a.png' is 64x48 and image 1 of '.*instances.json' is 640x480"),
    ([{'id': 1, 'file_name': 'b.png'}], "image 1 of '.*' is 'b.png', which is in none of"),
    ([{'id': 1, 'file_name': 'a.png'}, {'id': 1, 'file_name': 'b.png'}],
     'two images with the id 1'),
    ([{'id': 1, 'file_name': 'a.png'}, {'id': 4, 'file_name': 'a.png'}],
     r"two images with the file_name 'a.png' \(ids 1 and 4\)"),
    ([{'id': 1, 'file_name': 'a.png'}, {'id': 4, 'file_name': 'a.jpg'}],
     r"two images of the name 'a' \(ids 1 and 4\)"),
    ([{'id': 1}], 'image 1 has no file_name'),
    ([{'id': 1, 'file_name': 'a.png', 'width': '64', 'height': 48}],
     "image 1 of '.*' has the width '64', expected a number"),
    ([], "instances.json' lists no images"),
])
def test_images_that_cannot_be_are_refused(
        tmp_path: Path, images: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(FolderError, match=said):
        read(tmp_path, [], images=images)


def test_images_of_one_name_in_two_folders_keep_both_names(tmp_path: Path) -> None:
    for folder in ('left', 'right'):
        picture(tmp_path / folder / 'a.png')
    dataset = open_dataset(write_json(tmp_path / 'x.json', [], images=[
        {'id': 1, 'file_name': 'left/a.png'}, {'id': 2, 'file_name': 'right/a.png'}]))
    assert [dataset[index].name for index in range(2)] == ['left_a', 'right_a']


def test_an_image_of_another_folder_is_not_taken_for_it(tmp_path: Path) -> None:
    """Of two images of one name one is there, and not in its folder."""
    picture(tmp_path / 'x.png')
    images = [{'id': 1, 'file_name': 'left/x.png'}, {'id': 2, 'file_name': 'right/x.png'}]
    dataset = open_dataset(write_json(tmp_path / 'x.json', [annotation(SQUARE)], images=images))
    for index in range(2):
        with pytest.raises(FolderError, match=f"image {index + 1} of .*/x.png', which is in none"):
            dataset[index]


@pytest.mark.parametrize('text, said', [
    ('{"images": [], "annotations": [], "categories"', 'cannot be read as JSON'),
    ('{"images": {}, "annotations": [], "categories": []}', 'is no COCO file'),
    ('{"images": [], "annotations": [], "categories": []}', 'names 0 classes'),
    ('{"images": [3], "annotations": [], "categories": []}', 'images has 3, expected an object'),
])
def test_files_that_are_no_coco_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / 'x.json').write_text(text)
    with pytest.raises(FolderError, match=said):
        open_dataset(tmp_path / 'x.json')


def test_more_instances_than_ids_are_refused() -> None:
    shape = Shape('any', 1, Mask(np.ones((2, 2), bool)))
    with pytest.raises(FolderError, match="'a' has 65536 instances, expected up to 65535"):
        paint([shape] * 65_536, 2, 2, 'a')


def test_more_classes_than_a_class_image_holds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match='names 256 classes beside the background'):
        read(tmp_path, [], categories=[{'id': one, 'name': f'c{one}'} for one in range(256)])
