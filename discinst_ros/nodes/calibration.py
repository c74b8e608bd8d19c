# SPDX-License-Identifier: Apache-2.0
"""
A camera_info to the pinhole camera of its image, and back.

REP 104 and sensor_msgs/CameraInfo: K is of the whole raw image as it was calibrated, P of the
rectified one; a region of interest shifts the principal point, and binning divides the rest.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
from discinst_ros.instances import Intrinsics
from discinst_ros.nodes.image_conversions import MessageError
import numpy as np
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

#: A lens that moves the corners of an image by less is taken as without distortion, pixels.
TOLERATED_DISTORTION_PX = 3.0
#: Focal lengths that a camera may have, in longer sides of its image: from the widest fisheye lens
#: to a telescope. With others the numbers of a pose overflow.
FOCAL_LENGTHS = (0.01, 1000.0)


def intrinsics_from_msg(msg: CameraInfo, *, rectified: bool = False) -> Intrinsics:
    """
    Return the pinhole camera of the part of the image that is sent, binned as it is.

    :param rectified: the image is the rectified one, so P counts; a camera without distortion may
        leave it empty, since K is the same then.
    :raises MessageError: where the camera is not calibrated.
    """
    matrix, columns = (msg.p, 4) if rectified and (msg.p[0] > 0 or any(msg.d)) else (msg.k, 3)
    region = msg.roi
    width, height = region.width or msg.width, region.height or msg.height
    try:
        intrinsics = Intrinsics(
            fx=matrix[0], fy=matrix[columns + 1], cx=matrix[2] - region.x_offset,
            cy=matrix[columns + 2] - region.y_offset, width=width, height=height)
        _check_plausible(intrinsics, max(msg.width, msg.height, width, height))
    except ValueError as error:
        raise MessageError('camera_info not calibrated', f'camera_info: {error}') from error
    return _binned(intrinsics, max(msg.binning_x, 1), max(msg.binning_y, 1))


def _binned(intrinsics: Intrinsics, across: int, down: int) -> Intrinsics:
    """Return the camera of an image of which so many pixels became one; a rest is left out."""
    width, height = (max(1, side // bin_) for side, bin_ in (
        (intrinsics.width, across), (intrinsics.height, down)))
    return replace(intrinsics, width=across * width, height=down * height).scaled_to(width, height)


def _check_plausible(intrinsics: Intrinsics, side_px: int) -> None:
    """
    Refuse numbers that no camera has.

    :param side_px: the longer side of the whole image, as a region of interest may be tiny.
    :raises ValueError: which one it is.
    """
    shortest, longest = (factor * side_px for factor in FOCAL_LENGTHS)
    for name in ('fx', 'fy'):
        value = getattr(intrinsics, name)
        if not shortest <= value <= longest:
            raise ValueError(f'intrinsics: {name} is {value:g} for an image of {side_px} pixels, '
                             f'expected {shortest:g} to {longest:g}; is the camera calibrated?')
    for name in ('cx', 'cy'):
        value = getattr(intrinsics, name)
        if not abs(value) <= longest:
            raise ValueError(f'intrinsics: {name} is {value:g} for an image of {side_px} pixels; '
                             'is the camera calibrated?')


def intrinsics_to_msg(intrinsics: Intrinsics, header: Header) -> CameraInfo:
    """Return the camera_info of a rectified pinhole camera."""
    fx, fy, cx, cy = intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy
    return CameraInfo(
        header=header, width=intrinsics.width, height=intrinsics.height,
        distortion_model='plumb_bob', d=[0.0] * 5,
        k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0])


def check_undistorted(msg: CameraInfo) -> None:
    """
    Refuse a lens whose image is no pinhole camera's.

    :raises MessageError: where the corners of the raw image lie elsewhere than a pinhole camera
        has them; how far.
    """
    matrix, coefficients = np.reshape(msg.k, (3, 3)), np.asarray(msg.d, float)
    corners = np.array([[(x, y)] for x in (0.0, msg.width - 1) for y in (0.0, msg.height - 1)])
    undistort = cv2.fisheye.undistortPoints if msg.distortion_model == 'equidistant' else (
        cv2.undistortPoints)
    straight = corners
    if coefficients.any():
        try:
            straight = np.asarray(undistort(corners, matrix, coefficients, P=matrix))
        except cv2.error:
            raise MessageError(
                'camera_info with distortion', f'camera_info: {len(msg.d)} coefficients of '
                f'distortion model {msg.distortion_model!r} are none that OpenCV knows; use the '
                'rectified image') from None
    moved = straight - corners
    # OpenCV leaves the skew of K out.
    moved[..., 0] -= matrix[0, 1] / matrix[1, 1] * (straight[..., 1] - matrix[1, 2])
    most_px = float(np.linalg.norm(moved, axis=-1).max())
    if not most_px <= TOLERATED_DISTORTION_PX:
        raise MessageError(
            'camera_info with distortion', f'camera_info: the lens moves the corners by '
            f'{most_px:.0f} pixels, so poses are off towards them; use the rectified image '
            '(image_rect of image_proc), and depth registered to it')
