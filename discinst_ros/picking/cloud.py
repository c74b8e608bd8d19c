# SPDX-License-Identifier: Apache-2.0
"""All that a camera sees of a bin, and which points are of which object."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from discinst_ros.picking.patch import Array
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Cloud:
    """Points with labels."""

    #: N×3 metres in the camera optical frame.
    points: Array
    #: (N,) the label of each point, 0 = no object.
    labels: npt.NDArray[np.int64]

    @cached_property
    def image(self) -> Array:
        """N×2, x/z and y/z: where in the image the points are, whatever the camera."""
        return np.asarray(self.points[:, :2] / self.points[:, 2:], order='F')

    def of(self, label: int) -> npt.NDArray[np.intp]:
        """Return the indices of the points of an object."""
        return np.flatnonzero(self.labels == label)
