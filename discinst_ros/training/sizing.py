# SPDX-License-Identifier: Apache-2.0
"""Images of any size, brought to the one size of a batch."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from discinst_ros.data.sample import Sample
import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

_Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Sized(Sample):
    """A sample of the size of a batch."""

    #: Where the whole image lies, which is what the node would see: left, top, width, height in
    #: the pixels of the sample.
    extent: tuple[int, int, int, int] = (0, 0, 0, 0)


def reduce_to(sample: Sample, width: int, height: int) -> Sized:
    """
    Reduce a sample until it fits and fill the rest with pixels to ignore.

    The node reduces by the longer side alone, which is the same where that is what fits last.
    A sample that is smaller stays as large as it is.

    :return: of ``width`` × ``height``, the image in the upper left corner.
    """
    rows, columns = sample.image.shape[:2]
    scale = min(1.0, width / columns, height / rows)
    size = max(1, round(rows * scale)), max(1, round(columns * scale))
    reduced = replace(
        sample, image=_smaller(sample.image, size), labels=_nearest(sample.labels, size),
        classes=_nearest(sample.classes, size), depth=_nearest(sample.depth, size),
        intrinsics=sample.intrinsics and sample.intrinsics.scaled_to(size[1], size[0]))
    return _sized(reduced, width, height, (0, 0, size[1], size[0]))


def crop_to(sample: Sample, width: int, height: int, rng: np.random.Generator | None) -> Sized:
    """
    Cut a window out of a sample; what is smaller is filled with pixels to ignore.

    :param rng: places the window; None takes the middle.
    :return: of ``width`` × ``height``.
    """
    spare = [max(0, have - want) for have, want in zip(sample.image.shape, (height, width))]
    top, left = (int(rng.integers(room + 1)) if rng else room // 2 for room in spare)
    window = slice(top, top + height), slice(left, left + width)

    def cut(values: _Array | None) -> Any:
        return None if values is None else values[window]

    camera = sample.intrinsics
    rows, columns = sample.image.shape[:2]
    return _sized(replace(
        sample, image=cut(sample.image), labels=cut(sample.labels), classes=cut(sample.classes),
        depth=cut(sample.depth), intrinsics=camera and replace(
            camera, cx=camera.cx - left, cy=camera.cy - top,
            width=min(width, camera.width), height=min(height, camera.height))), width, height,
        (-left, -top, columns, rows))


def _smaller(image: _Array, size: tuple[int, int]) -> _Array:
    """Resize as :func:`discinst_ros.inference.preprocess.to_input` does."""
    if image.shape[:2] == size:
        return image
    x = torch.from_numpy(np.ascontiguousarray(image)).movedim(-1, 0)[None]
    x = functional.interpolate(x, size, mode='bilinear', antialias=True)
    return x[0].movedim(0, -1).numpy()


def _nearest(values: _Array | None, size: tuple[int, int]) -> Any:
    """Take of each target pixel the source pixel under its centre."""
    if values is None or values.shape == size:
        return values
    rows, columns = (((np.arange(new) + 0.5) * old / new).astype(np.int64)
                     for old, new in zip(values.shape, size))
    return values[rows[:, None], columns]


def _sized(sample: Sample, width: int, height: int, extent: tuple[int, int, int, int]) -> Sized:
    """Return a sample filled up to a size."""
    padded = _padded(sample, width, height)
    return Sized(**{field.name: getattr(padded, field.name) for field in fields(Sample)},
                 extent=extent)


def _padded(sample: Sample, width: int, height: int) -> Sample:
    down, right = height - sample.image.shape[0], width - sample.image.shape[1]
    if not (down or right):
        return sample
    border = ((0, down), (0, right))

    def pad(values: _Array | None, value: float) -> Any:
        return None if values is None else np.pad(values, border, constant_values=value)

    return replace(sample, image=np.pad(sample.image, (*border, (0, 0)), mode='edge'),
                   labels=pad(sample.labels, -1), classes=pad(sample.classes, 0),
                   depth=pad(sample.depth, np.nan), intrinsics=sample.intrinsics and replace(
                       sample.intrinsics, width=width, height=height))
