# SPDX-License-Identifier: Apache-2.0
"""Write files so that a reader, or a full disk, never leaves half of one."""

from __future__ import annotations

import os
from pathlib import Path
import secrets
import shutil


def write_whole(path: Path, content: str | bytes) -> None:
    """
    Write a file, or leave the one before as it is.

    :param path: of the file; its folder is made where missing. A link stays one, who may read it
        stays as it was, and what is no regular file, such as /dev/stdout, is written to as it is.
    :param content: what it is to hold; text becomes UTF-8, what no UTF-8 can be in a name of a
        file an escape sequence.
    :raises OSError: where it cannot be written.
    """
    data = content.encode(errors='backslashreplace') if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial, replaces = path.with_name(f'{path.name}{secrets.token_hex(4)}.part'), path.exists()
    partial.touch(0o600 if replaces else 0o666, exist_ok=False)
    try:
        partial.write_bytes(data)
        if replaces:
            shutil.copymode(path, partial)
        os.replace(partial, path)
    except BaseException:
        partial.unlink()
        raise
