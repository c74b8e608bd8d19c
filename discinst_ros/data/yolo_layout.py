# SPDX-License-Identifier: Apache-2.0
"""Where a YOLO dataset has its images, its labels and its class names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import os
from pathlib import Path
import re
from typing import Any

from discinst_ros.data.class_names import is_background, read_class_file, with_background
from discinst_ros.data.image_files import (
    FolderError,
    IMAGE_ENDINGS,
    is_image,
    natural_order,
    read_text,
)
from discinst_ros.writable import path_of
import yaml

#: YOLO tools read these, too.
ENDINGS = (*IMAGE_ENDINGS, '.bmp', '.webp', '.tif', '.tiff')

_SPLITS = ('train', 'val', 'valid', 'test')
_IMAGES, _LABELS = 'images', 'labels'


@dataclass(frozen=True)
class YoloLayout:
    """What a dataset has."""

    path: Path
    #: Name of each split → folders and lists of images; '' where there are no splits.
    images: dict[str, tuple[Path, ...]]
    #: None where no file names the classes.
    class_names: tuple[str, ...] | None
    #: Class id of class 0 of the labels: 1, or 0 where the file names the background as class 0.
    first_class: int = 1


def find_layout(path: Path) -> YoloLayout | None:
    """
    Return the layout of a data.yaml, or of a folder with one or with images/ and labels/.

    :raises FolderError: where the data.yaml cannot be used.
    """
    if path.is_file():
        return _from_yaml(path) if path.suffix in ('.yaml', '.yml') else None
    if not path.is_dir():
        return None
    files = [file for file in sorted([*path.glob('*.yaml'), *path.glob('*.yml')])
             # other YAML files may lie there, which nobody else needs to be able to read
             if file.is_file() and re.search(rb'^(?:\xef\xbb\xbf)?names\s*:', file.read_bytes(),
                                             re.MULTILINE)]
    if len(files) > 1:
        raise FolderError(f"'{path}' has {len(files)} files that could be its data.yaml: "
                          f'{", ".join(file.name for file in files)}; give one of them')
    if files:
        return _from_yaml(files[0])
    images = _folders_without_yaml(path)
    if not images:
        return None
    classes = read_class_file(path, path / _LABELS)
    if classes is None:
        return YoloLayout(path, images, None)
    return YoloLayout(path, images, classes.names, int(not classes.has_background))


def list_images(source: Path) -> list[Path]:
    """
    Return the images of a folder, or those that a text file lists.

    :raises FolderError: where a file that is listed does not exist.
    """
    if source.is_dir():
        return sorted((file for file in _files_below(source) if is_image(file, ENDINGS)),
                      key=natural_order)
    found = []
    for number, line in enumerate(read_text(source).splitlines(), start=1):
        entry = line.strip().replace('\\', '/')
        if entry:
            # exports write 'data/images/a.jpg' for what is unpacked as 'images/a.jpg'
            tails = (entry, entry.partition('/')[2])
            file = next((source.parent / tail for tail in tails
                         if tail and (source.parent / tail).is_file()), None)
            if file is None:
                raise FolderError(f"'{source}:{number}' lists '{entry}', which does not exist")
            found.append(file)
    return found


def label_path(image: Path) -> Path:
    """Return the labels of an image: the last folder 'images' of its path becomes 'labels'."""
    parts = list(image.with_suffix('.txt').parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == _IMAGES:
            parts[index] = _LABELS
            break
    return Path(*parts)


def _from_yaml(path: Path) -> YoloLayout:
    content = _read_yaml(path)
    names = content.get('names')
    if isinstance(names, dict):
        if set(names) != set(range(len(names))):
            raise FolderError(f"'{path}' names the classes {sorted(names, key=str)}, expected 0 "
                              f'to {len(names) - 1}')
        names = [names[index] for index in range(len(names))]
    if not isinstance(names, list):
        raise FolderError(f"'{path}' has no names of classes, expected names: [bolt, nut]")
    images = {}
    for split in _SPLITS:
        entries = content.get(split)
        if entries:
            entries = entries if isinstance(entries, list) else [entries]
            found = [_resolved(path, content, str(entry)) for entry in entries]
            # a data.yaml often names a test split that the export does not have
            if split != 'test' or all(found):
                images[split] = tuple(_existing(path, split, entries, found))
    if not images:
        raise FolderError(f"'{path}' names no images: expected train: or val:")
    texts = list(map(str, names))
    return YoloLayout(path, images, with_background(texts, str(path)),
                      int(not is_background(texts[0])))


def _resolved(path: Path, content: dict[str, Any], entry: str) -> Path | None:
    """Return the folder or list that an entry means; None where there is none."""
    root = path_of(str(content.get('path') or '.'))
    # the path is often that of the machine that exported; '../train' is written for 'train'
    for base in (path.parent / root, path.parent):
        for tail in (entry, entry.removeprefix('../')):
            if (base / tail).exists():
                return base / tail
    return None


def _existing(path: Path, split: str, entries: list[Any],
              found: list[Path | None]) -> list[Path]:
    for entry, file in zip(entries, found, strict=True):
        if file is None:
            raise FolderError(f"'{path}' has {split}: {entry}, which exists neither beside it nor "
                              "in its 'path'")
    return [file for file in found if file]


def _folders_without_yaml(path: Path) -> dict[str, tuple[Path, ...]]:
    """Return the folders of images that have labels: images/, images/train/ or train/images/."""
    images, labels = path / _IMAGES, path / _LABELS
    if images.is_dir() and labels.is_dir() and any(
            file.suffix == '.txt' for file in _files_below(labels)):
        splits: dict[str, tuple[Path, ...]] = {
            folder.name: (folder,) for folder in sorted(images.iterdir())
            if folder.is_dir() and (labels / folder.name).is_dir()}
        return splits or {'': (images,)}
    return {split: (path / split / _IMAGES,) for split in _SPLITS
            if (path / split / _IMAGES).is_dir() and any((path / split / _LABELS).glob('*.txt'))}


def _files_below(folder: Path) -> Iterator[Path]:
    """
    Yield the files of a folder and of all within it, those that are links, too, each once.

    :raises OSError: where one cannot be read.
    """
    def fail(error: OSError) -> None:
        raise error

    seen: set[str] = set()
    for path, folders, files in os.walk(folder, onerror=fail, followlinks=True):
        whole = os.path.realpath(path)
        if whole in seen:  # links that go round
            folders.clear()
            continue
        seen.add(whole)
        yield from (Path(path, file) for file in files)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise FolderError(f"'{path}' cannot be read as YAML: "
                          f'{" ".join(str(error).split())}') from error
    return content if isinstance(content, dict) else {}
