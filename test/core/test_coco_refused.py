# SPDX-License-Identifier: Apache-2.0
"""COCO files that cannot be: the sentence names the annotation or image and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coco_files import annotation, HEIGHT, read, SIZE, SQUARE, WIDTH
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.masks import Mask, paint, Shape
import numpy as np
import pytest


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
    (annotation([[1, 2, 3, 10 ** 400, 5, 6]], 8), 'annotation 8 .* no finite numbers'),
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
