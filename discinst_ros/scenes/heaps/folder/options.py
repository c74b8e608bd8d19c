# SPDX-License-Identifier: Apache-2.0
"""What the frames of a folder of heaps have in common, and the file that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
import json
from pathlib import Path
from typing import Any

from discinst_ros.data.folder import FolderError
from discinst_ros.data.views import OPTIONS_FILE
from discinst_ros.whole_file import write_whole

__all__ = ['check_classes', 'check_folder', 'FrameOptions', 'OPTIONS_FILE', 'write_options']


@dataclass(frozen=True)
class FrameOptions:
    """What frames of one folder have in common."""

    width: int = 320
    height: int = 240
    #: Pictures of each heap: frame n shows heap n // views.
    views: int = 5
    #: Families that heaps are made of, one of SHAPE_SETS.
    shapes: str = 'training'
    #: With the faults of real cameras.
    sensors: bool = True
    #: A class for each family; otherwise all objects are of class 1.
    family_classes: bool = False
    #: 'table', 'bin', 'tote' or 'moulded'; by chance unless given.
    place: str | None = None
    #: Objects are taken away from the top: some, all or none.
    emptied: bool = False

    def compare(self, found: Mapping[str, Any], what: str) -> None:
        """
        Compare with what was written; an option that is not there has its default.

        :param what: holds what was found, for the message.
        :raises FolderError: where they differ.
        """
        there = {**asdict(FrameOptions()), **found}
        other = [_as_given(key, there[key]) for key, value in asdict(self).items()
                 if there[key] != value]
        if other:
            raise FolderError(f'{what} made {", ".join(other)}; give the same again, or another '
                              '--out')


def check_folder(folder: Path, options: FrameOptions) -> bool:
    """
    Compare the options of a folder with others.

    :return: whether the folder says which its own are.
    :raises FolderError: where they differ, or the file cannot be read.
    """
    path = folder / OPTIONS_FILE
    if not path.exists():
        return False
    try:
        found = dict(json.loads(path.read_text())['options'].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FolderError(f"'{path}' cannot be read ({error!r}); delete it, the frames have their "
                          'options too') from error
    options.compare(found, f"'{folder}' holds heaps")
    return True


def check_classes(folder: Path, text: str) -> None:
    """
    Refuse a folder without frames that has names of classes: those of another dataset.

    :param text: what is to be written to classes.txt.
    :raises FolderError: where there are other names.
    """
    if (folder / OPTIONS_FILE).exists() or any(folder.glob('*-truth.json')):
        return
    for path in (folder / 'classes.json', folder / 'classes.txt'):
        if path.exists() and path.read_bytes() != text.encode():
            raise FolderError(f"'{path}' names the classes of another dataset; give another --out")


def write_options(folder: Path, options: FrameOptions) -> None:
    """Write the options of a folder; no reader of the folder format looks at them."""
    write_whole(folder / OPTIONS_FILE, json.dumps({'options': asdict(options)}, indent=1) + '\n')


def _as_given(key: str, value: Any) -> str:
    """Return an option in the words of the command line."""
    if key == 'sensors':
        return f'{"without" if value else "with"} --ideal'
    if key == 'family_classes':
        return f'with --classes {"family" if value else "object"}'
    if key == 'emptied' or value is None:
        return f'{"with" if value else "without"} --{key}'
    return f'with --{key} {value}'
