# SPDX-License-Identifier: Apache-2.0
"""
Where the camera of a cell stands, and what it makes of what is there.

The faults of depth are those that Nguyen, Izadi and Lovell measured ("Modeling Kinect sensor noise
for improved 3D reconstruction and tracking", 3DIMPVT 2012, equations 1 to 3): they grow where a
surface is seen at a flat angle. The heaps that networks are trained on have another model.
"""

from __future__ import annotations

import math

import cv2
from discinst_ros.geometry.camera import deproject
from discinst_ros.instances import Intrinsics
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
from discinst_ros.scenes.heaps.views.camera import Camera, look
from discinst_ros.scenes.heaps.views.colour_sensor import blurred, grainy, Image
from discinst_ros.scenes.heaps.views.depth_sensor import Depth
from discinst_ros.scenes.textures import Rng
import numpy as np

#: Size of the images unless given, the least and the most of either side, and how many times as
#: long as the other it may be: above a flat picture the camera stands too far away to see depth.
WIDTH_PX, HEIGHT_PX = 640, 480
SIDE_PX = (32, 4096)
_LONGEST = 4
_FIELD_RAD = math.radians(55)
#: The bin fills so much of the picture.
_FILL = 0.8
#: Most angle between the camera's axis and the vertical.
_MOST_TILT_RAD = math.radians(6)
#: Depth is given in these steps, as 16UC1 has it.
_STEP_M = 0.001
#: What is nearer gives no depth.
_NEAREST_M = 0.1
#: Surfaces seen flatter than this give no depth.
_FLATTEST_RAD = math.radians(82)
#: Width of the image that the model's pixels are of.
_MODEL_WIDTH_PX = 640


def check_size(width: int, height: int) -> None:
    """
    Refuse images that are too small or too flat to show a bin, or larger than any camera's.

    :raises ValueError: for such a size.
    """
    least, most = SIDE_PX
    if not (least <= width <= most and least <= height <= most):
        raise ValueError(f'images of {width}x{height} pixels: expected {least} to {most} on '
                         'either side')
    if max(width, height) > _LONGEST * min(width, height):
        raise ValueError(f'images of {width}x{height} pixels: expected no side of more than '
                         f'{_LONGEST} times the other')


def camera_above(place: Surroundings, rng: Rng, width: int, height: int) -> Camera:
    """Return a camera that looks down on all of a bin, not quite vertically."""
    focal = width / 2 / math.tan(_FIELD_RAD / 2)
    intrinsics = Intrinsics(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)
    reach = np.array(place.opening)
    longest = int(reach.argmax())
    distance = focal / _FILL * max(float(reach.max()) / (width / 2),
                                   float(reach.min()) / (height / 2))
    # The picture is as wide as the bin is long.
    azimuth = (-math.pi / 2, 0.0)[longest] + rng.normal(0, 0.05)
    tilt = math.pi / 2 - rng.uniform(0, _MOST_TILT_RAD)
    away = np.array((math.cos(tilt) * math.cos(azimuth), math.cos(tilt) * math.sin(azimuth),
                     math.sin(tilt)))
    eye = np.array((0.0, 0.0, place.wall_m)) + distance * away
    return Camera(intrinsics, look(eye, -away, azimuth, 0.0))


def sense_depth(depth: Depth, intrinsics: Intrinsics, rng: Rng) -> Depth:
    """
    Return what the camera makes of true depth.

    :param depth: H×W metres, NaN = none.
    """
    angle = np.minimum(_angles(depth, intrinsics), _FLATTEST_RAD)
    flatness = angle / (math.pi / 2 - angle)
    aside_px = (0.8 + 0.035 * flatness) * depth.shape[1] / _MODEL_WIDTH_PX
    rows, columns = np.indices(depth.shape, np.float32)
    moved = cv2.remap(
        depth, (columns + aside_px * rng.standard_normal(depth.shape)).astype(np.float32),
        (rows + aside_px * rng.standard_normal(depth.shape)).astype(np.float32),
        cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    deviation = 0.0012 + 0.0019 * (moved - 0.4) ** 2
    # The third term is for flat angles; of others it is a tenth of a millimetre.
    deviation += 0.0001 / np.sqrt(moved) * flatness ** 2
    sensed = moved + deviation * rng.standard_normal(depth.shape)
    sensed = np.round(sensed / _STEP_M) * _STEP_M
    seen = (angle < _FLATTEST_RAD) & (sensed >= _NEAREST_M)
    return np.where(seen, sensed, np.nan).astype(np.float32)


def sense_colour(image: Image, rng: Rng) -> Image:
    """Return what the camera makes of colours."""
    return grainy(blurred(image, sigma_px=0.6 * image.shape[1] / _MODEL_WIDTH_PX), rng,
                  read=2.0, shot=3.0)


def _angles(depth: Depth, intrinsics: Intrinsics) -> Depth:
    """Return the angle between the ray and the surface's normal in each pixel; NaN = none."""
    points = deproject(depth, intrinsics)
    across = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0))
    with np.errstate(invalid='ignore', divide='ignore'):
        cosine = np.abs((across * points).sum(axis=2)) / (
            np.linalg.norm(across, axis=2) * np.linalg.norm(points, axis=2))
    return np.asarray(np.arccos(np.clip(cosine, 0, 1)), np.float32)
