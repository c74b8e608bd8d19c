# SPDX-License-Identifier: Apache-2.0
"""
A folder of images: the one format for replay, training, scenes and evaluation.

::

    NAME-color.png|jpg   colour
    NAME-depth.png       optional: 16-bit, 0 = none, in steps of the camera's depth_scale_m
    NAME-label.png       optional: 8- or 16-bit instance ids, 0 = background
    NAME-class.png       optional: 8-bit class ids, 0 = background
    camera.json          for all images, or NAME-camera.json for one: fx, fy, cx, cy, width,
                         height, optional depth_scale_m (0.001 = mm) and distortion
    classes.json|txt     optional: the names of the classes, and the value that means ignore

Other names of the files are given as patterns.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from pathlib import Path

from discinst_ros.data.class_names import BACKGROUND, ONE_CLASS, read_class_file
from discinst_ros.data.folder_sample import (
    CAMERA,
    CLASSES,
    COLOR,
    DEPTH,
    is_color_image,
    LABEL,
    read_files,
    read_sample,
    SampleFiles,
    write_sample,
)
from discinst_ros.data.image_files import FolderError, natural_order, read_ids
from discinst_ros.data.patterns import Pattern
from discinst_ros.data.sample import Sample
from discinst_ros.data.views import heap_of, views_per_heap
from discinst_ros.writable import path_of

__all__ = [
    'FolderDataset', 'FolderError', 'is_color_image', 'natural_order', 'read_sample',
    'write_sample']


class FolderDataset:
    """The samples of a folder, in the natural order of their names (2 before 10)."""

    def __init__(self, path: str | Path, *, split: str | None = None, color: str = COLOR,
                 label: str = LABEL, classes: str = CLASSES, depth: str = DEPTH,
                 camera: str = CAMERA, ignore: int | None = None) -> None:
        """
        List the folder; images are read when asked for.

        :param split: a folder within it.
        :param color: pattern of the colour images; the others belong to it by {name}.
        :param label: pattern of the label images.
        :param classes: pattern of the class images.
        :param depth: pattern of the depth images.
        :param camera: pattern of the camera files; camera.json stands in for all: beside an
            image, in the folder, or above its splits.
        :param ignore: value of a label or class image that means ignore, instead of what
            classes.json says.
        :raises FolderError: where there is no folder or no colour image in it.
        """
        root = path_of(path)
        self.path = root / split if split else root
        if not self.path.is_dir():
            raise FolderError(f"'{self.path}' is no folder" + (
                f", so there is no split '{split}'" if split else ''))
        self._class_file = read_class_file(self.path, root)
        if ignore is None and self._class_file:
            ignore = self._class_file.ignore
        self._files = SampleFiles(Pattern(label), Pattern(classes), Pattern(depth),
                                  Pattern(camera), ignore, (self.path, root))
        pattern = Pattern(color)
        found = pattern.list(self.path)
        others = (self._files.label, self._files.classes, self._files.depth)
        self._colors = sorted(
            (file for file in found
             # a wide pattern of the colour images fits the others, too
             if not any(other.name_of(file.relative_to(self.path).as_posix())
                        for other in others)),
            key=lambda file: (natural_order(Path(found[file])), file))
        if not self._colors:
            expected = 'NAME-color.png or NAME-color.jpg' if color == COLOR else color
            raise FolderError(f"'{path}' has no images: expected {expected}")
        self._names = [found[file] for file in self._colors]
        first: dict[str, Path] = {}
        for name, file in zip(self._names, self._colors, strict=True):
            if first.setdefault(name, file) != file:
                raise FolderError(
                    f"'{path}' has both {first[name].name} and {file.name}; keep one")

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """
        The names of the classes: those of the file, or numbers from the class images.

        A class image that cannot be read does not count; its sample tells of it.
        """
        if self._class_file:
            return self._class_file.names
        found = [self._files.classes.find(self.path, name) for name in self._names]
        largest = max((_largest(path, self._files.ignore) for path in found if path), default=0)
        if not largest:
            return ONE_CLASS
        return (BACKGROUND, *(f'class {number}' for number in range(1, largest + 1)))

    @cached_property
    def _views(self) -> int:
        return views_per_heap(self.path)

    def group_of(self, index: int) -> Hashable:
        """Return the heap that a sample shows with others; the index of one that is alone."""
        return heap_of(self._names[index], self._views) or index

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self._colors)

    def __getitem__(self, index: int) -> Sample:
        """
        Read one sample.

        :raises FolderError: where one of its files is damaged or does not fit the others.
        """
        sample = read_files(self.path, self._names[index], self._colors[index], self._files)
        names = self._class_file
        if names and sample.classes is not None and sample.classes.max() >= len(names.names):
            path = self._files.classes.find(self.path, sample.name)
            raise FolderError(f"'{path}' has class {sample.classes.max()}; {names.path.name} "
                              f'names the classes up to {len(names.names) - 1}')
        return sample


def _largest(path: Path, ignore: int | None) -> int:
    """Return the largest class of a class image, 0 of one that cannot be read."""
    try:
        ids = read_ids(path)
    except FolderError:
        return 0
    return int(ids[ids != ignore].max(initial=0))
