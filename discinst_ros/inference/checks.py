# SPDX-License-Identifier: Apache-2.0
"""What arrives at the segmenter's door: refused in one sentence, or brought to one form."""

from __future__ import annotations

from typing import Any

from discinst_ros.describe import described
from discinst_ros.geometry.camera import resample_nearest
from discinst_ros.inference.speckles import without_speckles
from discinst_ros.instances import Intrinsics
import numpy as np
import numpy.typing as npt
import torch

#: Half of an image is never farther away, metres: millimetres that pass for metres are.
_FAR_M = 100.0
#: Every so many rows and columns tell the unit.
_UNIT_STRIDE = 8


class InferenceError(ValueError):
    """An image, depth, camera or device that cannot be used; the message says what to do."""


def checked_image(rgb: object) -> npt.NDArray[np.uint8]:
    """
    Return the image if it is H×W×3 uint8.

    :raises InferenceError: naming what arrived instead.
    """
    if not isinstance(rgb, np.ndarray):
        raise InferenceError(f'image: expected a numpy array, got {type(rgb).__name__}')
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
        raise InferenceError(f'image: expected HxWx3 uint8 RGB, got {described(rgb)}')
    return rgb


def checked_classes(classes: object, height: int, width: int) -> npt.NDArray[np.integer[Any]]:
    """
    Return a class map if it is integer and of the image's size; below 0 becomes background.

    :raises InferenceError: naming what arrived instead.
    """
    if not isinstance(classes, np.ndarray):
        raise InferenceError(f'classes: expected a numpy array, got {type(classes).__name__}')
    if classes.shape != (height, width) or classes.dtype.kind not in 'iu':
        raise InferenceError(f'classes: expected {height}x{width} integers as the image has, got '
                             f'{described(classes)}')
    return np.maximum(classes, 0)


def checked_depth(depth: object, height: int, width: int) -> npt.NDArray[np.float32]:
    """
    Return depth at the image's resolution, float32 metres with NaN where there is none.

    :param depth: h×w float metres; 0, negative, infinite or NaN = none. Another resolution than
        the image's is resampled, another aspect cannot be registered to it. Stray pixels
        (:mod:`~discinst_ros.inference.speckles`) become none.
    :raises InferenceError: naming what arrived instead.
    """
    if not isinstance(depth, np.ndarray):
        raise InferenceError(f'depth: expected a numpy array, got {type(depth).__name__}')
    if depth.ndim != 2 or depth.dtype.kind != 'f' or depth.size == 0:
        fix = '; divide millimetres by 1000' if depth.dtype.kind in 'iu' else ''
        raise InferenceError(f'depth: expected HxW float metres, got {described(depth)}{fix}')
    if not same_aspect(depth.shape[1], depth.shape[0], width, height):
        raise InferenceError(
            f'depth is {depth.shape[1]}x{depth.shape[0]} and the image {width}x{height}: another '
            'aspect, so it is not registered to the image; use the registered depth topic')
    metres = depth.astype(np.float32)
    metres[~(np.isfinite(metres) & (metres > 0))] = np.nan
    _refuse_millimetres(metres)
    metres = without_speckles(metres)
    return metres if depth.shape == (height, width) else resample_nearest(metres, width, height)


def checked_intrinsics(intrinsics: Intrinsics, height: int, width: int) -> Intrinsics:
    """
    Return the intrinsics for the image's resolution.

    :raises InferenceError: where they are of an image of another aspect.
    """
    if not same_aspect(intrinsics.width, intrinsics.height, width, height):
        raise InferenceError(
            f'intrinsics are of a {intrinsics.width}x{intrinsics.height} image, the image is '
            f'{width}x{height}: another aspect; use the camera_info of this image')
    return intrinsics.scaled_to(width, height)


def same_aspect(width: int, height: int, other_width: int, other_height: int) -> bool:
    """Tell whether one size is the other one scaled, each side to the nearest pixel."""
    if width > other_width:
        width, height, other_width, other_height = other_width, other_height, width, height
    return 2 * abs(other_height * width - height * other_width) <= other_width


def _refuse_millimetres(depth: npt.NDArray[np.float32]) -> None:
    sample = depth[::_UNIT_STRIDE, ::_UNIT_STRIDE]
    known = sample[np.isfinite(sample)]
    if known.size and (median := float(np.median(known))) > _FAR_M:
        raise InferenceError(f'depth: half of it is {median:.0f} m away or more, as millimetres '
                             'are that pass for metres; divide it by 1000, or publish 16UC1')


def choose_device(name: str) -> torch.device:
    """
    Return the device that a name stands for; 'auto' is a GPU where there is one.

    :raises InferenceError: for a name that is no device, or one that is not there.
    """
    if name == 'auto':
        return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InferenceError(f"device '{name}' is not known; use auto, cpu, cuda or cuda:1"
                             ) from None
    if device.type == 'cuda' and (device.index or 0) >= torch.cuda.device_count():
        raise InferenceError(f"device '{name}' is not there: this machine has "
                             f'{torch.cuda.device_count()} CUDA devices; use auto or cpu')
    if device.type not in ('cpu', 'cuda'):
        raise InferenceError(f"device '{name}' is not supported; use auto, cpu, cuda or cuda:1")
    return device
