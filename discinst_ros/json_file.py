# SPDX-License-Identifier: Apache-2.0
"""JSON files of figures, in which what has no value is null: JSON knows no NaN."""

from __future__ import annotations

from collections.abc import Mapping
import json
import math
from pathlib import Path
from typing import Any

from discinst_ros.whole_file import write_whole


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """
    Write a file whole.

    :param path: of the file; its folder is made where missing.
    :param content: what JSON can hold, and NaN.
    :raises OSError: where it cannot be written.
    """
    write_whole(path, json.dumps(plain(content), indent=1, allow_nan=False) + '\n')


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it, at any depth: None in place of NaN."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
