# SPDX-License-Identifier: Apache-2.0
"""
YOLO segmentation: a text file per image, a polygon per line.

::

    data.yaml                 names, train, val; or classes.txt, or neither
    images/train/a.jpg
    labels/train/a.txt        class x1 y1 x2 y2 ...    as shares of width and height

Classes start at 0 there and at 1 here; where class 0 is named 'background' they are the same, and
its polygons are no instances. An image without a text file has no instances, as YOLO tools have
it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from discinst_ros.data.class_names import BACKGROUND, MOST_CLASSES, ONE_CLASS
from discinst_ros.data.image_files import FolderError, read_color, read_text
from discinst_ros.data.masks import from_polygons, paint, Shape
from discinst_ros.data.problem import Problem
from discinst_ros.data.sample import Sample
from discinst_ros.data.yolo_layout import find_layout, label_path, list_images
from discinst_ros.writable import path_of
import numpy as np
import numpy.typing as npt

#: How far beyond 0 and 1 a coordinate may be from rounding.
_ROUNDING = 1e-3
#: Numbers of a line that describes a box: class, centre, width and height.
_BOX = 5


@dataclass(frozen=True)
class _Line:
    """One instance."""

    #: 'labels/a.txt:3'.
    place: str
    class_id: int
    #: N×2, shares of width and height.
    points: npt.NDArray[np.float64]


class YoloDataset:
    """The images of one split, in the natural order of their names."""

    def __init__(self, path: str | Path, *, split: str | None = None) -> None:
        """
        List the images; they and their labels are read when asked for.

        :param path: data.yaml, or a folder with one or with images/ and labels/.
        :param split: 'train', 'val' or 'test', where there are splits.
        :raises FolderError: where there are no images, or no labels for any of them.
        """
        layout = find_layout(path_of(path))
        if layout is None:
            raise FolderError(f"'{path}' is no YOLO dataset: expected data.yaml, or images/ and "
                              'labels/ with .txt')
        if (split or '') not in layout.images:
            raise FolderError(f"'{path}' has no split '{split or ''}', it has "
                              f'{", ".join(filter(None, layout.images)) or "none"}')
        sources = layout.images[split or '']
        self._images = [image for source in sources for image in list_images(source)]
        if not self._images:
            raise FolderError(f"'{', '.join(map(str, sources))}' has no images")
        first: dict[str, Path] = {}
        for image in self._images:
            if first.setdefault(image.stem, image) != image:
                raise FolderError(f"'{first[image.stem]}' and '{image}' bear one name; rename one")
        if not any(label_path(image).is_file() for image in self._images):
            raise FolderError(f"no image of '{path}' has labels: '{label_path(self._images[0])}' "
                              'and all others do not exist')
        self._names = layout.class_names
        self._first_class = layout.first_class

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """Return the names in the file, or numbers from the labels that can be read."""
        if self._names:
            return self._names
        paths = map(label_path, self._images)
        largest = 1
        for path in filter(Path.is_file, paths):
            with suppress(FolderError):  # the sample itself tells of it
                largest = max(largest, *(line.class_id for line in _read_lines(path)), 1)
        if largest == 1:
            return ONE_CLASS
        return (BACKGROUND, *(f'class {number}' for number in range(largest)))

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._images)

    def __getitem__(self, index: int) -> Sample:
        """
        Read one image and paint its instances.

        :raises FolderError: where the image or a line of its labels cannot be used.
        """
        return self.inspect(index)[0]

    def inspect(self, index: int) -> tuple[Sample, tuple[Problem, ...]]:
        """
        Read one image, and tell of labels that are missing, empty or covered by others.

        :raises FolderError: where the image or a line of its labels cannot be used.
        """
        path = self._images[index]
        labels, image = label_path(path), read_color(path)
        height, width = image.shape[:2]
        lines = _read_lines(labels, self._first_class) if labels.is_file() else []
        for line in lines:
            if self._names and line.class_id >= len(self._names):
                first = self._first_class
                raise FolderError(f"'{line.place}' has class {line.class_id - first}, expected 0 "
                                  f'to {len(self._names) - 1 - first}')
        shapes = [Shape(f"'{line.place}'", line.class_id, from_polygons(
            [(line.points * (width, height)).ravel().tolist()], height, width, line.place))
            for line in lines if line.class_id]
        painting = paint(shapes, height, width, path.stem)
        missing = () if labels.is_file() else (Problem('no-label', (
            f"'{path}' has no '{labels}': taken for an image without instances")),)
        return (Sample(path.stem, image, painting.labels, painting.classes),
                missing + painting.problems)


def splits(path: Path) -> tuple[str, ...]:
    """Return the splits of a dataset; none where all images are in one folder."""
    layout = find_layout(path)
    return tuple(split for split in layout.images if split) if layout else ()


def fits(path: Path) -> bool:
    """Tell whether a path is a YOLO dataset."""
    return find_layout(path) is not None


def _read_lines(path: Path, first_class: int = 1) -> list[_Line]:
    """Read the labels of an image, class 0 as ``first_class``."""
    lines = []
    for number, text in enumerate(read_text(path).splitlines(), start=1):
        if text.strip():
            lines.append(_parsed(text.split(), f'{path}:{number}', first_class))
    return lines


def _parsed(words: list[str], place: str, first_class: int) -> _Line:
    """Return what a line says."""
    try:
        values = [float(word) for word in words]
    except ValueError:
        raise FolderError(f"'{place}' has words that are no numbers, expected a class and pairs "
                          'of x and y') from None
    if len(values) == _BOX:
        raise FolderError(f"'{place}' has {_BOX} numbers, a box: these are labels for detection; "
                          'export the polygons of segmentation')
    points = np.array(values[1:])
    if len(points) % 2 or len(points) < 6:
        raise FolderError(f"'{place}' has {len(points)} coordinates, expected pairs of x and y, "
                          'three or more')
    if not (points.min() >= -_ROUNDING and points.max() <= 1 + _ROUNDING):
        worst = points[np.argmax(np.abs(points - 0.5))]
        raise FolderError(f"'{place}' has the coordinate {worst:g}, expected 0 to 1: shares of "
                          'width and height, not pixels')
    if not values[0].is_integer() or values[0] < 0:
        raise FolderError(f"'{place}' has class {words[0]}, expected a whole number from 0 on")
    if values[0] + first_class > MOST_CLASSES:
        raise FolderError(f"'{place}' has class {words[0]}, expected at most "
                          f'{MOST_CLASSES - first_class}: class images have 8 bits')
    return _Line(place, int(values[0]) + first_class, points.clip(0, 1).reshape(-1, 2))
