# SPDX-License-Identifier: Apache-2.0
"""
A frame of messages to what the segmenter takes.

A broken image is refused. Broken depth or calibration costs the poses, not the instances: it is
reported, and the image goes on without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CameraInfo, CompressedImage

from discinst_ros.geometry.camera import resample_nearest
from discinst_ros.instances import Intrinsics
from discinst_ros.nodes.frame_sync import Frame
from discinst_ros.nodes.image_conversions import (
    depth_from_msg, image_from_compressed_msg, image_from_msg, intrinsics_from_msg, MessageError)


@dataclass(frozen=True)
class FrameInput:
    """What is known of one image."""

    #: H×W×3 uint8.
    rgb: npt.NDArray[np.uint8]
    #: H×W float32 metres, NaN = none.
    depth: npt.NDArray[np.float32] | None
    #: For the size of the image.
    intrinsics: Intrinsics | None


def frame_input(frame: Frame, camera_info: CameraInfo | None,
                report: Callable[[MessageError], None]) -> FrameInput:
    """
    Convert and check a frame.

    :param camera_info: the newest one, None where there is none yet.
    :param report: called with what is wrong with the depth or the calibration.
    :raises MessageError: where the image itself cannot be used.
    """
    if isinstance(frame.image, CompressedImage):
        rgb = image_from_compressed_msg(frame.image)
    else:
        rgb = image_from_msg(frame.image)
    if frame.depth is None:
        return FrameInput(rgb, None, None)
    height, width = rgb.shape[:2]
    try:
        return FrameInput(rgb, _depth(frame, width, height),
                          _intrinsics(camera_info, width, height))
    except MessageError as error:
        report(error)
        return FrameInput(rgb, None, None)


def _depth(frame: Frame, width: int, height: int) -> npt.NDArray[np.float32]:
    depth = depth_from_msg(frame.depth)
    depth_height, depth_width = depth.shape
    if not _same_aspect(depth_width, depth_height, width, height):
        raise MessageError('depth of another aspect', f'depth is {depth_width}×{depth_height} and '
                           f'the image is {width}×{height}: their aspects differ; register the '
                           'depth to the image')
    if not np.isfinite(depth).any():
        raise MessageError('depth without values', f'depth: none of {depth.size} pixels has a '
                           'value, all are 0, NaN or infinite; poses need some')
    if (depth_width, depth_height) == (width, height):
        return depth
    return resample_nearest(depth, width, height)


def _intrinsics(camera_info: CameraInfo | None, width: int, height: int) -> Intrinsics:
    if camera_info is None:
        raise MessageError('no camera_info', 'camera_info: none has arrived, so there are no '
                           'poses; publish it or remap camera_info')
    intrinsics = intrinsics_from_msg(camera_info)
    if (intrinsics.width, intrinsics.height) == (width, height):
        return intrinsics
    if not _same_aspect(intrinsics.width, intrinsics.height, width, height):
        raise MessageError('camera_info of another aspect', 'camera_info is for '
                           f'{intrinsics.width}×{intrinsics.height} and the image is '
                           f'{width}×{height}: their aspects differ; remap camera_info to that '
                           'of the image')
    return intrinsics.scaled_to(width, height)


def _same_aspect(width: int, height: int, other_width: int, other_height: int) -> bool:
    """Compare to within the rounding of either size to whole pixels."""
    return abs(width * other_height - height * other_width) <= max(
        width + height, other_width + other_height) / 2
