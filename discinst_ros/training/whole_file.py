# SPDX-License-Identifier: Apache-2.0
"""Write text so that a reader, or a full disk, never leaves half of a file."""

from __future__ import annotations

import os
from pathlib import Path
import tempfile


def write_whole(path: Path, text: str) -> None:
    """
    Write a file, or leave the one before as it is.

    :param path: of the file; its folder is made where missing.
    :param text: what it is to hold.
    :raises OSError: where it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix='.part')
    try:
        with open(handle, 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
