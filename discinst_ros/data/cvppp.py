# SPDX-License-Identifier: Apache-2.0
"""
CVPPP leaves: one plant from above, each leaf an instance.

::

    A1/plant001_rgb.png
    A1/plant001_label.png     leaves, 0 = background
    A1/plant001_fg.png        optional: the whole plant

Parts of the plant that are no leaf of their own are to be ignored.
"""

from __future__ import annotations

from pathlib import Path

from discinst_ros.data.class_names import BACKGROUND
from discinst_ros.data.image_files import (
    check_size,
    FolderError,
    is_companion,
    natural_order,
    read_color,
    read_ids,
)
from discinst_ros.data.problem import Problem
from discinst_ros.data.sample import IGNORE, Sample
from discinst_ros.writable import path_of
import numpy as np

CLASS_NAMES = (BACKGROUND, 'leaf')

_COLORS = 'plant*_rgb.png'
_COLOR = '_rgb.png'


class CvpppDataset:
    """The plants of a folder."""

    class_names = CLASS_NAMES

    def __init__(self, path: str | Path, *, split: str | None = None) -> None:
        """
        List the images; they are read when asked for.

        :param path: a folder of plants, or one with the folders A1 to A4.
        :param split: one of these folders.
        :raises FolderError: where there are no images.
        """
        folder = path_of(path) / (split or '')
        self._colors = sorted((file for file in folder.glob(_COLORS) if not is_companion(file)),
                              key=natural_order)
        if not self._colors:
            raise FolderError(f"'{folder}' has no {_COLORS}")

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._colors)

    def __getitem__(self, index: int) -> Sample:
        """
        Read one plant.

        :raises FolderError: where its leaves are missing or files do not fit each other.
        """
        return self.inspect(index)[0]

    def inspect(self, index: int) -> tuple[Sample, tuple[Problem, ...]]:
        """
        Read one plant, and tell of leaves outside of it.

        :raises FolderError: where its leaves are missing or files do not fit each other.
        """
        color = self._colors[index]
        name, image = color.name.removesuffix(_COLOR), read_color(color)
        path, plant_path = (color.with_name(f'{name}_{what}.png') for what in ('label', 'fg'))
        if not path.exists():
            raise FolderError(f"'{color}' has no label image: '{path}' does not exist")
        labels = read_ids(path)
        check_size(labels, path, image, color)
        classes = (labels > 0).astype(np.uint8)
        problems: tuple[Problem, ...] = ()
        if plant_path.exists():
            plant = read_ids(plant_path) > 0
            check_size(plant, plant_path, image, color)
            outside = int(((labels > 0) & ~plant).sum())
            if outside:
                problems = (Problem('contradiction', f"'{path}' has {outside} pixels of leaves "
                                    f'outside of {plant_path.name}'),)
            # the rest of the plant may be of a leaf or of the stem
            labels[plant & (labels == 0)] = IGNORE
        return Sample(name, image, labels, classes), problems


def splits(path: Path) -> tuple[str, ...]:
    """Return the folders of plants within a folder that has no plants itself."""
    if not path.is_dir() or any(path.glob(_COLORS)):
        return ()
    return tuple(sorted({file.parent.name for file in path.glob(f'*/{_COLORS}')}))


def fits(path: Path) -> bool:
    """Tell whether a folder has plants."""
    return path.is_dir() and (any(path.glob(_COLORS)) or bool(splits(path)))
