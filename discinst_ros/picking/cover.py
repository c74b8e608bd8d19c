# SPDX-License-Identifier: Apache-2.0
"""How much of each object lies under others, as far as the camera can tell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Array = npt.NDArray[np.float64]

#: Points of different objects so many pixels apart in the image are neighbours.
NEIGHBOUR_PX = 2.5
#: A neighbour that is nearer by more lies on top, one that is farther by more below; in between
#: they touch side by side.
STEP_M = 0.005
#: An object is as wide as the root of its pixels; what the outline of a square has for that.
_SQUARE = 4.0


def covered_shares(points: Array, labels: npt.NDArray[np.integer]) -> dict[int, float]:
    """
    Return for each object how much of its outline another object hides, 0 to 1.

    The outline is taken as that of a square of the object's area, so a long one counts a bit
    more; what hides an object is in front of it and next to it in the image.

    :param points: N×3 metres in the camera optical frame.
    :param labels: (N,) the object of each, 0 = none.
    """
    seen = labels > 0
    points, labels = points[seen], labels[seen]
    if not len(points):
        return {}
    image = points[:, :2] / points[:, 2:]
    # Made in a third of the time, and no slower to ask where points lie as evenly as pixels.
    tree = cKDTree(image, balanced_tree=False, compact_nodes=False)
    pixel = float(np.median(tree.query(image[::1 + len(image) // 1000], k=2)[0][:, 1])) or 1e-9
    pairs = tree.query_pairs(NEIGHBOUR_PX * pixel, output_type='ndarray')
    first, second = pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]].T
    behind = np.concatenate([first, second])
    nearer = points[np.concatenate([second, first]), 2]
    hidden = np.unique(behind[points[behind, 2] - nearer > STEP_M])
    rim = np.bincount(labels[hidden], minlength=int(labels.max()) + 1)
    area = np.bincount(labels)
    # The rim that is found is as many pixels deep as neighbours reach, rounded down.
    return {int(label): min(1.0, float(rim[label] / (
        int(NEIGHBOUR_PX) * _SQUARE * area[label] ** 0.5))) for label in np.unique(labels)}
