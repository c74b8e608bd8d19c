# SPDX-License-Identifier: Apache-2.0
"""The ids of a label image, and which of them each pixel has."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def numbered(labels: npt.NDArray[np.integer[Any]]
             ) -> tuple[npt.NDArray[np.integer[Any]], npt.NDArray[np.intp]]:
    """
    Return the ids that occur, ascending, and for each pixel the place of its own among them.

    ``np.unique`` does, too, and sorts all pixels for it: most of the time of an evaluation.

    :param labels: of any shape, none below 0; ids need not be in sequence.
    :return: (N,) ids; their places, 0 to N - 1, in the shape of the labels.
    """
    highest = int(labels.max(initial=0))
    if highest > labels.size:  # a table of all ids would be larger than the image
        ids, places = np.unique(labels, return_inverse=True)
        return ids, places.reshape(labels.shape)
    occurs = np.zeros(highest + 1, np.bool_)
    occurs[labels] = True
    return np.flatnonzero(occurs).astype(labels.dtype), (np.cumsum(occurs) - 1)[labels]
