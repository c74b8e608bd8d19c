# SPDX-License-Identifier: Apache-2.0
"""
Flip, rotation, zoom and crop as one affine map, for everything that a sample holds.

All of it is composed before anything is sampled, so nothing is resampled twice. The image is
sampled bilinearly, after a low-pass where the map reduces. Ids, classes and depth come from the
nearest pixel, the same for all three, since a mean of two ids or of two surfaces is neither. Flips
and quarter turns at zoom 1 are exact: every pixel is a pixel of the source.

What lies outside the source is no knowledge: id -1 (ignore), class 0, depth NaN. The image is
reflected there, so that the network meets no border that real images do not have.

The camera follows, and with it the points that depth gives. A rotation of the image is the camera
turned about its optical axis; a zoom is a longer lens, so the focal length changes and the depth
does not. A flipped image shows the mirrored scene (X to -X), which the same kind of camera sees.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
import math
from typing import Any, TypeAlias

import cv2
from discinst_ros.data.sample import Sample
from discinst_ros.instances import Intrinsics
import numpy as np
import numpy.typing as npt

#: 2×3 float64, pixel of the source to pixel of the view.
Affine: TypeAlias = npt.NDArray[np.float64]
Pixels: TypeAlias = npt.NDArray[Any]

#: Entries of a map this near to an integer are meant to be it: a quarter turn is exact.
_EXACT = 1e-9


@dataclass(frozen=True)
class View:
    """How a sample is looked at anew."""

    #: Of the view, pixels.
    width: int
    height: int
    #: Pixel of the source, x and y, that comes to the middle of the view.
    centre: tuple[float, float]
    #: Pixels of the view per pixel of the source.
    zoom: float = 1.0
    #: From x to y, which is clockwise in the image; after the flips.
    rotation_rad: float = 0.0
    mirror_x: bool = False
    mirror_y: bool = False

    def turn(self) -> npt.NDArray[np.float64]:
        """Return flips and rotation, 2×2: it also moves the scene's X and Y."""
        cos, sin = math.cos(self.rotation_rad), math.sin(self.rotation_rad)
        flips = np.array((-1.0 if self.mirror_x else 1.0, -1.0 if self.mirror_y else 1.0))
        return np.asarray(np.array(((cos, -sin), (sin, cos))) * flips)

    def map(self, stretch: tuple[float, float] = (1.0, 1.0)) -> Affine:
        """
        Return the map from pixels of the source to pixels of the view.

        :param stretch: of the source's pixels, x and y, before all else.
        """
        linear = _snapped(self.zoom * self.turn() * stretch)
        middle = ((self.width - 1) / 2, (self.height - 1) / 2)
        return np.column_stack((linear, _snapped(middle - linear @ self.centre)))


def look(sample: Sample, view: View) -> Sample:
    """
    Return the sample as a view shows it; arrays of a view that changes nothing are the sample's.

    Pixels that are not square cannot be rotated by any angle and stay those of a pinhole camera
    without skew, so such a rotation first makes them square.
    """
    camera = sample.intrinsics
    affine = view.map(_squaring(camera, view))
    height, width = sample.image.shape[:2]
    if (view.width, view.height) == (width, height) and np.array_equal(affine, np.eye(2, 3)):
        return sample
    source = source_pixels((height, width), affine, (view.width, view.height))
    return replace(
        sample,
        image=warp_image(sample.image, affine, (view.width, view.height)),
        labels=_taken(sample.labels, source, -1),
        classes=_taken(sample.classes, source, 0),
        depth=_taken(sample.depth, source, np.nan),
        intrinsics=None if camera is None else _seen_by(camera, affine, view))


def warp_image(image: Pixels, affine: Affine, size: tuple[int, int],
               border: int = cv2.BORDER_REFLECT_101) -> Pixels:
    """
    Return an image under a map, bilinear; of width and height ``size``.

    :param border: OpenCV's rule for what lies outside.
    """
    reduction = 1 / math.sqrt(abs(np.linalg.det(affine[:, :2])))
    if reduction > 1 + _EXACT:
        # A Gaussian that leaves little above the frequencies the view can hold, and at reduction
        # 1 leaves the image as it is.
        image = cv2.GaussianBlur(image, (0, 0), max((reduction - 1) / 2, 0.1))
    return np.asarray(cv2.warpAffine(image, affine, size, flags=cv2.INTER_LINEAR,
                                     borderMode=border))


def source_pixels(shape: tuple[int, int], affine: Affine,
                  size: tuple[int, int]) -> npt.NDArray[np.int32]:
    """
    Return which pixel of the source each pixel of the view shows, -1 for none.

    :param shape: height and width of the source.
    :param size: width and height of the view.
    :return: height×width indices into the flat source.
    """
    numbers = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    return np.asarray(cv2.warpAffine(numbers, affine, size, flags=cv2.INTER_NEAREST,
                                     borderMode=cv2.BORDER_CONSTANT, borderValue=-1))


def _taken(values: Pixels | None, source: npt.NDArray[np.int32], outside: float) -> Any:
    if values is None:
        return None
    return np.where(source < 0, np.asarray(outside, values.dtype), values.ravel()[source])


def _squaring(camera: Intrinsics | None, view: View) -> tuple[float, float]:
    """Return the stretch of x and y with which pixels are square where a rotation needs it."""
    turn = _snapped(view.turn())
    if camera is None or camera.fx == camera.fy or (turn == np.round(turn)).all():
        return 1.0, 1.0
    focal = math.sqrt(camera.fx * camera.fy)
    return focal / camera.fx, focal / camera.fy


def _seen_by(camera: Intrinsics, affine: Affine, view: View) -> Intrinsics:
    """Return the camera that sees the view: its focal lengths are positive, also after a flip."""
    fx, fy = np.hypot(*(affine[:, :2] * (camera.fx, camera.fy)).T)
    cx, cy = affine @ (camera.cx, camera.cy, 1.0)
    return Intrinsics(float(fx), float(fy), float(cx), float(cy), view.width, view.height)


def _snapped(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    whole = np.round(values)
    return np.where(np.abs(values - whole) < _EXACT, whole, values)
