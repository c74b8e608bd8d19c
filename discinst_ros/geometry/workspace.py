# SPDX-License-Identifier: Apache-2.0
"""The box in which a robot works: what lies outside of it is nothing to pick."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.geometry.camera import FloatArray
from discinst_ros.instances import Instances, ObjectPose
import numpy as np
import numpy.typing as npt

#: Bounds that nothing lies outside of.
EVERYWHERE = (-np.inf, np.inf) * 3


@dataclass(frozen=True)
class Workspace:
    """
    A box along the axes of the camera optical frame, metres.

    :param bounds: x_min, x_max, y_min, y_max, z_min, z_max; infinite where there is no bound.
    :raises ValueError: where these are not six numbers, or a minimum is not below its maximum.
    """

    bounds: tuple[float, ...] = EVERYWHERE

    def __post_init__(self) -> None:
        """Refuse what is no box."""
        if len(self.bounds) != len(EVERYWHERE):
            raise ValueError(f'workspace has {len(self.bounds)} numbers, expected six: x_min, '
                             'x_max, y_min, y_max, z_min, z_max in metres')
        for axis, low, high in zip('xyz', self.bounds[::2], self.bounds[1::2]):
            if not low < high:
                raise ValueError(f'workspace reaches from {axis} {low} to {high}, expected '
                                 'the smaller number first')

    def contains(self, points: FloatArray) -> npt.NDArray[np.bool_]:
        """
        Tell which points lie inside or on the border.

        :param points: N×3 metres.
        """
        low, high = np.reshape(self.bounds, (3, 2)).T
        return np.asarray(((points >= low) & (points <= high)).all(axis=1))

    def crop(self, instances: Instances) -> Instances:
        """
        Return the instances without those whose position lies outside.

        One without a pose stays: nothing says that it is outside, and a planner that heard of no
        object would take the workspace for empty.
        """
        return instances.keep([self._may_hold(one.pose) for one in instances.instances])

    def _may_hold(self, pose: ObjectPose | None) -> bool:
        return pose is None or bool(self.contains(pose.position[None])[0])

