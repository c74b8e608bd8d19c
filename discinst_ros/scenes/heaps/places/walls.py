# SPDX-License-Identifier: Apache-2.0
"""The measures of the walls of a container."""

from __future__ import annotations

from dataclasses import dataclass
import math

from discinst_ros.scenes.heaps.surface import Points
import numpy as np


@dataclass(frozen=True)
class Walls:
    """Four walls about a floor at z = 0, in metres and radians."""

    #: Half extents of the floor.
    inner: tuple[float, float]
    height: float
    #: Outwards.
    lean: float
    thick: float
    #: Breadth of the rim at the top.
    rim: float

    @property
    def top(self) -> Points:
        """Half extents between the upper edges."""
        return np.array(self.inner) + self.height * math.tan(self.lean)

    @property
    def length(self) -> float:
        """Of a wall, from its lower to its upper edge."""
        return self.height / math.cos(self.lean)
