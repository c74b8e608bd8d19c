# SPDX-License-Identifier: Apache-2.0
"""
Cityscapes: streets with people and vehicles.

::

    leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png
    gtFine/SPLIT/CITY/NAME_gtFine_instanceIds.png
    disparity/SPLIT/CITY/NAME_disparity.png          optional
    camera/SPLIT/CITY/NAME_camera.json               optional; with disparity: depth

A pixel of instanceIds holds class · 1000 + number, or the class alone where its instances are not
told apart. Such a group is to be ignored with its class known; what the benchmark leaves out is
to be ignored altogether.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path

from discinst_ros.data.class_names import BACKGROUND
from discinst_ros.data.image_files import (
    check_size,
    FolderError,
    natural_order,
    read_color,
    read_ids,
    read_raw_depth,
    size,
)
from discinst_ros.data.sample import IGNORE, Sample
from discinst_ros.instances import Intrinsics
from discinst_ros.writable import path_of
import numpy as np
import numpy.typing as npt

#: Id of each class that has instances and is scored, in the official order.
INSTANCE_IDS = {'person': 24, 'rider': 25, 'car': 26, 'truck': 27, 'bus': 28, 'train': 31,
                'motorcycle': 32, 'bicycle': 33}
#: Ids that the benchmark leaves out: void, and classes too rare to score.
IGNORED_IDS = (0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30)
CLASS_NAMES = (BACKGROUND, *INSTANCE_IDS)

_LARGEST_ID = 33
_PER_CLASS = 1000
_COLOR, _TRUTH = '_leftImg8bit', '_gtFine_instanceIds'


class CityscapesDataset:
    """The images of one split."""

    class_names = CLASS_NAMES

    def __init__(self, path: str | Path, *, split: str | None = None,
                 labelled: bool = True) -> None:
        """
        List the images; they are read when asked for.

        :param path: the folder with leftImg8bit and, for labels, gtFine.
        :param split: 'train', 'val' or 'test'.
        :param labelled: read the instances, too; the test split has none.
        :raises FolderError: where there are no images.
        """
        self._root = path_of(path)
        if split is None:
            raise FolderError(f"'{path}' is read by split: {', '.join(splits(self._root))}")
        self._split, self._labelled = split, labelled
        folder = self._root / 'leftImg8bit' / split
        self._colors = sorted(_pictures(folder), key=natural_order)
        if not self._colors:
            raise FolderError(f"'{folder}' has no CITY/NAME{_COLOR}.png")

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._colors)

    def __getitem__(self, index: int) -> Sample:
        """
        Read one image with its instances, and depth where it is at hand.

        :raises FolderError: where its instances are missing or files do not fit each other.
        """
        color = self._colors[index]
        name, image = color.stem.removesuffix(_COLOR), read_color(color)
        labels, classes = self._read_truth(index, image) if self._labelled else (None, None)
        camera = self._beside(color, 'camera', '_camera.json')
        intrinsics, baseline_m = _read_camera(camera, image) if camera.exists() else (None, 0.0)
        disparity = self._beside(color, 'disparity', '_disparity.png')
        depth = None
        if intrinsics is not None and disparity.exists():
            raw = read_raw_depth(disparity)
            check_size(raw, disparity, image, color)
            depth = depth_from_disparity(raw, baseline_m * intrinsics.fx)
        return Sample(name, image, labels, classes, depth, intrinsics)

    def truth_path(self, index: int) -> Path:
        """Return the path of the instance ids of an image, whether they are there or not."""
        return self._beside(self._colors[index], 'gtFine', f'{_TRUTH}.png')

    def has_depth(self, index: int) -> bool:
        """Tell whether an image comes with disparity and camera."""
        color = self._colors[index]
        return (self._beside(color, 'camera', '_camera.json').exists()
                and self._beside(color, 'disparity', '_disparity.png').exists())

    def _read_truth(self, index: int, image: npt.NDArray[np.uint8]
                    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
        """Return labels and classes of an image."""
        color, path = self._colors[index], self.truth_path(index)
        if not path.exists():
            raise FolderError(f"'{color}' has no label image: '{path}' does not exist")
        ids = read_ids(path)
        check_size(ids, path, image, color)
        labels, classes = _tables()
        known = ids < len(labels)
        if not known.all() or (classes[ids] < 0).any():
            unknown = ids[~known] if not known.all() else ids[classes[ids] < 0]
            raise FolderError(f"'{path}' has the id {unknown[0]}, expected classes up to "
                              f'{_LARGEST_ID} and {_PER_CLASS} times that with a number')
        return labels[ids], classes[ids].astype(np.uint8)

    def _beside(self, color: Path, what: str, ending: str) -> Path:
        """Return the file of another kind that belongs to a colour image."""
        return (self._root / what / self._split / color.parent.name
                / (color.stem.removesuffix(_COLOR) + ending))


def splits(path: Path) -> tuple[str, ...]:
    """Return the splits that have both images and instances."""
    colors, truths = path / 'leftImg8bit', path / 'gtFine'
    if not (colors.is_dir() and truths.is_dir()):
        return ()
    return tuple(folder.name for folder in sorted(colors.iterdir())
                 if (truths / folder.name).is_dir() and any(_pictures(folder)))


def _pictures(folder: Path) -> Iterator[Path]:
    """Return the colour images of a split; names with a dot in front are notes of macOS."""
    return (path for path in folder.glob(f'*/*{_COLOR}.png') if not path.name.startswith('.'))


def depth_from_disparity(raw: npt.NDArray[np.int32],
                         baseline_fx: float) -> npt.NDArray[np.float32]:
    """
    Return metres; a pixel p of a disparity image means (p - 1) / 256 pixels, 0 none.

    :param baseline_fx: distance of the two cameras, metres, times the focal length, pixels.
    """
    disparity_px = (raw - 1) / 256
    seen = disparity_px > 0
    return np.where(seen, baseline_fx / np.where(seen, disparity_px, 1), np.nan).astype(np.float32)


@cache
def _tables() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int16]]:
    """Return label and class of every id that a file can hold; class -1 is none of them."""
    count = (_LARGEST_ID + 1) * _PER_CLASS
    ids = np.arange(count)
    numbered = ids >= _PER_CLASS
    kind = np.where(numbered, ids // _PER_CLASS, ids)
    labels, classes = np.zeros(count, np.int32), np.zeros(count, np.int16)
    for class_id, official in enumerate(INSTANCE_IDS.values(), start=1):
        classes[kind == official] = class_id
    labels[classes > 0] = np.where(numbered, ids, IGNORE)[classes > 0]
    labels[np.isin(kind, IGNORED_IDS)] = IGNORE
    classes[kind > _LARGEST_ID] = -1
    return labels, classes


def _read_camera(path: Path, image: npt.NDArray[np.uint8]) -> tuple[Intrinsics, float]:
    """Return the intrinsics and the distance of the two cameras in metres."""
    try:
        content = json.loads(path.read_text(encoding='utf-8-sig'))
        inner = content['intrinsic']
        fx, fy, cx, cy = (float(inner[key]) for key in ('fx', 'fy', 'u0', 'v0'))
        intrinsics = Intrinsics(fx, fy, cx, cy, image.shape[1], image.shape[0])
        baseline_m = float(content['extrinsic']['baseline'])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FolderError(f"'{path}' cannot be used as a camera of a {size(image)} image: "
                          f'{error!r}') from error
    return intrinsics, baseline_m
