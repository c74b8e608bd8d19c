# SPDX-License-Identifier: Apache-2.0
"""Where the labels of an image are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage


@dataclass(frozen=True)
class Region:
    """The pixels of one label."""

    label: int
    #: x0, y0, x1, y1 in pixels, half-open.
    box: tuple[int, int, int, int]
    pixel_count: int


def label_regions(label_image: npt.NDArray[np.uint16]) -> list[Region]:
    """Return a region for each label that occurs in an image (H×W), in the labels' order."""
    counts = np.bincount(label_image.ravel())
    windows = ndimage.find_objects(label_image.astype(np.int32))
    return [Region(label, (window[1].start, window[0].start, window[1].stop, window[0].stop),
                   int(counts[label]))
            for label, window in enumerate(windows, start=1) if window is not None]
