# SPDX-License-Identifier: Apache-2.0
"""What a suction cup can hold and reach."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

#: Towards the camera, in its optical frame.
TO_CAMERA = (0.0, 0.0, -1.0)
#: As a last resort the surface has to go on for this share of the margin only.
_LAST_RESORT = 0.5


@dataclass(frozen=True)
class Gripper:
    """
    A suction cup and the arm that holds it.

    :raises ValueError: where the cup has no size, or the direction it comes from is none.
    """

    #: Radius of the cup, metres.
    cup_radius_m: float = 0.012
    #: So far around the cup the surface has to go on.
    margin_m: float = 0.003
    #: Root mean square distance of the surface from a plane under the cup, metres; the noise of
    #: a depth camera does not count.
    max_roughness_m: float = 0.0007
    #: Most angle between the surface's normal and the direction that the gripper comes from.
    max_tilt_rad: float = math.radians(35)
    #: Where the gripper comes from: away from the surface, in the camera optical frame.
    approach: tuple[float, float, float] = TO_CAMERA
    #: Standard deviation of an object's position above which it is not picked, metres.
    max_position_error_m: float = 0.02

    def __post_init__(self) -> None:
        """Bring the direction to unit length."""
        if not (math.isfinite(self.cup_radius_m) and self.cup_radius_m > 0):
            raise ValueError(f'cup_radius_m is {self.cup_radius_m}, expected metres above 0')
        length = math.hypot(*self.approach)
        if len(self.approach) != 3 or not (math.isfinite(length) and length > 0):
            raise ValueError(f'approach is {list(self.approach)}, expected three numbers that '
                             'are a direction, for instance 0.0, 0.0, -1.0 towards the camera')
        x, y, z = self.approach
        object.__setattr__(self, 'approach', (x / length, y / length, z / length))

    @property
    def patch_radius_m(self) -> float:
        """Radius of the surface that a place is judged by."""
        return self.cup_radius_m + self.margin_m

    def at_last(self) -> Gripper:
        """Return what is tried where nothing else is left: places nearer to an end."""
        return replace(self, margin_m=_LAST_RESORT * self.margin_m)
