# SPDX-License-Identifier: Apache-2.0
"""A canvas that is painted from the back to the front, so that occlusion is true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

FloatImage: TypeAlias = npt.NDArray[np.floating[Any]]
#: Points N×2, or one of them: x, y in pixels.
Points: TypeAlias = npt.NDArray[np.float64]

#: Focal length of the camera above a scene, in heights of its image.
FOCAL_PER_HEIGHT = 1.1

#: Points are handed to OpenCV in 1/16 px.
_SUBPIXEL_BITS = 4


@dataclass(frozen=True)
class Window:
    """
    The part of the canvas that a shape touches, with coordinates of the shape's own.

    ``u`` runs along the shape's first axis and ``v`` across it, both -1 to 1 inside the shape.
    """

    rows: slice
    columns: slice
    #: h×w float32.
    u: FloatImage
    v: FloatImage


@dataclass(frozen=True)
class Light:
    """One lamp for the whole scene."""

    #: Direction in which shadows fall, radians in the image plane.
    direction: float
    #: Share of the light that a shadow takes away, 0 to 1.
    shadow: float
    #: Length of a shadow per pixel of height, and its softness in pixels.
    reach: float
    softness: float


class Canvas:
    """
    Colour, ids and depth of a scene in the making.

    :param background: H×W×3 float32, 0 to 255.
    :param table_depth_m: depth of the table, a plane across the optical axis.
    :param light: the lamp that casts the shadows.
    """

    def __init__(self, background: FloatImage, table_depth_m: float, light: Light) -> None:
        self.colour = background.copy()
        height, width = background.shape[:2]
        self.labels = np.zeros((height, width), np.int32)
        self.depth = np.full((height, width), table_depth_m, np.float32)
        self.light = light

    def window(self, outline: Points, angle: float) -> Window | None:
        """
        Return the window of a shape, or None where it lies outside the canvas.

        :param outline: N×2 polygon, x and y in pixels.
        :param angle: direction of the shape's first axis, radians.
        """
        margin = 2
        height, width = self.labels.shape
        low = np.floor(outline.min(axis=0)).astype(int) - margin
        high = np.ceil(outline.max(axis=0)).astype(int) + margin + 1
        x0, y0 = max(low[0], 0), max(low[1], 0)
        x1, y1 = min(high[0], width), min(high[1], height)
        if x0 >= x1 or y0 >= y1:
            return None
        axes = np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
        along = outline @ axes.T
        centre = (along.max(axis=0) + along.min(axis=0)) / 2
        half = np.maximum((along.max(axis=0) - along.min(axis=0)) / 2, 1e-3)
        x = np.arange(x0, x1, dtype=np.float32)[None, :]
        y = np.arange(y0, y1, dtype=np.float32)[:, None]
        u, v = ((x * np.float32(axes[k, 0]) + y * np.float32(axes[k, 1])
                 - np.float32(centre[k])) / np.float32(half[k]) for k in range(2))
        return Window(slice(y0, y1), slice(x0, x1), u, v)

    def coverage(self, outline: Points, window: Window,
                 holes: Iterable[Points] = ()) -> FloatImage:
        """
        Return the share of each pixel of the window that a shape covers, h×w float32, 0 to 1.

        :param outline: N×2 polygon, x and y in pixels.
        :param holes: polygons inside the outline that are not covered.
        """
        mask = np.zeros(window.u.shape, np.uint8)
        corner = window.columns.start, window.rows.start
        # What an odd number of polygons encloses is filled.
        polygons = [np.round((points - corner) * 2**_SUBPIXEL_BITS).astype(np.int32)
                    for points in (outline, *holes)]
        cv2.fillPoly(mask, polygons, 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        return mask.astype(np.float32) / 255

    def paint(self, window: Window, alpha: FloatImage, colour: FloatImage, label: int,
              depth_m: float, height_px: float) -> None:
        """
        Lay one object over what is there: first its shadow, then itself.

        :param alpha: h×w, share of each pixel covered.
        :param colour: h×w×3, 0 to 255.
        :param label: id of the pixels it covers by half or more.
        :param depth_m: depth of its surface.
        :param height_px: height above what lies beneath, for the length of the shadow.
        """
        self._cast_shadow(window, alpha, height_px)
        place = window.rows, window.columns
        self.colour[place] += alpha[..., None] * (colour - self.colour[place])
        inside = alpha >= 0.5
        self.labels[place][inside] = label
        self.depth[place][inside] = depth_m

    def _cast_shadow(self, window: Window, alpha: FloatImage, height_px: float) -> None:
        light = self.light
        if light.shadow <= 0:
            return
        pad = int(light.softness * 2 + light.reach * height_px) + 2
        dx = int(round(np.cos(light.direction) * light.reach * height_px))
        dy = int(round(np.sin(light.direction) * light.reach * height_px))
        shade = cv2.copyMakeBorder(alpha, pad, pad, pad, pad, cv2.BORDER_CONSTANT)
        shade = cv2.blur(cv2.blur(shade, (2 * int(light.softness) + 1,) * 2),
                         (int(light.softness) + 1,) * 2)
        y0 = window.rows.start - pad + dy
        x0 = window.columns.start - pad + dx
        height, width = self.labels.shape
        top, left = max(y0, 0), max(x0, 0)
        bottom, right = min(y0 + shade.shape[0], height), min(x0 + shade.shape[1], width)
        if top >= bottom or left >= right:
            return
        part = shade[top - y0:bottom - y0, left - x0:right - x0]
        self.colour[top:bottom, left:right] *= (1 - light.shadow * part)[..., None]
