# SPDX-License-Identifier: Apache-2.0
"""
How sure a figure is: what it comes to when its images, scenes or bins are drawn anew.

Percentile intervals of the bootstrap (Efron, Tibshirani: An Introduction to the Bootstrap, 1993,
chapter 13).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: The interval holds so much of the drawn figures.
CONFIDENCE = 0.95
#: Times that is drawn anew.
DRAWS = 10_000


def draw_again(count: int, *, draws: int = DRAWS, seed: int = 0) -> npt.NDArray[np.int64]:
    """
    Draw from ``count`` things as many, with replacement, again and again.

    :param seed: the same seed and count give the same draws: figures of one thing are paired.
    :return: draws×count indices.
    """
    return np.random.default_rng(seed).integers(count, size=(draws, count))


def between(figures: npt.NDArray[np.floating[Any]]) -> tuple[float, float]:
    """
    Return the ends of the interval that holds :data:`CONFIDENCE` of the drawn figures.

    :param figures: (draws,), NaN where there is no value; without any both ends are NaN.
    """
    known = figures[np.isfinite(figures)]
    if not len(known):
        return float('nan'), float('nan')
    low, high = np.quantile(known, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return float(low), float(high)
