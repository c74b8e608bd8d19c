# SPDX-License-Identifier: Apache-2.0
"""Whether the files of a frame are there to their ends."""

from __future__ import annotations

import json
from pathlib import Path

_IMAGES = ('color.png', 'label.png', 'class.png', 'depth.png')
_CAMERA = 'camera.json'
#: The chunk that ends a PNG.
_PNG_END = b'\0\0\0\0IEND\xaeB`\x82'


def is_whole(folder: Path, name: str) -> bool:
    """Tell whether all files of a frame are there and none is cut off; pixels are not read."""
    try:
        json.loads((folder / f'{name}-{_CAMERA}').read_text())
        return all(_ends(folder / f'{name}-{image}') for image in _IMAGES)
    except (OSError, ValueError):
        return False


def _ends(path: Path) -> bool:
    with path.open('rb') as file:
        file.seek(-len(_PNG_END), 2)
        return file.read() == _PNG_END
