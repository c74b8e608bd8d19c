# SPDX-License-Identifier: Apache-2.0
"""The JSON of COCO instances: what it lists, and whether its ids fit together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from discinst_ros.data.class_names import BACKGROUND, is_background, with_background
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.problem import Problem

Entry = dict[str, Any]

_KEYS = ('images', 'annotations', 'categories')
_INSTANCES = 'instances_'
#: What ids may be; tables write 1 as 1.0.
_IDS = (int, float, str)


@dataclass(frozen=True)
class CocoFile:
    """One file, its parts joined by their ids."""

    path: Path
    images: tuple[Entry, ...]
    #: Id of an image → its annotations, in the order of the file.
    annotations: dict[Any, list[Entry]]
    #: Id of a category → class; 0 where the category is the background.
    class_of: dict[Any, int]
    class_names: tuple[str, ...]
    #: Ids that do not exist.
    problems: tuple[Problem, ...]

    @property
    def all_crowds(self) -> bool:
        """Whether there are annotations and every one is a crowd."""
        return bool(self.annotations) and all(
            one.get('iscrowd') for entries in self.annotations.values() for one in entries)


def read_coco_file(path: Path) -> CocoFile:
    """
    Read a file and join its parts.

    Classes are numbered in the order of the category ids; categories of one name are one class.

    :raises FolderError: where it is no COCO JSON, or ids or images are there twice.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise FolderError(f"'{path}' cannot be read as JSON: {error}") from error
    if not isinstance(content, dict) or not all(
            isinstance(content.get(key), list) for key in _KEYS):
        raise FolderError(f"'{path}' is no COCO file: expected lists of {', '.join(_KEYS)}")
    images, annotations, categories = (
        [_entry(path, key, one) for one in content[key]] for key in _KEYS)
    _refuse_twice(path, 'images', 'id', images)
    _refuse_twice(path, 'images', 'file_name', images)
    _refuse_twice(path, 'categories', 'id', categories)
    categories.sort(key=lambda one: (isinstance(one['id'], str), one['id']))
    objects = [str(one.get('name', one['id'])) for one in categories]
    names = with_background(
        list(dict.fromkeys(name for name in objects if not is_background(name))), str(path))
    class_of = {one['id']: names.index(BACKGROUND if is_background(name) else name)
                for one, name in zip(categories, objects, strict=True)}
    by_image, problems = _joined(path, annotations, {one['id'] for one in images}, class_of)
    return CocoFile(path, tuple(images), by_image, class_of, names, tuple(problems))


def find_coco_files(path: Path) -> dict[str, Path]:
    """
    Return the COCO files that a path means: itself, or those of a folder, by split.

    The split of 'annotations/instances_train.json' is 'train', that of
    'train/_annotations.coco.json' too.
    """
    if path.is_file():
        return {path.stem.removeprefix(_INSTANCES): path} if is_coco_file(path) else {}
    found = [file for pattern in ('annotations/*.json', '*.json', '*/_annotations.coco.json')
             for file in sorted(path.glob(pattern)) if is_coco_file(file)]
    # beside instances_train2017.json there are captions and keypoints of the same images
    instances = [file for file in found if file.name.startswith(_INSTANCES)]
    return {(file.parent.name if file.name == '_annotations.coco.json'
             else file.stem.removeprefix(_INSTANCES)): file for file in instances or found}


def is_coco_file(path: Path) -> bool:
    """Tell whether a JSON file has the three lists, without reading it as JSON."""
    if path.suffix.lower() != '.json' or not path.is_file():
        return False
    text = path.read_bytes()
    return all(f'"{key}"'.encode() in text for key in _KEYS)


def _entry(path: Path, key: str, one: object) -> Entry:
    """Return an entry of a list, with an id that can be looked up."""
    if not isinstance(one, dict):
        raise FolderError(f"'{path}': {key} has {one!r}, expected an object with an id")
    if key != 'annotations' and not isinstance(one.get('id'), _IDS):
        raise FolderError(f"'{path}': {key} has an entry with the id {one.get('id')!r}, expected "
                          'a number')
    if key == 'images' and not isinstance(one.get('file_name'), str):
        raise FolderError(f"'{path}': image {one['id']} has no file_name")
    return one


def _refuse_twice(path: Path, what: str, key: str, entries: Iterable[Entry]) -> None:
    seen: dict[Any, Entry] = {}
    for one in entries:
        other = seen.setdefault(one[key], one)
        if other is not one:
            raise FolderError(f"'{path}' has two {what} with the {key} {one[key]!r} (ids "
                              f'{other["id"]} and {one["id"]}); keep one')


def _joined(path: Path, annotations: Iterable[Entry], images: set[Any],
            class_of: dict[Any, int]) -> tuple[dict[Any, list[Entry]], list[Problem]]:
    """Sort the annotations by image, and put aside those whose ids do not exist."""
    by_image: dict[Any, list[Entry]] = defaultdict(list)
    problems = []
    for one in annotations:
        image, category = one.get('image_id'), one.get('category_id')
        if not isinstance(image, _IDS) or image not in images:
            missing = f'image_id {image!r}, which no image has'
        elif not isinstance(category, _IDS) or category not in class_of:
            missing = (f'category_id {category!r}, which no category has; there are '
                       f'{", ".join(map(str, class_of))}')
        elif class_of[category] == 0:
            missing = f'the category {category}, the background; leave it out'
        else:
            by_image[image].append(one)
            continue
        problems.append(Problem('unreadable', (
            f"annotation {one.get('id')} of '{path}' has {missing}")))
    return by_image, problems
