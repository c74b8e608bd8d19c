# SPDX-License-Identifier: Apache-2.0
"""The surfaces at all places of all objects, many at once: each call costs more than its sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from discinst_ros.picking.arrays import Array, Indices
from discinst_ros.picking.own_points import OwnPoints
from discinst_ros.picking.patch import fit_patches, Patches
import numpy as np

#: So many points, those of each place counted, are about as much as a processor keeps at hand.
_AT_ONCE = 100_000


def fit_all(points: Array, tried: Sequence[tuple[OwnPoints, Array]], radius_m: float
            ) -> Iterator[Patches]:
    """
    Yield for each object the surfaces at the places that are tried on it.

    :param points: N×3 metres, all that is seen.
    :param tried: the points of each object, and M×3 metres, the places.
    :param radius_m: of the part of a surface that is judged.
    """
    waiting: list[tuple[Array, Indices, Indices]] = []
    for number, (own, positions) in enumerate(tried, start=1):
        waiting.append((positions, *own.near(positions, radius_m)))
        if number == len(tried) or sum(len(near) for _, near, _ in waiting) >= _AT_ONCE:
            positions, near, count = (np.concatenate(some) for some in zip(*waiting))
            together = fit_patches(points, near, count, positions, radius_m)
            ends = np.cumsum([len(places) for places, _, _ in waiting]).tolist()
            for first, end in zip([0, *ends], ends):
                yield together.of(first, end)
            waiting = []
