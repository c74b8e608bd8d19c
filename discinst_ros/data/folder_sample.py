# SPDX-License-Identifier: Apache-2.0
"""One sample of the folder format: the files that belong together, read and written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from discinst_ros.data.camera_file import DEPTH_SCALE_M, read_camera, write_camera
from discinst_ros.data.image_files import (
    check_size,
    FolderError,
    IMAGE_ENDINGS,
    is_image,
    LARGEST_ID,
    read_color,
    read_ids,
    read_raw_depth,
    size,
    write_image,
)
from discinst_ros.data.patterns import Pattern
from discinst_ros.data.sample import IGNORE, Sample
from discinst_ros.writable import path_of
import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]

_COLOR = '-color'
#: How the files are called unless an option says otherwise.
COLOR = '|'.join(f'{{name}}{_COLOR}{ending}' for ending in IMAGE_ENDINGS)
LABEL, CLASSES = '{name}-label.png', '{name}-class.png'
DEPTH, CAMERA = '{name}-depth.png', '{name}-camera.json'
#: The camera of every image that has none of its own.
_SHARED_CAMERA = 'camera.json'
_LARGEST_CLASS = np.iinfo(np.uint8).max
#: The farthest that a depth image can hold, metres.
DEEPEST_M = LARGEST_ID * DEPTH_SCALE_M


@dataclass(frozen=True)
class SampleFiles:
    """How the files of a sample are called, and what their values mean."""

    label: Pattern
    classes: Pattern
    depth: Pattern
    camera: Pattern
    ignore: int | None = None
    #: Folders that may have a camera for all images, where that of an image has none.
    around: tuple[Path, ...] = ()


_USUAL = SampleFiles(Pattern(LABEL), Pattern(CLASSES), Pattern(DEPTH), Pattern(CAMERA))


def read_sample(color: Path, *, labelled: bool = True) -> Sample:
    """
    Read a sample by the path of its colour image, NAME-color.png.

    :param labelled: whether to read its labels and classes, too.
    :raises FolderError: where one of its files is damaged or does not fit the others.
    """
    return read_files(color.parent, color.stem.removesuffix(_COLOR), color, _USUAL,
                      labelled=labelled)


def write_sample(folder: str | Path, sample: Sample, *, ignore: int | None = None) -> None:
    """
    Write a sample; the folder is made where missing, depth is rounded to millimetres.

    :param ignore: what to write for pixels to ignore, which the format has no value for.
    :raises FolderError: for ids below 0 or above 65535 and depth above 65 m, which the format
        cannot hold.
    """
    folder = path_of(folder)
    labels, depth = sample.labels, sample.depth
    if labels is not None and ignore is not None:
        if (labels == ignore).any():
            raise FolderError(f"sample '{sample.name}' has an instance {ignore}, which is to mean "
                              'ignore; number its instances anew')
        labels = np.where(labels < 0, np.int32(ignore), labels)
    if labels is not None and not 0 <= labels.min() <= labels.max() <= LARGEST_ID:
        raise FolderError(f"sample '{sample.name}' has ids from {labels.min()} to "
                          f'{labels.max()}; files hold 0 to {LARGEST_ID}')
    folder.mkdir(parents=True, exist_ok=True)
    write_image(folder / f'{sample.name}{_COLOR}.png', sample.image)
    if labels is not None:
        write_image(folder / f'{sample.name}-label.png', labels.astype(np.uint16))
    if sample.classes is not None:
        write_image(folder / f'{sample.name}-class.png', sample.classes)
    if depth is not None:
        steps = np.nan_to_num(np.round(depth / DEPTH_SCALE_M), nan=0, posinf=0, neginf=0)
        if steps.max() > LARGEST_ID:
            raise FolderError(f"sample '{sample.name}' has depth up to "
                              f'{steps.max() * DEPTH_SCALE_M:.1f} m; files hold {DEEPEST_M:.1f} m')
        write_image(folder / f'{sample.name}-depth.png', steps.clip(0).astype(np.uint16))
    if sample.intrinsics is not None:
        write_camera(folder / f'{sample.name}-camera.json', sample.intrinsics, sample.distortion)


def is_color_image(path: Path) -> bool:
    """Tell whether a path is the colour image of a sample, NAME-color.png or .jpg."""
    return is_image(path) and path.stem.endswith(_COLOR)


def read_files(folder: Path, name: str, color: Path, files: SampleFiles, *,
               labelled: bool = True) -> Sample:
    """
    Read a sample and compare its files with each other.

    :param folder: what the patterns are relative to.
    :param labelled: whether to read its labels and classes, too.
    :raises FolderError: where a file is damaged or does not fit the others.
    """
    image = read_color(color)
    shared = (one / _SHARED_CAMERA for one in (color.parent, *files.around))
    camera = files.camera.find(folder, name) or next(filter(Path.exists, shared), None)
    intrinsics, scale_m, distortion = read_camera(camera) if camera else (
        None, DEPTH_SCALE_M, None)
    if camera and intrinsics and (intrinsics.height, intrinsics.width) != image.shape[:2]:
        raise FolderError(f"'{camera}' is of a {intrinsics.width}x{intrinsics.height} image and "
                          f'{color.name} is {size(image)}')

    def values(pattern: Pattern, *, depth: bool = False) -> Ids | None:
        path = pattern.find(folder, name)
        if path is None:
            return None
        read = read_raw_depth(path) if depth else read_ids(path)
        check_size(read, path, image, color)
        return read

    raw = values(files.depth, depth=True)
    labels, classes = map(values, (files.label, files.classes)) if labelled else (None, None)
    if files.ignore is not None:
        labels, classes = _without_ignored(labels, classes, files.ignore)
    if classes is not None and classes.max() > _LARGEST_CLASS:
        raise FolderError(f"'{files.classes.find(folder, name)}' has class {classes.max()}, "
                          f'expected 0 to {_LARGEST_CLASS}')
    return Sample(
        name=name, image=image, labels=labels,
        classes=None if classes is None else classes.astype(np.uint8),
        depth=None if raw is None else _metres(raw, scale_m),
        intrinsics=intrinsics, distortion=distortion)


def _metres(raw: Ids, scale_m: float) -> npt.NDArray[np.float32]:
    """Return depth in metres, NaN where there is none."""
    depth = (raw * np.float64(scale_m)).astype(np.float32)
    depth[raw <= 0] = np.nan
    return depth


def _without_ignored(labels: Ids | None, classes: Ids | None,
                     ignore: int) -> tuple[Ids | None, Ids | None]:
    """Turn the value that means ignore into a label below 0, and its class into none."""
    if labels is not None:
        labels = np.where(labels == ignore, np.int32(IGNORE), labels)
    if classes is not None:
        void = classes == ignore
        classes = np.where(void, np.int32(0), classes)
        if labels is not None:
            labels[void] = IGNORE
    return labels, classes
