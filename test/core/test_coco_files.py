# SPDX-License-Identifier: Apache-2.0
"""COCO instances: where the images are, which file is a split, and what the usual tools export."""

from __future__ import annotations

import json
from pathlib import Path

from coco_files import annotation, blob, counts, HEIGHT, picture, SIZE, SQUARE, WIDTH, write_json
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.image_files import FolderError
import numpy as np
import pytest


def test_the_image_is_that_of_the_file(tmp_path: Path) -> None:
    image = picture(tmp_path / 'a.png')
    sample = open_dataset(write_json(tmp_path / 'any.json', []))[0]
    assert sample.name == 'a'
    np.testing.assert_array_equal(sample.image, image)
    assert (sample.labels == 0).all() and sample.labels.dtype == np.int32


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
