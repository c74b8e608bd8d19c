# SPDX-License-Identifier: Apache-2.0
"""Which true object a box around a detection is of."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.geometry.camera import deproject, FloatArray
from discinst_ros.picking.arrays import Array
import numpy as np
from scipy.spatial.transform import Rotation

#: A point so far outside counts as inside: the box is that of noisy points.
_NOISE_M = 0.002


@dataclass(frozen=True, eq=False)
class Box:
    """An oriented box in the camera optical frame."""

    #: (3,) metres.
    center: Array
    #: (4,) x, y, z, w.
    quaternion: Array
    #: (3,) metres along its own axes.
    size: Array

    def away_m(self, points: FloatArray) -> Array:
        """
        Return how far points lie outside, 0 of those within.

        :param points: N×3 metres in the camera optical frame.
        """
        along = Rotation.from_quat(self.quaternion).inv().apply(points - self.center)
        return np.asarray(np.linalg.norm(np.maximum(np.abs(along) - self.size / 2, 0), axis=1))


def object_in_box(sample: Sample, box: Box) -> int:
    """
    Return the true object with most visible points in a box, 0 where there is none in it.

    :param sample: what the camera sees, with depth and true labels.
    """
    assert sample.depth is not None and sample.intrinsics is not None
    labels = labels_of(sample)
    seen = np.isfinite(sample.depth) & (labels > 0)
    if not seen.any():
        return 0
    points = deproject(sample.depth, sample.intrinsics)[seen]
    within = labels[seen][box.away_m(points) <= _NOISE_M]
    return int(np.bincount(within).argmax()) if len(within) else 0
