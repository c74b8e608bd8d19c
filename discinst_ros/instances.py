# SPDX-License-Identifier: Apache-2.0
"""
What comes out: instances, their poses, and the camera they were seen with.

All geometry is in the camera optical frame (x right, y down, z forward), in metres; all image
coordinates are in pixels with the centre of the first pixel at (0, 0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
import math

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Intrinsics:
    """
    A pinhole camera, in pixels of an image of ``width`` × ``height``.

    :raises ValueError: where a focal length or a size is not a positive finite number.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def __post_init__(self) -> None:
        """Refuse what no camera has, for instance the all-zero matrix of an uncalibrated one."""
        for name in ('fx', 'fy', 'width', 'height'):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f'intrinsics: {name} is {value}, expected a positive number; '
                                 'is the camera calibrated?')
        if not (math.isfinite(self.cx) and math.isfinite(self.cy)):
            raise ValueError(f'intrinsics: principal point ({self.cx}, {self.cy}) is not finite')

    def scaled_to(self, width: int, height: int) -> Intrinsics:
        """
        Return the same camera for its image resampled to ``width`` × ``height``.

        The pixel centres are at integers, so the principal point shifts by half a pixel before
        and after the scaling.
        """
        sx, sy = width / self.width, height / self.height
        return Intrinsics(self.fx * sx, self.fy * sy, (self.cx + 0.5) * sx - 0.5,
                          (self.cy + 0.5) * sy - 0.5, width, height)


@dataclass(frozen=True)
class ObjectPose:
    """
    Where an object's visible surface is, and the oriented box around it.

    Axes: z the outward surface normal (towards the camera), x the longer in-plane extent,
    right-handed.
    """

    #: (3,) float64, centroid of the visible surface, metres.
    position: npt.NDArray[np.float64]
    #: (4,) float64, unit quaternion x, y, z, w: the axes to the camera optical frame.
    quaternion: npt.NDArray[np.float64]
    #: (3,) float64, centre of the box, metres; of a surface seen in part or of an irregular shape
    #: it differs from the centroid.
    box_center: npt.NDArray[np.float64]
    #: (3,) float64, full extents of the box along x, y, z, metres.
    size: npt.NDArray[np.float64]
    #: (6, 6) float64, position (m²) then rotation about the camera's axes (rad²).
    covariance: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Instance:
    """One object of one image."""

    #: Value of its pixels in the label image, 1 or more.
    label: int
    #: Index into the checkpoint's class names; 0 is background and never an instance's.
    class_id: int
    #: Confidence, 0 to 1.
    score: float
    #: x0, y0, x1, y1 in pixels, half-open: x0 <= x < x1.
    box: tuple[int, int, int, int]
    #: Number of pixels of its mask.
    pixel_count: int
    #: None where no trustworthy pose could be found.
    pose: ObjectPose | None = None


@dataclass(frozen=True)
class Instances:
    """All objects of one image."""

    #: H×W uint16, 0 = background, otherwise the ``label`` of an instance.
    label_image: npt.NDArray[np.uint16]
    #: One entry per label that occurs in the label image, in the order of the labels.
    instances: tuple[Instance, ...]
    #: Seconds spent per stage: preprocess, network, clustering, poses.
    timings_s: dict[str, float] = field(default_factory=dict)
    #: N×F float32, what the scores were derived from; the columns are
    #: ``discinst_ros.inference.evidence.EVIDENCE``. None where they come from elsewhere.
    evidence: npt.NDArray[np.float32] | None = None

    def scoring(self, min_score: float) -> Instances:
        """Return only the instances of at least this score; the others become background."""
        return self.keep([one.score >= min_score for one in self.instances])

    def keep(self, chosen: Sequence[bool]) -> Instances:
        """
        Return only the chosen instances; the others become background.

        :param chosen: one entry per instance, in their order.
        """
        if all(chosen):
            return self
        kept = tuple(compress(self.instances, chosen))
        values = np.zeros(1 + max(one.label for one in self.instances), dtype=np.uint16)
        for one in kept:
            values[one.label] = one.label
        return Instances(values[self.label_image], kept, self.timings_s,
                         None if self.evidence is None else self.evidence[list(chosen)])
