# SPDX-License-Identifier: Apache-2.0
"""What is already made, and from what: so that the second time costs nothing."""

from collections.abc import Iterable
import hashlib
import json
from pathlib import Path

from layout import VENV

STAMPS = VENV / 'stamps.json'
"""Inside the environment it speaks of: who removes `.venv` removes this too."""


def fingerprint(*texts: str, files: Iterable[Path] = ()) -> str:
    """
    Reduce what something is made from to one short text.

    :param texts: versions, settings
    :param files: files, and folders with all that is below them
    :return: a text that differs when any of these does
    """
    digest = hashlib.sha256('\0'.join(texts).encode())
    for path in files:
        for file in sorted(path.rglob('*')) if path.is_dir() else [path]:
            if file.is_file() and '__pycache__' not in file.parts:
                digest.update(f'\0{file}\0'.encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def read_stamps() -> dict[str, str]:
    try:
        stamps: dict[str, str] = json.loads(STAMPS.read_text())
    except (OSError, ValueError):
        return {}
    return stamps


def write_stamps(stamps: dict[str, str]) -> None:
    """Replace the stamps in one piece, so that an interruption cannot leave half of them."""
    fresh = STAMPS.with_suffix('.new')
    fresh.write_text(json.dumps(stamps, indent=1))
    fresh.replace(STAMPS)
