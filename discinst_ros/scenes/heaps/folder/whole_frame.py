# SPDX-License-Identifier: Apache-2.0
"""Whether the files of a frame are there as they were written, and what a killed run left."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
import re
import struct
import zlib

from discinst_ros.data.camera_file import read_camera
from discinst_ros.data.folder import FolderError

_IMAGES = ('color.png', 'label.png', 'class.png', 'depth.png')
_CAMERA = 'camera.json'
#: What is written under another name first; of the rest a half is no whole PNG.
_PART = re.compile(r'heaps-(\d+)-truth\.json\w+\.part')
_SIGNATURE = b'\x89PNG\r\n\x1a\n'


def is_whole(folder: Path, name: str) -> bool:
    """Tell whether all files of a frame are there, none cut off and none damaged."""
    try:
        read_camera(folder / f'{name}-{_CAMERA}')
        return all(_is_png((folder / f'{name}-{image}').read_bytes()) for image in _IMAGES)
    except (OSError, FolderError):
        return False


def remove_parts(folder: Path, frames: Container[int]) -> None:
    """Remove what a process that was killed had begun to write of these frames."""
    for path in folder.glob('*.part'):
        found = _PART.fullmatch(path.name)
        if found is not None and int(found[1]) in frames:
            path.unlink(missing_ok=True)


def _is_png(data: bytes) -> bool:
    """Tell whether a PNG is whole: its chunks end with checksums, so no pixel is read."""
    at = len(_SIGNATURE)
    if not data.startswith(_SIGNATURE):
        return False
    while at + 12 <= len(data):
        length: int = struct.unpack_from('>I', data, at)[0]
        end = at + 8 + length
        if data[end:end + 4] != zlib.crc32(data[at + 4:end]).to_bytes(4, 'big'):
            return False
        if data[at + 4:at + 8] == b'IEND':
            return end + 4 == len(data)
        at = end + 4
    return False
