# SPDX-License-Identifier: Apache-2.0
"""Two sticks that cross as an X, pixel by pixel: their boxes are one, the lower is cut in two."""

import numpy as np

LOWER, UPPER = 1, 2
SIDE = 60


def crossing():
    """Return 60×60 ids; both sticks reach from 5 to 54 in rows and columns."""
    y, x = np.mgrid[:SIDE, :SIDE]
    inside = (np.minimum(x, y) >= 5) & (np.maximum(x, y) <= 54)
    labels = np.zeros((SIDE, SIDE), np.int32)
    labels[inside & (abs(x + y - (SIDE - 1)) <= 3)] = LOWER
    labels[inside & (abs(x - y) <= 3)] = UPPER
    return labels


def beside():
    """Return 60×100 ids: the crossing, and to its right a stick that has a box to itself."""
    labels = np.zeros((SIDE, 100), np.int32)
    labels[:, :SIDE] = crossing()
    labels[10:50, 80:88] = 7
    return labels
