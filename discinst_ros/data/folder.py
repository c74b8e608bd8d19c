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
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
import re

from discinst_ros.data.camera_file import DEPTH_SCALE_M, read_camera, write_camera
from discinst_ros.data.image_files import (
    FolderError,
    IMAGE_ENDINGS,
    read_color,
    read_ids,
    read_raw_depth,
    write_image,
)
from discinst_ros.data.sample import Sample
import numpy as np
import numpy.typing as npt

__all__ = [
    'FolderDataset', 'FolderError', 'is_color_image', 'natural_order', 'read_sample',
    'write_sample']

Ids = npt.NDArray[np.int32]

_COLOR = '-color'
_LARGEST = np.iinfo(np.uint16).max


class FolderDataset:
    """The samples of a folder, in the natural order of their names (2 before 10)."""

    def __init__(self, path: str | Path) -> None:
        """
        List the folder; images are read when asked for.

        :raises FolderError: where there is no folder or no NAME-color image in it.
        """
        self.path = Path(path).expanduser()
        if not self.path.is_dir():
            raise FolderError(f"'{path}' is no folder")
        self._colors = sorted(filter(is_color_image, self.path.iterdir()), key=natural_order)
        if not self._colors:
            raise FolderError(f"'{path}' has no images: expected NAME-color.png or "
                              'NAME-color.jpg')
        for one, other in pairwise(self._colors):
            if one.stem == other.stem:
                raise FolderError(f"'{path}' has both {one.name} and {other.name}; keep one")

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self._colors)

    def __getitem__(self, index: int) -> Sample:
        """
        Read one sample.

        :raises FolderError: where one of its files is damaged or does not fit the others.
        """
        return read_sample(self._colors[index])


def read_sample(color: Path) -> Sample:
    """
    Read a sample by the path of its colour image, NAME-color.png.

    :raises FolderError: where one of its files is damaged or does not fit the others.
    """
    name = color.stem.removesuffix(_COLOR)

    def beside(what: str) -> Path | None:
        path = color.with_name(f'{name}-{what}')
        return path if path.exists() else None

    image = read_color(color)
    own, shared = beside('camera.json'), color.with_name('camera.json')
    camera = own or (shared if shared.exists() else None)
    intrinsics, scale_m = read_camera(camera) if camera else (None, DEPTH_SCALE_M)
    if camera and intrinsics and (intrinsics.height, intrinsics.width) != image.shape[:2]:
        raise FolderError(f"'{camera}' is of a {intrinsics.width}x{intrinsics.height} image and "
                          f'{color.name} is {_size(image)}')

    def values(what: str, read: Callable[[Path], Ids] = read_ids) -> Ids | None:
        path = beside(what)
        return None if path is None else _fitting(read(path), path, image, color)

    classes, raw = values('class.png'), values('depth.png', read_raw_depth)
    return Sample(
        name=name, image=image, labels=values('label.png'),
        classes=None if classes is None else classes.astype(np.uint8),
        depth=None if raw is None else np.where(
            raw > 0, raw * np.float64(scale_m), np.nan).astype(np.float32),
        intrinsics=intrinsics)


def write_sample(folder: str | Path, sample: Sample) -> None:
    """
    Write a sample; the folder is made where missing, depth is rounded to millimetres.

    :raises FolderError: for ids below 0 or above 65535 and depth above 65 m, which the format
        cannot hold.
    """
    folder = Path(folder).expanduser()
    labels, depth = sample.labels, sample.depth
    if labels is not None and not 0 <= labels.min() <= labels.max() <= _LARGEST:
        raise FolderError(f"sample '{sample.name}' has ids from {labels.min()} to "
                          f'{labels.max()}; files hold 0 to {_LARGEST}')
    folder.mkdir(parents=True, exist_ok=True)
    write_image(folder / f'{sample.name}{_COLOR}.png', sample.image)
    if labels is not None:
        write_image(folder / f'{sample.name}-label.png', labels.astype(np.uint16))
    if sample.classes is not None:
        write_image(folder / f'{sample.name}-class.png', sample.classes)
    if depth is not None:
        steps = np.nan_to_num(np.round(depth / DEPTH_SCALE_M), nan=0, posinf=0, neginf=0)
        if steps.max() > _LARGEST:
            raise FolderError(f"sample '{sample.name}' has depth up to "
                              f'{steps.max() * DEPTH_SCALE_M:.1f} m; files hold 65.5 m')
        write_image(folder / f'{sample.name}-depth.png', steps.clip(0).astype(np.uint16))
    if sample.intrinsics is not None:
        write_camera(folder / f'{sample.name}-camera.json', sample.intrinsics)


def is_color_image(path: Path) -> bool:
    """Tell whether a path is the colour image of a sample, NAME-color.png or .jpg."""
    return path.suffix.lower() in IMAGE_ENDINGS and path.stem.endswith(_COLOR)


def natural_order(path: Path) -> list[tuple[int, str]]:
    """Return the sort key that puts 'scene 2' before 'scene 10'."""
    return [(int(part), '') if part.isdigit() else (-1, part)
            for part in re.split(r'(\d+)', path.name)]


def _fitting(values: Ids, path: Path, image: npt.NDArray[np.uint8], color: Path) -> Ids:
    """Return the values if they are of the image's size."""
    if values.shape != image.shape[:2]:
        raise FolderError(f"'{path}' is {_size(values)} and {color.name} is {_size(image)}")
    return values


def _size(image: npt.NDArray[np.generic]) -> str:
    return f'{image.shape[1]}x{image.shape[0]}'
