# SPDX-License-Identifier: Apache-2.0
"""
What lies around an object, and whether it is the surface that the cup would be put on.

A shadow on the floor, or a print on a box, that a mask takes in has the same surface on both sides
of its border. A place on it is no place on an object of its own: what the cup would hold is the
floor, or the whole box. So the surface under the cup is followed beyond the border, all around.
"""

from __future__ import annotations

import math

from discinst_ros.picking.arrays import Array
from discinst_ros.picking.cloud import Cloud
from discinst_ros.picking.patch import Patch
import numpy as np
from scipy.spatial import cKDTree

#: The rim is so far from the nearest point of the object, as multiples of the pixels' spacing:
#: nearer, the border of a mask and what a camera sees of an edge are too inexact.
NEAREST, FARTHEST = 4.0, 8.0
#: Directions in which the surface is followed.
DIRECTIONS = 12
#: Points whose mean tells where the rim is in one direction.
_TAKEN = 8
#: The rim is on the surface where it is no farther from its plane, metres: what is added is that
#: for which the plane is not known better.
ON_SURFACE_M = 0.0015
_SURE = 2.0
#: An object stands on a surface that goes on in such a share of the directions, where such a share
#: of its points is so far above it.
GOES_ON, STANDS_SHARE, STANDS_M = 0.5, 0.2, 0.01


def rim_of(label: int, cloud: Cloud, tree: cKDTree, spacing: float) -> Array:
    """
    Return the points that lie around an object.

    :param tree: where its points are in the image.
    :param spacing: of the pixels there.
    :return: M×3 metres, those of the rim.
    """
    reach = FARTHEST * spacing
    near = cloud.within(tree.mins - reach, tree.maxes + reach)
    near = near[cloud.labels[near] != label]
    away = tree.query(cloud.image[near], distance_upper_bound=reach)[0]
    return np.asarray(cloud.points[near[(away >= NEAREST * spacing) & np.isfinite(away)]])


def share_on_surface(patch: Patch, rim: Array) -> float:
    """
    Tell in how many directions the surface of a patch goes on beyond the object.

    :param rim: M×3 metres, what lies around the object.
    :return: 0 for a top that ends at its edges, 1 for a part of a larger surface.
    """
    if not len(rim):
        return 0.0
    off, *feet = ((rim - patch.position) @ patch.axes).T
    far = np.hypot(*feet)
    direction = (np.arctan2(feet[1], feet[0]) / math.tau % 1.0 * DIRECTIONS).astype(np.int64)
    direction %= DIRECTIONS
    order = np.lexsort((far, direction))
    off, far, direction = off[order], far[order], direction[order]
    first = np.searchsorted(direction, np.arange(DIRECTIONS))
    taken = np.arange(len(off)) - first[direction] < _TAKEN
    count = np.bincount(direction[taken], minlength=DIRECTIONS)
    there = count > 0

    def mean(values: Array) -> Array:
        summed = np.bincount(direction[taken], values[taken], DIRECTIONS)
        return np.asarray(summed[there] / count[there])

    unknown = patch.noise_m / np.sqrt(count[there]) + patch.normal_error_rad * mean(far)
    on = np.abs(mean(off)) <= ON_SURFACE_M + _SURE * unknown
    return float(np.count_nonzero(on)) / DIRECTIONS


def stands_on(patch: Patch, points: Array, share: float) -> bool:
    """
    Tell whether a patch is what an object stands on, and not a part of the object.

    :param points: N×3 metres, of the object.
    :param share: of the directions in which the surface goes on.
    """
    if share < GOES_ON:
        return False
    above = (points - patch.position) @ patch.axes[:, 0] > STANDS_M
    return float(above.mean()) >= STANDS_SHARE
