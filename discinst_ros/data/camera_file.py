# SPDX-License-Identifier: Apache-2.0
"""camera.json: intrinsics and the scale of the depth images beside it."""

from __future__ import annotations

import difflib
import json
import math
from pathlib import Path
from typing import Any

from discinst_ros.data.image_files import FolderError
from discinst_ros.instances import Intrinsics

#: Metres per step of a depth image, where a camera file names no other.
DEPTH_SCALE_M = 0.001
_NUMBERS = ('fx', 'fy', 'cx', 'cy', 'width', 'height')
_KEYS = (*_NUMBERS, 'depth_scale_m', 'distortion')


def read_camera(path: Path) -> tuple[Intrinsics, float, Any]:
    """
    Read the intrinsics, the metres per step of depth, and what it says of distortion.

    The last is for the programs that know it, None where it is not there.

    :raises FolderError: where a value is missing, unknown or impossible.
    """
    try:
        values = json.loads(path.read_text(encoding='utf-8-sig'))
    except (OSError, ValueError) as error:
        raise FolderError(f"'{path}' cannot be read as JSON: {error}") from error
    if not isinstance(values, dict):
        raise FolderError(f"'{path}' holds {type(values).__name__}, expected an object with "
                          f'{", ".join(_NUMBERS)}')
    for key in values:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1) or [', '.join(_KEYS)]
            raise FolderError(f"'{path}' has the unknown key '{key}'; did you mean {near[0]}?")
    numbers = {key: _number(path, values, key) for key in _NUMBERS}
    scale_m = _number(path, values, 'depth_scale_m') if 'depth_scale_m' in values else (
        DEPTH_SCALE_M)
    if not scale_m > 0:
        raise FolderError(f"'{path}': depth_scale_m is {scale_m}, expected more than 0")
    try:
        intrinsics = Intrinsics(
            numbers['fx'], numbers['fy'], numbers['cx'], numbers['cy'],
            round(numbers['width']), round(numbers['height']))
    except ValueError as error:
        raise FolderError(f"'{path}': {error}") from error
    return intrinsics, scale_m, values.get('distortion')


def write_camera(path: Path, intrinsics: Intrinsics, distortion: Any = None) -> None:
    """
    Write the intrinsics, with the scale that depth is written in.

    :param distortion: as it was read; None is left out.
    """
    values = {key: getattr(intrinsics, key) for key in _NUMBERS}
    values['depth_scale_m'] = DEPTH_SCALE_M
    if distortion is not None:
        values['distortion'] = distortion
    path.write_text(json.dumps(values, indent=1) + '\n')


def _number(path: Path, values: dict[str, object], key: str) -> float:
    if key not in values:
        raise FolderError(f"'{path}' lacks '{key}'")
    value = values[key]
    try:
        number = (float(value) if isinstance(value, (int, float)) and not isinstance(value, bool)
                  else math.nan)
    except OverflowError:  # a whole number of hundreds of digits
        number = math.inf
    if not math.isfinite(number):
        raise FolderError(f"'{path}': {key} is {value!r:.60}, expected a number")
    return number
