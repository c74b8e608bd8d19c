# SPDX-License-Identifier: Apache-2.0
"""Which instances are still to be seen: one of which next to nothing is left is ignored."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]


def pixels_per_id(labels: Ids) -> npt.NDArray[np.intp]:
    """Return the number of pixels of each id from 0 on; negative ones are left out."""
    return np.bincount(labels[labels >= 0], minlength=1)


def ignore_hidden(labels: Ids, whole_px: npt.NDArray[np.intp], min_share: float,
                  min_px: int) -> Ids:
    """
    Return the ids with -1 (ignore) for instances that can hardly be seen.

    Nobody could name them, and they are not background either; a class map keeps their class.

    :param labels: H×W, what is to be seen.
    :param whole_px: pixels of each id before others hid it.
    :param min_share: of the pixels before that must still be seen.
    :param min_px: number of pixels that must be seen.
    """
    seen_px = np.bincount(labels[labels >= 0], minlength=len(whole_px))
    hidden = (seen_px < min_share * whole_px) | (seen_px < min_px)
    hidden[0] = False
    if not hidden[seen_px > 0].any():
        return labels
    return np.where(hidden[np.maximum(labels, 0)], np.int32(-1), labels)
