# SPDX-License-Identifier: Apache-2.0
"""Image files to be segmented, found by the paths of files and folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from discinst_ros.data.class_names import ONE_CLASS
from discinst_ros.data.folder import (
    FolderError,
    is_color_image,
    natural_order,
    read_sample,
)
from discinst_ros.data.image_files import IMAGE_ENDINGS, is_image, read_color
from discinst_ros.data.sample import Sample
from discinst_ros.inference.results import RESULT_ENDINGS


def find_images(paths: Iterable[Path]) -> list[Path]:
    """
    Return the image files that the paths name, those of a folder in natural order.

    In a folder with NAME-color images only those are meant: the others belong to them.

    :raises FolderError: for a path without images, and where two images bear one name.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for image in _images_at(path):
            other = found.setdefault(_name(image), image)
            if other.resolve() != image.resolve():
                raise FolderError(f"'{other}' and '{image}' would write the same files; segment "
                                  'them one at a time')
    return list(found.values())


def refuse_overwriting(images: Iterable[Path], out: Path) -> None:
    """
    Refuse a folder for results in which they would take the place of what is read.

    :param images: to be segmented.
    :param out: where the results go.
    :raises FolderError: naming the first such file.
    """
    read = {image.resolve(): image for image in images}
    for whole, image in read.items():
        if is_color_image(image) and whole.parent == out.resolve():
            raise FolderError(f"--out '{out}' is the folder of '{image}', whose labels would be "
                              'overwritten; give another one')
        for end in RESULT_ENDINGS:
            other = read.get((out / f'{_name(image)}{end}').resolve())
            if other:
                raise FolderError(f"--out '{out}': what is found in '{image}' would overwrite "
                                  f"'{other}', which is to be segmented, too; give another one")


class ImageFiles:
    """Image files, each with depth and camera where it is one of the folder format; no labels."""

    class_names = ONE_CLASS

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        """Return their number."""
        return len(self._paths)

    def __getitem__(self, index: int) -> Sample:
        """
        Read one.

        :raises FolderError: where it cannot be read.
        """
        path = self._paths[index]
        if is_color_image(path):
            return read_sample(path, labelled=False)
        return Sample(_name(path), read_color(path))


def _images_at(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FolderError(f"'{path}' does not exist")
    images = sorted(filter(is_image, path.iterdir()), key=natural_order)
    if not images:
        raise FolderError(f"'{path}' has no images ({', '.join(IMAGE_ENDINGS)})")
    # Those that the command has written beside its input are no input.
    written = {f'{_name(image)}{end}' for image in images for end in RESULT_ENDINGS}
    return (list(filter(is_color_image, images))
            or [image for image in images if image.name not in written])


def _name(path: Path) -> str:
    return path.stem.removesuffix('-color')
