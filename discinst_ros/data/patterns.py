# SPDX-License-Identifier: Apache-2.0
"""How the files of a sample are called: '{name}-color.png', 'masks/{name}_mask.png'."""

from __future__ import annotations

import glob
from pathlib import Path
import re

from discinst_ros.data.image_files import FolderError, is_companion

_NAME = '{name}'


class Pattern:
    """A path relative to a folder, with {name} where files differ, | between alternatives."""

    def __init__(self, text: str) -> None:
        """
        Take a pattern apart.

        :raises FolderError: where an alternative lacks {name} or has other braces.
        """
        self.text = text
        self._alternatives = tuple(part.strip() for part in text.split('|'))
        for part in self._alternatives:
            rest = part.replace(_NAME, '')
            if rest == part or '{' in rest or '}' in rest:
                raise FolderError(f"the pattern '{part}' cannot be used; write {_NAME} where the "
                                  "names of the files differ, as in 'masks/{name}_mask.png'")
        self._regexes = tuple(map(_regex, self._alternatives))

    def name_of(self, relative: str) -> str | None:
        """Return the name in a path relative to the folder, None where it does not fit."""
        for regex in self._regexes:
            match = regex.fullmatch(relative)
            if match:
                return match['name']
        return None

    def find(self, folder: Path, name: str) -> Path | None:
        """Return the file of a name, None where there is none."""
        for part in self._alternatives:
            path = folder / part.replace(_NAME, name)
            # endings may be capital letters, as in list()
            for file in (path, path.with_suffix(path.suffix.upper())):
                if file.is_file():
                    return file
        return None

    def list(self, folder: Path) -> dict[Path, str]:
        """Return all files that fit, each with its name."""
        found: dict[Path, str] = {}
        for parent in dict.fromkeys(part.rpartition('/')[0] for part in self._alternatives):
            parts = '*'.join(map(glob.escape, parent.split(_NAME)))
            for path in folder.glob(f'{parts}/*'.lstrip('/')):
                name = self.name_of(path.relative_to(folder).as_posix())
                if name is not None and not is_companion(path):
                    found[path] = name
        return found


def _regex(pattern: str) -> re.Pattern[str]:
    """Return the expression of one alternative; endings may be capital letters."""
    ending = '' if pattern.endswith(_NAME) else Path(pattern).suffix
    first, *others = map(re.escape, pattern.removesuffix(ending).split(_NAME))
    text = first + '(?P<name>[^/]+)' + '(?P=name)'.join(others)
    return re.compile(f'{text}(?i:{re.escape(ending)})')
