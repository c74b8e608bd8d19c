# SPDX-License-Identifier: Apache-2.0
"""Where the bin of a cell is, as its camera sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
import math

from discinst_ros.geometry.camera import FloatArray
from discinst_ros.geometry.workspace import Workspace
from discinst_ros.picking.arrays import Array
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

#: The workspace reaches so far above the rim.
_ABOVE_M = 0.15
#: A pose so far below the floor is still tried: depth has noise, and a cup has a stroke.
_BELOW_M = 0.03
#: So near a wall, a point may be one of the wall.
_WALL_NOISE_M = 0.006
#: Most angle between a target's z axis and where the arm comes from: beyond, it points away.
_FACING_RAD = math.pi / 2
#: A quaternion is one of unit length, within this.
_UNIT = 0.01


@dataclass(frozen=True, eq=False)
class Bounds:
    """The inside of a bin."""

    place: Surroundings
    #: 4×4, from the camera optical frame.
    to_world: Array

    @property
    def workspace(self) -> Workspace:
        """The box around it, in the camera optical frame."""
        x, y = self.place.opening
        corners = np.array(list(product((-x, x), (-y, y), (0, self.place.wall_m + _ABOVE_M))))
        inside = (corners - self.to_world[:3, 3]) @ self.to_world[:3, :3]
        bounds = np.stack([inside.min(axis=0), inside.max(axis=0)], axis=1)
        return Workspace(tuple(map(float, bounds.ravel())))

    def inside(self, points: FloatArray) -> npt.NDArray[np.bool_]:
        """
        Tell which points are within the walls, and not of a wall, as far as noise lets.

        :param points: N×3 metres in the camera optical frame; NaN is not inside.
        """
        half = np.array(self.place.region) - _WALL_NOISE_M
        return np.asarray((np.abs(self._there(points)[:, :2]) <= half).all(axis=1))

    def refusal(self, position: Array, quaternion: Array, approach: Sequence[float]) -> str:
        """
        Return why a pose is not even tried, empty where it is.

        :param approach: direction the arm comes from.
        """
        numbers = np.concatenate([np.asarray(position, float), np.asarray(quaternion, float)])
        if numbers.shape != (7,) or not np.isfinite(numbers).all():
            return f'the target is no pose: {numbers.tolist()}'
        length = float(np.linalg.norm(numbers[3:]))
        if abs(length - 1) > _UNIT:
            return f'the orientation of the target is no rotation: its length is {length:.3f}'
        if not self._reaches(numbers[:3]):
            x, y, z = numbers[:3]
            return f'the target ({x:.3f}, {y:.3f}, {z:.3f}) m is outside of the bin'
        direction = Rotation.from_quat(numbers[3:]).as_matrix()[:, 2]
        angle = math.acos(float(np.clip(direction @ np.array(approach), -1, 1)))
        if angle > _FACING_RAD:
            return (f'the target faces away: its z axis is {math.degrees(angle):.0f}° from '
                    'where the arm comes from')
        return ''

    def _reaches(self, position: Array) -> bool:
        """Tell whether a position is between the walls and neither far above nor far below."""
        x, y, z = self._there(position[None])[0]
        half = np.array(self.place.opening) + _WALL_NOISE_M
        return bool(abs(x) <= half[0] and abs(y) <= half[1]
                    and -_BELOW_M <= z <= self.place.wall_m + _ABOVE_M)

    def _there(self, points: FloatArray) -> Array:
        """Return points in the world."""
        return np.asarray(points, np.float64) @ self.to_world[:3, :3].T + self.to_world[:3, 3]
