# SPDX-License-Identifier: Apache-2.0
"""Files that a benchmark is to write, looked at before it measures for minutes."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

#: Options of the subcommands that name a file to write.
_NAMES = ('json', 'picture', 'film')


def check_writable(options: argparse.Namespace) -> None:
    """
    Check the files that the options name; nothing is written.

    :raises ValueError: for one that could not be written later on.
    """
    for name in _NAMES:
        path: Path | None = getattr(options, name, None)
        if path is not None:
            _check(f'--{name}', path)


def _check(option: str, path: Path) -> None:
    if path.is_dir():
        raise ValueError(f"{option} '{path}' is a folder; name a file")
    # Missing folders are made when the file is written, in the nearest one that is there.
    folder = next(one for one in path.absolute().parents if one.exists())
    if not folder.is_dir():
        raise ValueError(f"{option} '{path}' cannot be written: '{folder}' is a file; name "
                         'another folder')
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"{option} '{path}' cannot be written: you may not write to '{folder}'; "
                         'name another folder')
