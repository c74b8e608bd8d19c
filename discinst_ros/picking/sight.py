# SPDX-License-Identifier: Apache-2.0
"""
Whether the camera sees the bin at all: without that, 'no object' does not mean 'empty'.

A hand, a lid or the arm before the lens, a lamp that failed, or a camera that was pushed away give
frames that are complete and hold no object.
"""

from __future__ import annotations

from discinst_ros.geometry.workspace import Workspace
import numpy as np
import numpy.typing as npt

#: Least share of the pixels that have a point.
_LEAST_DEPTH = 0.1
#: Least share of the pixels whose point lies in the workspace.
_LEAST_INSIDE = 0.01
#: Something stands before the camera where half of the points are nearer than this share of the
#: distance that half of them had before.
_NEARER = 0.6


class Sight:
    """Looks at the points of one bin, frame by frame."""

    def __init__(self, workspace: Workspace | None = None) -> None:
        """
        Begin with a bin that was never seen.

        :param workspace: the box that perception looks at; None where there is none.
        """
        self._workspace = workspace or Workspace()
        #: Greatest median distance of the points so far, metres.
        self._far_m = 0.0

    def fault(self, points: npt.NDArray[np.floating], pixels: int) -> str:
        """
        Take a frame.

        :param points: N×3 metres in the camera optical frame, of all pixels that have one.
        :param pixels: of the image.
        :return: why the bin is not seen, empty where it is.
        """
        if len(points) < _LEAST_DEPTH * pixels:
            return f'{len(points)} of {pixels} pixels have depth'
        inside = int(self._workspace.contains(points).sum())
        if inside < _LEAST_INSIDE * pixels:
            return f'{inside} of {len(points)} points lie in the workspace'
        typical_m = float(np.median(points[:, 2]))
        if typical_m < _NEARER * self._far_m:
            return (f'half of the points are within {typical_m:.2f} m, before they were within '
                    f'{self._far_m:.2f} m')
        self._far_m = max(self._far_m, typical_m)
        return ''
