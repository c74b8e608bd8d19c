# SPDX-License-Identifier: Apache-2.0
"""
Stray pixels of a depth camera: a few that float before or behind all around them.

Wrong matches of stereo, reflections and flying pixels leave them. Normals are taken from the
differences of neighbours, so that one stray pixel spoils those of a window, and one in a thousand
a whole image; without depth there a network knows what to do.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

#: What hangs together over so few of a million pixels is stray; an object that a cup could hold
#: has more.
LARGEST_PPM = 80
_FEWEST = 4
#: Neighbours hang together where their distances differ by less than this share. What is off by
#: less does no harm, and with 0.03 the rims of objects went, too.
_STEP = 0.1
#: Natural logarithms as 16 bit integers, of 1e-7 to 1e7 metres.
_SCALE = 2000.0
_NONE = np.iinfo(np.int16).min


def without_speckles(metres: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """
    Return depth without its stray pixels.

    :param metres: H×W, above 0, NaN = none.
    :return: a copy with NaN in their place.
    """
    with np.errstate(invalid='ignore'):
        steps = np.clip(np.log(metres) * _SCALE, _NONE + 1, -_NONE - 1)
    coded = np.where(np.isnan(steps), _NONE, steps).astype(np.int16)
    largest = min(max(_FEWEST, round(metres.size * LARGEST_PPM * 1e-6)), metres.size // 8)
    cv2.filterSpeckles(coded, _NONE, largest, _STEP * _SCALE)
    return np.where(coded == _NONE, np.float32(np.nan), metres)
