# SPDX-License-Identifier: Apache-2.0
"""The folder that scenes are written to, before anything is made."""

from __future__ import annotations

from pathlib import Path
import re

from discinst_ros.data.folder import FolderError, is_color_image
from discinst_ros.scenes.draw import SCENE_KINDS

#: The kind that is not drawn but made by physics.
HEAPS = 'heaps'


def check_output(folder: Path, kind: str) -> None:
    """
    Refuse a folder with images of something else: of another dataset, or heaps and drawn scenes.

    :param kind: of the scenes that are to be written.
    :raises FolderError: with one of the images that are there.
    """
    ours = (HEAPS,) if kind == HEAPS else SCENE_KINDS
    pattern = re.compile(rf'({"|".join((HEAPS, *SCENE_KINDS))})-\d+-color\.png')
    for path in sorted(folder.glob('*-color.*')):
        made = pattern.fullmatch(path.name)
        if made is None and is_color_image(path):
            raise FolderError(f"'{folder}' holds {path.name}, which make_scenes has not made; "
                              'give another --out')
        if made is not None and made[1] not in ours:
            raise FolderError(f"'{folder}' holds scenes made with --kind {made[1]}, and these are "
                              f'{kind}; give the same again, or another --out')
