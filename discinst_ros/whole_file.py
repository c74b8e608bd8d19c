# SPDX-License-Identifier: Apache-2.0
"""Write files so that a reader, or a full disk, never leaves half of one."""

from __future__ import annotations

import os
from pathlib import Path
import tempfile


def write_whole(path: Path, content: str | bytes) -> None:
    """
    Write a file, or leave the one before as it is.

    :param path: of the file; its folder is made where missing. A link stays one, and what is no
        regular file, such as /dev/stdout, is written to as it is.
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
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix='.part')
    os.close(handle)
    try:
        Path(partial).write_bytes(data)
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
