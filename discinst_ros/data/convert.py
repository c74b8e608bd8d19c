# SPDX-License-Identifier: Apache-2.0
"""Write a dataset in another format: folder or COCO."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
import json
import logging
from pathlib import Path
from typing import Any

from discinst_ros.data.class_names import write_class_file
from discinst_ros.data.coco_rle import encode_labels, mask_tools, Rle
from discinst_ros.data.dataset import Dataset
from discinst_ros.data.folder import write_sample
from discinst_ros.data.folder_sample import DEEPEST_M
from discinst_ros.data.image_files import FolderError, LARGEST_ID, write_image
from discinst_ros.data.sample import Sample
from discinst_ros.whole_file import write_whole
import numpy as np

_log = logging.getLogger(__name__)
#: What a label image of the folder format has where pixels are to be ignored; classes.json says
#: so, too.
IGNORE_VALUE = LARGEST_ID
#: What COCO can hold no mask of, and what may be made of it.
VOID_CHOICES = ('refuse', 'background')


def to_folder(dataset: Dataset, indices: Iterable[int], out: Path) -> None:
    """
    Write the folder format, with classes.json.

    :param indices: of the samples to write.
    :raises FolderError: where the folder is not empty, or a sample cannot be read or written.
    """
    _make_empty(out)
    # first, so that what is there after an interruption does not take void for an object
    write_class_file(out, dataset.class_names, IGNORE_VALUE)
    names: set[str] = set()
    ignored = False
    for index in indices:
        sample = dataset[index]
        _refuse_twice(sample.name, names)
        ignored |= sample.labels is not None and bool((sample.labels < 0).any())
        write_sample(out, _within_reach(sample), ignore=IGNORE_VALUE)
    if not ignored:
        write_class_file(out, dataset.class_names, None)


def _within_reach(sample: Sample) -> Sample:
    """Return the sample without depth beyond what the format holds, and say so."""
    if sample.depth is None:
        return sample
    with np.errstate(invalid='ignore'):
        beyond = sample.depth > DEEPEST_M
    if not beyond.any():
        return sample
    _log.warning("'%s': depth of %d pixels is beyond %.1f m and is left out", sample.name,
                 beyond.sum(), DEEPEST_M)
    return replace(sample, depth=np.where(beyond, np.float32(np.nan), sample.depth))


def to_coco(dataset: Dataset, indices: Iterable[int], out: Path, *,
            void: str = VOID_CHOICES[0]) -> None:
    """
    Write images/ and annotations/instances_all.json with run lengths.

    A crowd becomes iscrowd = 1; depth and cameras have no place there and are left out.

    :param indices: of the samples to write.
    :param void: what to do with pixels to ignore whose class is not known: 'refuse', or
        'background' to write them as such.
    :raises FolderError: where the folder is not empty, or a sample cannot be read or written.
    """
    _make_empty(out)
    for folder in ('images', 'annotations'):
        (out / folder).mkdir()
    names: set[str] = set()
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for index in indices:
        sample = dataset[index]
        _refuse_twice(sample.name, names)
        height, width = sample.image.shape[:2]
        image_id, file_name = len(images) + 1, f'{sample.name}.png'
        write_image(out / 'images' / file_name, sample.image)
        images.append({'id': image_id, 'file_name': file_name, 'width': width, 'height': height})
        for class_id, mask, crowd in _masks(sample, void):
            annotations.append({'id': len(annotations) + 1, 'image_id': image_id,
                                'category_id': class_id, **_geometry(mask), 'iscrowd': crowd})
    categories = [{'id': class_id, 'name': name, 'supercategory': ''}
                  for class_id, name in enumerate(dataset.class_names) if class_id]
    content = {'images': images, 'annotations': annotations, 'categories': categories}
    write_whole(out / 'annotations' / 'instances_all.json', json.dumps(content) + '\n')


def _masks(sample: Sample, void: str) -> Iterator[tuple[int, Rle, int]]:
    """Give class, mask and whether it is a crowd, of every instance and every crowd."""
    labels = sample.labels
    if labels is None:
        raise FolderError(f"'{sample.name}' has no label image; COCO would say that it has no "
                          'instances')
    classes = (labels > 0).astype(np.uint8) if sample.classes is None else sample.classes
    if void == VOID_CHOICES[0] and ((labels < 0) & (classes == 0)).any():
        raise FolderError(f"'{sample.name}' has pixels to ignore of no known class, which COCO "
                          'cannot hold; --to folder can, --void background drops them')
    ids = np.unique(labels[labels > 0]).tolist()
    for label, mask in zip(ids, encode_labels(labels, ids), strict=True):
        found = np.unique(classes[labels == label])
        if len(found) > 1 or not found[0]:
            raise FolderError(f"'{sample.name}': instance {label} has the classes "
                              f'{", ".join(map(str, found))}, expected one above 0')
        yield int(found[0]), mask, 0
    crowds = np.where(labels < 0, classes, 0)
    kinds = np.unique(crowds[crowds > 0]).tolist()
    for class_id, mask in zip(kinds, encode_labels(crowds, kinds), strict=True):
        yield class_id, mask, 1


def _geometry(mask: Rle) -> dict[str, Any]:
    """Return mask, area and box as COCO writes them."""
    tools = mask_tools()
    return {'segmentation': mask, 'area': int(tools.area(mask)),
            'bbox': [int(side) for side in tools.toBbox(mask)]}


def _make_empty(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FolderError(f"'{out}' is not empty; give a new folder")
    out.mkdir(parents=True, exist_ok=True)


def _refuse_twice(name: str, names: set[str]) -> None:
    if name in names:
        raise FolderError(f"two samples bear the name '{name}'; they would write the same files")
    names.add(name)
