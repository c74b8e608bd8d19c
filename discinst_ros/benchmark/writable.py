# SPDX-License-Identifier: Apache-2.0
"""Files that a benchmark is to write, looked at before it measures for minutes."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
import tempfile

#: Options of the subcommands that name a file to write.
_NAMES = ('json', 'picture', 'film')


def check_writable(options: argparse.Namespace) -> None:
    """
    Check the files that the options name; nothing stays written.

    :raises ValueError: for one that could not be written later on, and for one named twice.
    """
    taken: dict[Path, str] = {}
    for name in _NAMES:
        path: Path | None = getattr(options, name, None)
        if path is not None:
            try:
                whole = path.resolve()
                _check(f'--{name}', path, whole)
            except (OSError, RuntimeError) as error:  # the latter where links go round
                reason = getattr(error, 'strerror', None) or error
                raise ValueError(f"--{name} '{path}' cannot be written: {reason}; name another "
                                 'file or folder') from None
            if whole in taken:
                raise ValueError(f"--{name} '{path}' is the file of --{taken[whole]}, too; name "
                                 'another')
            taken[whole] = name


def _check(option: str, path: Path, whole: Path) -> None:
    if os.path.isdir(whole):
        raise ValueError(f"{option} '{path}' is a folder; name a file")
    if os.path.exists(whole) and not os.path.isfile(whole):  # such as /dev/stdout
        if not os.access(whole, os.W_OK):
            raise ValueError(f"{option} '{path}' cannot be written: you may not write to it; name "
                             'a file')
        return
    # Missing folders are made when the file is written, in the nearest one that is there.
    folder = next(one for one in whole.parents if os.path.exists(one))
    if not os.path.isdir(folder):
        raise ValueError(f"{option} '{path}' cannot be written: '{folder}' is a file; name "
                         'another folder')
    with tempfile.TemporaryDirectory(dir=folder) as trial:
        beside = Path(trial) / whole.parent.relative_to(folder)
        beside.mkdir(parents=True, exist_ok=True)
        # As it is written: under a longer name first.
        tempfile.NamedTemporaryFile(dir=beside, prefix=whole.name, suffix='.part').close()
