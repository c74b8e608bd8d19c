# SPDX-License-Identifier: Apache-2.0
"""
A frame of messages to what the segmenter takes.

A broken image is refused. Broken depth or calibration costs the poses, not the instances: it is
reported, and the image goes on without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from discinst_ros.instances import Intrinsics
from discinst_ros.nodes.calibration import check_undistorted, intrinsics_from_msg
from discinst_ros.nodes.frame_sync import Frame
from discinst_ros.nodes.image_conversions import (
    depth_from_msg,
    image_from_compressed_msg,
    image_from_msg,
    MessageError,
)
import numpy as np
import numpy.typing as npt
from sensor_msgs.msg import CameraInfo, CompressedImage

#: Of so many stray pixels among those with depth people are told.
MOST_STRAY = 0.05


@dataclass(frozen=True)
class FrameInput:
    """What is known of one image."""

    #: H×W×3 uint8.
    rgb: npt.NDArray[np.uint8]
    #: H×W float32 metres, NaN = none.
    depth: npt.NDArray[np.float32] | None
    #: For the size of the image.
    intrinsics: Intrinsics | None
    #: Why depth that came is not used, in a few words; empty where none came or it is used.
    fault: str = ''

    @property
    def seen(self) -> str:
        """With what the image came, for people."""
        if self.depth is not None:
            return 'with depth'
        return f'without depth that can be used ({self.fault})' if self.fault else 'without depth'


def frame_input(frame: Frame, camera_info: CameraInfo | None,
                report: Callable[[MessageError], None], *, rectified: bool = False) -> FrameInput:
    """
    Convert and check a frame.

    :param camera_info: the one that counts for it, None where there is none yet.
    :param report: called with what is wrong with the depth or the calibration.
    :param rectified: the image is the rectified one.
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
        data = FrameInput(rgb, _depth(frame, width, height, report),
                          _intrinsics(camera_info, width, height, rectified))
    except MessageError as error:
        report(error)
        return FrameInput(rgb, None, None, error.kind)
    _compare_frames(frame, camera_info, report)
    if not rectified and camera_info is not None:
        try:
            check_undistorted(camera_info)
        except MessageError as error:
            report(error)
    return data


def _compare_frames(frame: Frame, camera_info: CameraInfo | None,
                    report: Callable[[MessageError], None]) -> None:
    """Say where depth or calibration are of another camera, as far as their frames tell."""
    own = frame.image.header.frame_id
    for what, msg, wanted in (('depth', frame.depth, 'depth registered to the image'),
                              ('camera_info', camera_info, 'the camera_info of this image')):
        other = '' if msg is None else msg.header.frame_id
        if own and other and other != own:
            report(MessageError(
                f'{what} in another frame', f'{what}: its frame is {other!r} and that of the '
                f'image {own!r}, so poses may be off; use {wanted}'))


def _depth(frame: Frame, width: int, height: int, report: Callable[[MessageError], None]
           ) -> npt.NDArray[np.float32]:
    # Here and not above: the core takes seconds to import, and the node should answer sooner.
    from discinst_ros.inference.checks import checked_depth

    depth = depth_from_msg(frame.depth)
    known = np.isfinite(depth).mean()
    if not known:
        raise MessageError('depth without values', f'depth: none of {depth.size} pixels has a '
                           'value, all are 0, NaN or infinite; poses need some')
    try:
        checked = checked_depth(depth, height, width)
    except ValueError as error:
        raise MessageError('unusable depth', str(error)) from error
    stray = 1 - np.isfinite(checked).mean() / known
    if stray > MOST_STRAY:
        told = MessageError('stray depth', f'depth: {stray:.0%} of its pixels are far before or '
                            'behind all around them and are left out; see to the exposure, the '
                            'projector or the confidence threshold of the depth camera')
        if not np.isfinite(checked).any():
            raise told
        report(told)
    return checked


def _intrinsics(camera_info: CameraInfo | None, width: int, height: int, rectified: bool
                ) -> Intrinsics:
    from discinst_ros.inference.checks import checked_intrinsics

    if camera_info is None:
        raise MessageError('no camera_info', 'camera_info: none has arrived, so there are no '
                           'poses; publish it or remap camera_info')
    intrinsics = intrinsics_from_msg(camera_info, rectified=rectified)
    try:
        return checked_intrinsics(intrinsics, height, width)
    except ValueError as error:
        raise MessageError('camera_info of another aspect', str(error)) from error
