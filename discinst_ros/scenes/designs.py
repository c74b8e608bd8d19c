# SPDX-License-Identifier: Apache-2.0
"""The catalogue of industrial parts: outlines with notches and holes."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.scenes.canvas import Points
import numpy as np


@dataclass(frozen=True, eq=False)
class Design:
    """A part as it lies on its face; all lengths are in halves of its length."""

    outline: Points
    holes: tuple[Points, ...]
    #: From one face to the other.
    thickness: float
    #: Width of the edge that is not flat: small for a bevel, large for a pipe.
    rounding: float
    #: Range of the length at 320×240, in pixels.
    length_px: tuple[float, float]
    #: Whether it was turned on a lathe; otherwise it is brushed along its length.
    turned: bool = False

    @property
    def area(self) -> float:
        """What the faces cover."""
        return polygon_area(self.outline) - sum(map(polygon_area, self.holes))


def polygon_area(points: Points) -> float:
    """Return the area of a polygon, by the shoelace formula."""
    x, y = points.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def _arc(x: float, y: float, radius: float, start: float, stop: float, count: int) -> Points:
    """Return points from one angle to another, radians, both included."""
    turn = np.linspace(start, stop, count)
    return np.stack((x + radius * np.cos(turn), y + radius * np.sin(turn)), axis=1)


def _circle(x: float, y: float, radius: float) -> Points:
    return _arc(x, y, radius, 0, 2 * np.pi, 33)[:-1]


def _washer() -> Design:
    return Design(_circle(0, 0, 1), (_circle(0, 0, 0.52),), thickness=0.14, rounding=0.1,
                  length_px=(36, 58), turned=True)


def _bracket() -> Design:
    """Return two legs at a right angle, with round ends and a hole in each."""
    half = 0.3
    outline = np.concatenate((
        ((-1, 0.5), (-0.8, 0.7)), _arc(0.7, 0.4, half, np.pi / 2, -np.pi / 2, 9),
        ((-0.25, 0.1), (-0.4, -0.05)), _arc(-0.7, -0.6, half, 0, -np.pi, 9)))
    return Design(outline, (_circle(0.66, 0.4, 0.15), _circle(-0.7, -0.56, 0.15)),
                  thickness=0.14, rounding=0.07, length_px=(46, 76))


def _wrench() -> Design:
    """Return a spanner: an open jaw, a handle and an eye to hang it up."""
    head, eye, handle, slot = 0.36, 0.2, 0.115, 0.19
    lip, neck = np.arcsin(slot / head), np.arcsin(handle / head)
    tilt = np.radians(15)
    bottom = _arc(0.7, 0, slot, tilt - np.pi / 2, tilt - 3 * np.pi / 2, 9)
    wrist = np.arcsin(handle / eye)
    outline = np.concatenate((
        _arc(0.68, 0, head, tilt + lip, np.pi - neck, 13),
        _arc(-0.8, 0, eye, wrist, 2 * np.pi - wrist, 17),
        _arc(0.68, 0, head, np.pi + neck, 2 * np.pi + tilt - lip, 13), bottom))
    return Design(outline, (_circle(-0.8, 0, 0.1),), thickness=0.16, rounding=0.07,
                  length_px=(66, 88))


def _tee() -> Design:
    """Return three pipes that meet, with a collar at each end."""
    pipe, collar, rim = 0.25, 0.34, 0.24
    right = np.array(((1 - rim, -pipe), (1 - rim, -collar), (1, -collar),
                      (1, collar), (1 - rim, collar), (1 - rim, pipe)))
    below = np.stack((-right[:, 1], right[:, 0] * 0.85), axis=1)
    outline = np.concatenate((right, ((pipe, pipe),), below, ((-pipe, pipe),), -right))
    return Design(outline - (0, 0.25), (), thickness=0.3, rounding=0.2, length_px=(44, 70))


#: All parts that there are, by the name of a heap of them.
DESIGNS = {'washers': _washer(), 'brackets': _bracket(), 'wrenches': _wrench(), 'tees': _tee()}
CATALOGUE = tuple(DESIGNS.values())
