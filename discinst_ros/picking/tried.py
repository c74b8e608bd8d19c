# SPDX-License-Identifier: Apache-2.0
"""
The places that are tried on an object, and which of them is the easiest.

What takes long is asked of the easiest first, until no other can be easier.
"""

from __future__ import annotations

from collections.abc import Iterator

from discinst_ros.picking.arrays import Array, Flags, Indices
from discinst_ros.picking.gripper import Gripper
from discinst_ros.picking.own_points import OwnPoints
from discinst_ros.picking.patch import Patches
from discinst_ros.picking.rim import share_on_surface, stands_on
import numpy as np

#: So many are asked first whether they are whole, then twice as many: mostly the first ones are.
_ASKED_FIRST = 8
#: A tilt counts as that much more than what is measured, in standard errors.
SURE = 2.0
#: At the limit of tilt or roughness, or where the surface goes on all around, a place is worth so
#: much less.
HARD = 0.9


class Tried:
    """The places on one object: the easiest of the good ones, or what is wrong with all."""

    def __init__(self, own: OwnPoints, patches: Patches, central: Array, gripper: Gripper
                 ) -> None:
        """
        Judge them.

        :param patches: the surfaces of the places that have one.
        :param central: what each is worth for where it is, 1 in the middle of the object.
        """
        self._own, self.patches, self._central, self._gripper = own, patches, central, gripper
        facing = self.patches.axes[:, :, 0] @ np.array(gripper.approach)
        self.tilt_rad = np.arccos(np.clip(facing, -1, 1))
        self._tilted_rad = self.tilt_rad + SURE * self.patches.normal_error_rad
        self._flat = self.patches.roughness_m <= gripper.max_roughness_m
        self._faces = self._tilted_rad <= gripper.max_tilt_rad
        #: Whether one that was asked for is on what the object stands on.
        self.stands = False

    def easiest(self) -> tuple[int, float]:
        """Return the easiest of all that are good, and its ease; ease 0 where there is none."""
        flat = _worth(self.patches.roughness_m, self._gripper.max_roughness_m)
        faces = _worth(self._tilted_rad, self._gripper.max_tilt_rad)
        # Where the surface goes on it is less.
        most = self._central * flat * faces
        best, ease = -1, 0.0
        good = np.flatnonzero(self._flat & self._faces)
        for one in self._whole(good[np.argsort(-most[good], kind='stable')]):
            if most[one] < ease:
                break
            goes_on = self._goes_on(one)
            if goes_on is None:
                continue
            found = float(self._central[one] * (1 - HARD * goes_on ** 2) * flat[one] * faces[one])
            if (found, -one) > (ease, -best):  # of equal ones the first
                best, ease = one, found
        return best, ease

    def least_tilt_rad(self) -> float | None:
        """Return the least tilt that is too much for a place that but for it is good."""
        return self._least(self._tilted_rad, self._flat & ~self._faces)

    def least_roughness_m(self) -> float | None:
        """Return the least roughness that is too much."""
        return self._least(self.patches.roughness_m, ~self._flat)

    def _least(self, values: Array, chosen: Flags) -> float | None:
        some = np.flatnonzero(chosen)
        for one in self._whole(some[np.argsort(values[some], kind='stable')]):
            if self._goes_on(one) is not None:
                return float(values[one])
        return None

    def _whole(self, some: Indices) -> Iterator[int]:
        """Yield those of some places that have no hole and no end, in their order."""
        asked = _ASKED_FIRST
        while len(some):
            part, some, asked = some[:asked], some[asked:], 2 * asked
            yield from part[self._own.are_under(self.patches, part, self._gripper)].tolist()

    def _goes_on(self, one: int) -> float | None:
        """Return in what share of directions the surface goes on; None where it is stood on."""
        patch = self.patches[one]
        share = share_on_surface(patch, self._own.rim)
        if stands_on(patch, self._own.points, share):
            self.stands = True
            return None
        return share


def _worth(values: Array, limit: float) -> Array:
    """Return what is left of the worth of places: 1 at 0, little at the limit."""
    return np.asarray(1 - HARD * (values / limit if limit else np.zeros(len(values))) ** 2)
