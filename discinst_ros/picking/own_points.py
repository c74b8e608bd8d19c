# SPDX-License-Identifier: Apache-2.0
"""The points of one object: whether they are there all around a place, without a hole or end."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
import math

from discinst_ros.picking.arrays import Array, Flags, Indices
from discinst_ros.picking.cloud import Cloud
from discinst_ros.picking.gripper import Gripper
from discinst_ros.picking.patch import Patches
from discinst_ros.picking.rim import rim_of
import numpy as np
from scipy.spatial import cKDTree

#: Points that are tried as places, spread over the object.
TRIED = 120
#: The surface has to be there at so many points around the border of a patch, and around half way.
PROBES = 12
_ANGLES = np.arange(PROBES) * (math.tau / PROBES)
_AROUND = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
#: One in so many is asked first: most places at an end fail there.
_FIRST = 3
#: So many times the roughness that a cup takes off the plane, a point lies beyond a step.
STEP = 3.0
#: Points whose mean tells whether the surface is there: one alone has too much noise.
_NEXT = 4
#: Bounds of searches are wider by this share, and what they find is compared exactly.
_ROUNDING = 1e-9


class OwnPoints:
    """What a camera sees of one object."""

    def __init__(self, cloud: Cloud, label: int) -> None:
        """
        Sort the points of an object.

        :param cloud: all that is seen; five points or more are of the object.
        :param label: of the object.
        """
        self._own = own = cloud.of(label)
        self.points, self._image = cloud.points[own], cloud.image[own]
        self.cloud, self._label = cloud, label
        self._tree = cKDTree(self._image)
        #: (M,) indices of the points that are tried as places.
        self.tried = np.arange(len(own))[::1 + len(own) // TRIED]
        # Of a grid of points the four next to one are no farther than this, in the image.
        self._spacing = float(np.median(
            self._tree.query(self._image[self.tried], k=5)[0][:, 4]))

    @cached_property
    def rim(self) -> Array:
        """M×3 metres, what lies around the object."""
        return rim_of(self._label, self.cloud, self._tree, self._spacing)

    def near(self, positions: Array, radius_m: float) -> tuple[Indices, Indices]:
        """
        Return the points around positions, at least those within a radius in the image.

        :return: indices into the cloud, of those around the first position, then the next, and so
            on; and how many these are for each.
        """
        reach = radius_m / positions[:, 2] * (1 + _ROUNDING)
        # In the order of the tree, so that what is thinned out of it is from all over.
        near = self._tree.query_ball_point(
            positions[:, :2] / positions[:, 2:], reach, return_sorted=False)
        count = np.fromiter(map(len, near), np.intp, len(near))
        flat = np.fromiter(chain.from_iterable(near), np.intp, int(count.sum()))
        return self._own[flat], count

    def surrounded(self, gripper: Gripper) -> Indices:
        """Return which that are tried have others around them, even if it is tilted there."""
        reach = math.cos(gripper.max_tilt_rad) * gripper.cup_radius_m / self.points[self.tried, 2]
        probes = self._image[self.tried, None] + reach[:, None, None] * _AROUND
        return self.tried[self._are_near(probes, 2 * self._spacing)]

    def are_under(self, patches: Patches, some: Indices, gripper: Gripper) -> Flags:
        """Tell on which of some patches they reach around the cup, without a hole or an end."""
        around = np.concatenate([gripper.patch_radius_m * _AROUND,
                                 gripper.cup_radius_m / 2 * _AROUND])
        position, axes = patches.position[some], patches.axes[some]
        places = position[:, None] + around @ axes[:, :, 1:].transpose(0, 2, 1)
        whole = np.asarray(places[:, :, 2].min(axis=1) > 0)
        probes = places[whole, :, :2] / places[whole, :, 2:]
        whole[whole] = self._are_near(probes, self._spacing)
        # Asked only of those that are left: it takes longer.
        there = np.flatnonzero(whole)
        probes = places[there, :, :2] / places[there, :, 2:]
        next_to = self.points[self._tree.query(probes, k=_NEXT)[1]]
        off = next_to.mean(axis=2) - position[there, None]
        off = np.abs((off @ axes[there, :, :1])[:, :, 0])
        noise_m = patches.noise_m[some[there]] / math.sqrt(_NEXT)
        whole[there] = off.max(axis=1) <= STEP * gripper.max_roughness_m + 3 * noise_m
        return whole

    def _are_near(self, probes: Array, far: float) -> Flags:
        """Tell in which rows each place in the image has a point that is not farther."""
        first = np.arange(probes.shape[1]) % _FIRST == 0
        near = np.ones(len(probes), np.bool_)
        for asked in (first, ~first):
            away = self._tree.query(probes[near][:, asked],
                                    distance_upper_bound=far * (1 + _ROUNDING))[0]
            near[near] = (away <= far).all(axis=1)
        return near
