# SPDX-License-Identifier: Apache-2.0
"""Image files: colour, ids and raw depth, read for what they say and refused otherwise."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

#: Endings of files that are taken for images.
IMAGE_ENDINGS = ('.png', '.jpg', '.jpeg')
#: The largest id that a label image can hold, here and on topics.
LARGEST_ID = int(np.iinfo(np.uint16).max)
#: Where a PNG says how many bits a channel has: after signature, length, type, width and height.
_PNG_BITS_AT = 24


#: What macOS puts beside files on drives of other systems: '._a.png' is no image.
_COMPANION = '._'


class FolderError(ValueError):
    """A file or folder of a dataset that cannot be used; the message says which and why."""


def read_color(path: Path) -> npt.NDArray[np.uint8]:
    """
    Read a picture as H×W×3 uint8 RGB; grey becomes colour, transparency is dropped.

    A photograph that says how it was held (EXIF) comes upright, as label tools show it.

    :raises FolderError: where it is unreadable or has more than 8 bits per channel.
    """
    image = _open(path)
    if image.mode.startswith(('I', 'F')):
        raise FolderError(f"'{path}' has pixels of mode {image.mode}; save the picture with 8 "
                          'bits per channel')
    if image.format == 'PNG' and _png_bits(path) > 8:
        raise FolderError(f"'{path}' has {_png_bits(path)} bits per channel; save the picture "
                          'with 8, its values scaled to 0 to 255')
    ImageOps.exif_transpose(image, in_place=True)
    return np.array(image if image.mode == 'RGB' else image.convert('RGB'))


def read_ids(path: Path) -> npt.NDArray[np.int32]:
    """
    Read ids as H×W int32 from a PNG of 1 to 16 bits; of a palette image, the indices.

    :raises FolderError: where it is unreadable, holds colours or ids that 16 bits cannot hold, or
        is compressed so that ids do not stay what they were.
    """
    image = _open(path)
    if image.format == 'JPEG':
        raise FolderError(f"'{path}' is a JPEG, which blurs ids into others; draw the mask as PNG "
                          'anew')
    if image.mode not in ('1', 'L', 'P', 'I;16', 'I;16B', 'I'):
        raise FolderError(f"'{path}' has pixels of mode {image.mode}, expected one channel of ids "
                          'with 8 or 16 bits; give each colour a number')
    ids = np.array(image).astype(np.int32)
    if image.format == 'PNG' and image.mode == 'L':  # Pillow spreads 2 and 4 bits over 0 to 255
        ids //= 255 // (2 ** min(_png_bits(path), 8) - 1)
    if image.mode == 'I' and not 0 <= ids.min() <= ids.max() <= LARGEST_ID:
        raise FolderError(f"'{path}' has ids from {ids.min()} to {ids.max()}, expected 0 to "
                          f'{LARGEST_ID}; number the instances anew')
    return ids


def read_raw_depth(path: Path) -> npt.NDArray[np.int32]:
    """
    Read depth in steps of its scale as H×W int32.

    :raises FolderError: where it is unreadable or not of 16 bits.
    """
    image = _open(path)
    if image.mode not in ('I;16', 'I'):
        raise FolderError(f"'{path}' has pixels of mode {image.mode}, expected depth as one "
                          'channel of 16 bits; save it as PNG in millimetres, or in steps of '
                          'depth_scale_m in the camera file')
    return np.array(image).astype(np.int32)


def read_text(path: Path) -> str:
    """
    Read a text file of annotations; a byte-order mark, as Windows writes it, is no part of it.

    :raises FolderError: where it is unreadable or no text.
    """
    try:
        return path.read_text(encoding='utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        raise FolderError(f"'{path}' cannot be read as text: {error}") from error


def write_image(path: Path, image: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> None:
    """Write H×W×3 uint8, H×W uint8 or H×W uint16; the path's ending says how."""
    Image.fromarray(np.ascontiguousarray(image)).save(path)


def check_size(values: npt.NDArray[Any], path: Path, image: npt.NDArray[Any],
               color: Path) -> None:
    """
    Compare an image with the picture that it belongs to.

    :raises FolderError: where their sizes differ.
    """
    if values.shape[:2] != image.shape[:2]:
        raise FolderError(f"'{path}' is {size(values)} and {color.name} is {size(image)}")


def is_image(path: Path, endings: tuple[str, ...] = IMAGE_ENDINGS) -> bool:
    """Tell by its name whether a file is an image."""
    return path.suffix.lower() in endings and not is_companion(path)


def is_companion(path: Path) -> bool:
    """Tell by its name whether a file only goes with another one, as macOS writes them."""
    return path.name.startswith(_COMPANION)


def size(image: npt.NDArray[Any]) -> str:
    """Return the size of an image as people write it, '640x480'."""
    return f'{image.shape[1]}x{image.shape[0]}'


def natural_order(path: Path) -> list[tuple[int, str]]:
    """Return the sort key that puts 'scene 2' before 'scene 10'."""
    return [(int(part), '') if part.isdecimal() else (-1, part)
            for part in re.split(r'(\d+)', path.name)]


def _png_bits(path: Path) -> int:
    """Return the bits per channel of a PNG; Pillow keeps the upper eight of a colour image."""
    with path.open('rb') as file:
        return file.read(_PNG_BITS_AT + 1)[_PNG_BITS_AT]


def _open(path: Path) -> Image.Image:
    """Open and decode a file."""
    try:
        image: Image.Image = Image.open(path)
        image.load()
    except FileNotFoundError:
        raise FolderError(f"'{path}' does not exist") from None
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError,
            ValueError) as error:
        raise FolderError(f"'{path}' cannot be read as an image: "
                          f'{" ".join(str(error).split())}') from error
    return image
