# SPDX-License-Identifier: Apache-2.0
"""
Instances as COCO JSON: polygons and run lengths, as CVAT, Label Studio and labelme export them.

::

    annotations/instances_train.json    or any .json with images, annotations, categories
    images/..., train/...               where the file_name leads

A crowd (iscrowd = 1) is to be ignored: its label is below 0, its class is known.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePosixPath

from discinst_ros.data.coco_file import Entry, find_coco_files, read_coco_file
from discinst_ros.data.image_files import FolderError, read_color
from discinst_ros.data.masks import from_polygons, from_run_lengths, paint, Shape
from discinst_ros.data.problem import Problem
from discinst_ros.data.sample import Sample
from discinst_ros.writable import path_of

#: What a crowd is taken for.
CROWDS = ('ignore', 'instance')


class CocoDataset:
    """The images of one COCO file, in its order."""

    def __init__(self, path: str | Path, *, split: str | None = None,
                 images: str | None = None, crowd: str = 'ignore', strict: bool = True) -> None:
        """
        Read the JSON; images are read when asked for.

        :param path: a JSON file, or a folder with one or with annotations/*.json.
        :param split: which of several files: 'train' is instances_train.json.
        :param images: folder of the images, where they are not beside the annotations.
        :param crowd: 'ignore', or 'instance' to take a crowd for an instance, as CVAT marks all
            masks that were painted with its brush.
        :param strict: refuse annotations whose ids do not exist instead of leaving them out.
        :raises FolderError: where the file cannot be used.
        """
        root = path_of(path)
        files = find_coco_files(root)
        if split is not None:
            files = {name: file for name, file in files.items() if name == split}
        if len(files) != 1:
            raise FolderError(f"'{path}' has {len(files)} COCO files"
                              f'{f" of the split {split!r}" if split else ""}, expected one')
        if crowd not in CROWDS:
            raise FolderError(f"crowd is '{crowd}', expected {' or '.join(CROWDS)}")
        (self.split, file), = files.items()
        self._file = read_coco_file(file)
        if not self._file.images:
            raise FolderError(f"'{file}' lists no images")
        self.problems = self._file.problems
        if crowd == 'ignore' and self._file.all_crowds:
            self.problems += (Problem('unreadable', (
                f"all annotations of '{file}' are crowds, which are ignored; CVAT marks masks "
                "that were painted so, crowd 'instance' takes them for instances")),)
        if strict and self.problems:
            more = len(self.problems) - 1
            raise FolderError(self.problems[0].text + (
                f'; {more} more are wrong, `dataset check` lists them' if more else ''))
        self.class_names = self._file.class_names
        self._crowd = crowd == 'ignore'
        self._folders = ([path_of(images)] if images else
                         _image_folders(file.parent, self.split))
        self._names = _names(file, self._file.images)
        self._bare = Counter(_path(one).name for one in self._file.images)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._file.images)

    def __getitem__(self, index: int) -> Sample:
        """
        Read one image and paint its instances.

        :raises FolderError: where the image is missing or an annotation cannot be used.
        """
        return self.inspect(index)[0]

    def inspect(self, index: int) -> tuple[Sample, tuple[Problem, ...]]:
        """
        Read one image, and tell of masks that are empty or covered by others.

        :raises FolderError: where the image is missing or an annotation cannot be used.
        """
        entry, name = self._file.images[index], self._names[index]
        path = self._find(entry)
        image = read_color(path)
        height, width = image.shape[:2]
        said = self._number(entry, 'width') or width, self._number(entry, 'height') or height
        if said != (width, height):
            raise FolderError(f"'{path}' is {width}x{height} and image {entry['id']} of "
                              f"'{self._file.path}' is {said[0]}x{said[1]}")
        shapes = [self._shape(one, height, width)
                  for one in self._file.annotations.get(entry['id'], ())]
        painting = paint(shapes, height, width, name)
        return (Sample(name, image, painting.labels, painting.classes), painting.problems)

    def _number(self, entry: Entry, key: str) -> float | None:
        """Return what the entry of an image says, if anything."""
        value = entry.get(key)
        if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
            return value
        raise FolderError(f"image {entry['id']} of '{self._file.path}' has the {key} {value!r}, "
                          'expected a number')

    def _shape(self, entry: Entry, height: int, width: int) -> Shape:
        """Return an annotation as a shape."""
        name = f"annotation {entry.get('id')} of '{self._file.path}'"
        said = entry.get('segmentation')
        if isinstance(said, dict):
            mask = from_run_lengths(said, height, width, name)
        elif isinstance(said, list) and said and all(isinstance(one, list) for one in said):
            mask = from_polygons(said, height, width, name)
        else:
            what = f'the outline {said!r:.60}' if said else 'a box only'
            raise FolderError(f'{name} has {what}; instances need polygons or run lengths as '
                              'segmentation')
        return Shape(name, self._file.class_of[entry['category_id']], mask,
                     bool(entry.get('iscrowd')) and self._crowd)

    def _find(self, entry: Entry) -> Path:
        """Return the file of an image: where its path leads, or by its name if it alone has it."""
        relative = _path(entry)
        bare = [PurePosixPath(relative.name)] if self._bare[relative.name] == 1 else []
        for tail in (relative, *bare):
            for folder in self._folders:
                if (folder / tail).is_file():
                    return folder / tail
        raise FolderError(f"image {entry['id']} of '{self._file.path}' is '{relative}', which is "
                          f"in none of {', '.join(map(str, self._folders))}; give the folder "
                          'with images')


def splits(path: Path) -> tuple[str, ...]:
    """Return the splits of a dataset."""
    return tuple(find_coco_files(path))


def _image_folders(beside: Path, split: str) -> list[Path]:
    """Return where exports put their images: beside the JSON, beside its folder, by split."""
    roots = [beside, beside.parent] if beside.name == 'annotations' else [beside]
    return [folder for root in roots
            for folder in (root, root / 'images', root / 'images' / split, root / split)
            if folder.is_dir()]


def _path(entry: Entry) -> PurePosixPath:
    return PurePosixPath(entry['file_name'].replace('\\', '/'))


def _names(file: Path, images: tuple[Entry, ...]) -> list[str]:
    """Return the file names without endings; with their folders where that is not enough."""
    paths = [_path(one) for one in images]
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        names = ['_'.join(part for part in path.with_suffix('').parts if part not in '/..')
                 for path in paths]
    first: dict[str, Entry] = {}
    for name, one in zip(names, images, strict=True):
        other = first.setdefault(name, one)
        if other is not one:
            raise FolderError(f"'{file}' has two images of the name '{name}' (ids {other['id']} "
                              f'and {one["id"]}); rename one')
    return names
