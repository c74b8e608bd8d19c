# SPDX-License-Identifier: Apache-2.0
"""Paths that somebody typed; what is to be written there is looked at before minutes of work."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
import os
from pathlib import Path
import tempfile


class PathError(ValueError, argparse.ArgumentTypeError):
    """A path that cannot be; argparse shows the message as it is."""


def path_of(text: str | Path) -> Path:
    """
    Return the path that somebody typed; '~' is the home folder, also where no shell resolves it.

    It is the type of options that name a path: after '=' and ':=' shells leave '~' as it is. An
    empty text, as of a variable that nobody set, does not stand for the working folder.

    :raises PathError: for an empty text, and where a user has no home folder.
    """
    if text == '':
        raise PathError("'' is no path, as of a variable that is not set; name one, '.' for the "
                        'working folder')
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise PathError(f"'{text}' is in a home folder that is not there; write the whole path"
                        ) from None


def check_writable(options: argparse.Namespace, *, files: Iterable[str] = (),
                   folders: Iterable[str] = (), kept: Iterable[Path] = ()) -> None:
    """
    Check the files and folders that options name; nothing stays written.

    :param files: names of the options that name a file; those not given do not count.
    :param folders: the same of folders.
    :param kept: files that are read, which none of the others may be.
    :raises ValueError: for one that could not be written later on, one named twice, and one that
        is read.
    """
    keep = {path.resolve() for path in kept if path.is_file()}
    taken: dict[Path, str] = {}
    checks = {**dict.fromkeys(files, _check), **dict.fromkeys(folders, _check_folder)}
    for name, check in checks.items():
        path: Path | None = getattr(options, name, None)
        if path is not None:
            try:
                whole = path.resolve()
                check(f'--{name}', path, whole)
            except (OSError, RuntimeError) as error:  # the latter where links go round
                reason = getattr(error, 'strerror', None) or error
                raise ValueError(f"--{name} '{path}' cannot be written: {reason}; name another "
                                 'file or folder') from None
            if whole in keep:
                raise ValueError(f"--{name} '{path}' is read by this command and would be "
                                 'overwritten; name another file')
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
    # As it is written: under a longer name first.
    _try_in(whole.parent, option, path, prefix=whole.name)


def _check_folder(option: str, path: Path, whole: Path) -> None:
    if os.path.exists(whole) and not os.path.isdir(whole):
        raise ValueError(f"{option} '{path}' is a file; name a folder")
    _try_in(whole, option, path)


def _try_in(target: Path, option: str, path: Path, *, prefix: str = '') -> None:
    """Write a file where the folder is to be, or will be made; it goes away again."""
    folder = next(one for one in (target, *target.parents) if os.path.exists(one))
    if not os.path.isdir(folder):
        raise ValueError(f"{option} '{path}' cannot be written: '{folder}' is a file; name "
                         'another folder')
    with tempfile.TemporaryDirectory(dir=folder) as trial:
        beside = Path(trial) / target.relative_to(folder)
        beside.mkdir(parents=True, exist_ok=True)
        tempfile.NamedTemporaryFile(dir=beside, prefix=prefix, suffix='.part').close()
