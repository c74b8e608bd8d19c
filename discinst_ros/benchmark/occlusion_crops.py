# SPDX-License-Identifier: Apache-2.0
"""Cut the part of an image that a box is about, and put what was found in it back."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

#: Room around a box on each side, as a share of the box's own side.
MARGIN = 0.1


@dataclass(frozen=True)
class Window:
    """A box with room around it, in pixels, half-open; parts of it may lie outside the image."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def around(cls, box: tuple[int, int, int, int], margin: float = MARGIN) -> Window:
        """
        Return the window of a box.

        :param box: x0, y0, x1, y1 in pixels, half-open.
        :param margin: share of the box's side on either side of it, rounded up to pixels.
        """
        x0, y0, x1, y1 = box
        across, down = math.ceil(margin * (x1 - x0)), math.ceil(margin * (y1 - y0))
        return cls(x0 - across, y0 - down, x1 + across, y1 + down)

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.y1 - self.y0

    def inside(self, width: int, height: int) -> tuple[slice, slice]:
        """Return rows and columns of the part of the window that lies in an image."""
        return (slice(max(self.y0, 0), min(self.y1, height)),
                slice(max(self.x0, 0), min(self.x1, width)))

    def own(self, width: int, height: int) -> tuple[slice, slice]:
        """Return the same part in the window's own rows and columns."""
        rows, columns = self.inside(width, height)
        return (slice(rows.start - self.y0, rows.stop - self.y0),
                slice(columns.start - self.x0, columns.stop - self.x0))


def crop(image: npt.NDArray[Any], window: Window, side: int) -> npt.NDArray[Any]:
    """
    Return what a window shows as a square, whatever the window's aspect.

    :param image: H×W or H×W×C, uint8 or float32; outside of it all is 0.
    :param window: that meets the image.
    :param side: of the square, pixels; a window of that size is copied as it is.
    """
    height, width = image.shape[:2]
    seen = np.zeros((window.height, window.width, *image.shape[2:]), image.dtype)
    seen[window.own(width, height)] = image[window.inside(width, height)]
    return np.asarray(cv2.resize(seen, (side, side), interpolation=cv2.INTER_LINEAR))


def uncrop(square: npt.NDArray[np.float32], window: Window, width: int, height: int
           ) -> npt.NDArray[np.float32]:
    """
    Return values of a square at their place in the image, 0 elsewhere: H×W float32.

    :param square: S×S, of :func:`crop`'s geometry.
    :param window: that it shows.
    :param width: of the image, pixels.
    :param height: of the image, pixels.
    """
    seen = cv2.resize(square, (window.width, window.height), interpolation=cv2.INTER_LINEAR)
    image = np.zeros((height, width), np.float32)
    image[window.inside(width, height)] = seen[window.own(width, height)]
    return image
