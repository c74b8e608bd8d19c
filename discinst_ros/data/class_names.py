# SPDX-License-Identifier: Apache-2.0
"""The names of the classes, beside the images: classes.json or classes.txt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import json
from pathlib import Path

from discinst_ros.data.image_files import FolderError, read_text

#: Class 0 of every dataset.
BACKGROUND = 'background'
#: The classes of a dataset that tells none apart.
ONE_CLASS = (BACKGROUND, 'object')
#: Class images have 8 bits.
MOST_CLASSES = 255


@dataclass(frozen=True)
class ClassFile:
    """What a file says of classes."""

    path: Path
    #: Index = class id, the first is the background.
    names: tuple[str, ...]
    #: The value of a label or class image that means ignore; None where there is none.
    ignore: int | None = None
    #: Whether the file itself names the background.
    has_background: bool = False


def with_background(names: Sequence[str], source: str) -> tuple[str, ...]:
    """
    Return the names with the background in front, where it is not there yet.

    :param source: the file that they are from.
    :raises FolderError: for no names, more than a class image can hold, an empty one, and one name
        for two classes, which are told apart by their names.
    """
    objects = tuple(names)
    if objects and is_background(objects[0]):
        objects = objects[1:]
    if not 1 <= len(objects) <= MOST_CLASSES:
        raise FolderError(f"'{source}' names {len(objects)} classes beside the background, "
                          f'expected 1 to {MOST_CLASSES}')
    for class_id, name in enumerate(objects, start=1):
        if not name.strip():
            raise FolderError(f"'{source}' has no name for class {class_id}; give it one, or take "
                              'the empty line or text out')
    twice = [name for place, name in enumerate(objects)
             if is_background(name) or name in objects[:place]]
    if twice:
        raise FolderError(f"'{source}' names two classes '{twice[0]}'; give each class a name of "
                          'its own, and the background the first place')
    return (BACKGROUND, *objects)


def is_background(name: str) -> bool:
    """Tell whether a name is that of the background, as 'background' or '_background_'."""
    return name.strip('_').lower() == BACKGROUND


def read_class_file(*folders: Path) -> ClassFile | None:
    """
    Read classes.json or classes.txt of the first folder that has one of them.

    The text has one name on a line, from class 1 on; a first line 'background' is class 0, and
    only empty lines at the end are left out. The JSON is such a list, or an object with 'names'
    and, if need be, 'ignore'.

    :raises FolderError: where a file cannot be understood, or a folder has both and they name
        different classes.
    """
    for folder in folders:
        found = [_read(path) for path in (folder / 'classes.json', folder / 'classes.txt')
                 if path.is_file()]
        if found and found[0].names != found[-1].names:
            raise FolderError(f"'{folder}' has both classes.json and classes.txt, which name "
                              'different classes; keep one')
        if found:
            return found[0]
    return None


def write_class_file(folder: Path, names: Sequence[str], ignore: int | None) -> None:
    """Write classes.json."""
    content = {'names': list(names), **({} if ignore is None else {'ignore': ignore})}
    (folder / 'classes.json').write_text(json.dumps(content, indent=1) + '\n')


def _read(path: Path) -> ClassFile:
    try:
        text = read_text(path)
        content = json.loads(text) if path.suffix == '.json' else [
            line.strip() for line in text.rstrip().splitlines()]
    except json.JSONDecodeError as error:
        raise FolderError(f"'{path}' cannot be read: {error}") from error
    ignore = None
    if isinstance(content, dict):
        ignore = content.get('ignore')
        content = content.get('names')
    if not isinstance(content, list) or not all(isinstance(name, str) for name in content):
        raise FolderError(f"'{path}' holds no list of class names; expected [\"bolt\", \"nut\"]")
    if ignore is not None and (isinstance(ignore, bool) or not isinstance(ignore, int)):
        raise FolderError(f"'{path}': ignore is {ignore!r}, expected a number")
    return ClassFile(path, with_background(content, str(path)), ignore,
                     is_background(content[0]))
