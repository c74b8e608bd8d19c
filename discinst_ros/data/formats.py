# SPDX-License-Identifier: Apache-2.0
"""The formats that can be read: how each is recognised, split and opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from discinst_ros.data import cityscapes, coco, cvppp, yolo
from discinst_ros.data.cityscapes import CityscapesDataset
from discinst_ros.data.coco import CocoDataset
from discinst_ros.data.cvppp import CvpppDataset
from discinst_ros.data.folder import FolderDataset, is_color_image
from discinst_ros.data.yolo import YoloDataset

if TYPE_CHECKING:
    from discinst_ros.data.dataset import Dataset


@dataclass(frozen=True)
class Format:
    """One format."""

    #: What there has to be.
    expected: str
    #: Return the splits of a path; none for one that has no splits or is of another format.
    splits: Callable[[Path], tuple[str, ...]]
    #: Open a path, or one split of it.
    open: Callable[..., Dataset]
    #: Tell whether a path is of this format.
    fits: Callable[[Path], bool]


def _folder_splits(path: Path) -> tuple[str, ...]:
    """Return the folders with images within a folder that has no images itself."""
    if not path.is_dir() or any(map(is_color_image, path.iterdir())):
        return ()
    return tuple(folder.name for folder in sorted(path.iterdir())
                 if folder.is_dir() and any(map(is_color_image, folder.iterdir())))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and (any(map(is_color_image, path.iterdir()))
                              or bool(_folder_splits(path)))


#: Format by name, in the order in which errors list them.
FORMATS = {
    'folder': Format('NAME-color.png or NAME-color.jpg', _folder_splits, FolderDataset,
                     _is_folder),
    'coco': Format('a .json with images, annotations and categories, alone or in annotations/',
                   coco.splits, CocoDataset, lambda path: bool(coco.splits(path))),
    'yolo': Format('data.yaml, or images/ and labels/ with .txt', yolo.splits, YoloDataset,
                   yolo.fits),
    'cityscapes': Format('leftImg8bit/ and gtFine/', cityscapes.splits, CityscapesDataset,
                         lambda path: bool(cityscapes.splits(path))),
    'cvppp': Format('plant001_rgb.png', cvppp.splits, CvpppDataset, cvppp.fits),
}
