# SPDX-License-Identifier: Apache-2.0
"""What a simulated cell asks of a target before anything moves."""

from __future__ import annotations

from collections import deque

from discinst_ros.nodes.conversions import stamp_to_ns
from discinst_ros.nodes.pick_messages import stamp_to_text
from discinst_ros.picking.arrays import Array
from discinst_ros.scenes.cell import Box
import numpy as np
from vision_msgs.msg import Detection3D

#: So many images are remembered by their stamps, and so many targets.
REMEMBERED = 1000
#: A quaternion is one of unit length, within this.
_UNIT = 0.01


class TargetChecks:
    """
    Which targets are not even tried: those that are not whole, not new, or of no image.

    A target is known by stamp and id, and so is its answer: each pair is tried once. Once the bin
    has changed, images from before are no longer of it.
    """

    def __init__(self, frame_id: str) -> None:
        """
        Begin without an image.

        :param frame_id: of the images.
        """
        self._frame_id = frame_id
        self._stamps: deque[int] = deque(maxlen=REMEMBERED)
        self._told: deque[tuple[int, str]] = deque(maxlen=REMEMBERED)
        self._done_ns: int | None = None

    def looked(self, stamp_ns: int) -> None:
        """Remember an image."""
        self._stamps.append(stamp_ns)

    def picked(self, done_ns: int) -> None:
        """Remember when the last pick ended."""
        self._done_ns = done_ns

    def refusal(self, target: Detection3D) -> str:
        """Return why a target is not tried, empty where it is; that it came is remembered."""
        if target.header.frame_id != self._frame_id:
            return (f"the target is in the frame '{target.header.frame_id}', expected that of the "
                    f"images, '{self._frame_id}'")
        if not target.results:
            return 'the target has no results, and so no pose'
        fault = _fault_of_box(target)
        if fault:
            return (f'the bbox of the target {fault}; it has to be that of the detection, or of '
                    'size 0')
        return self._not_new(stamp_to_ns(target.header.stamp), target.id)

    def _not_new(self, stamp_ns: int, id_: str) -> str:
        stamp = stamp_to_text(stamp_ns)
        if stamp_ns not in self._stamps:
            return (f'the target is of an image with the stamp {stamp}, and none of the last '
                    f'{REMEMBERED} has it; its header has to be that of /instances')
        if (stamp_ns, id_) in self._told:
            return (f'a target with the stamp {stamp} and the id {id_} was there before, and is '
                    'answered; another try needs a new image')
        self._told.append((stamp_ns, id_))
        if self._done_ns is not None and stamp_ns <= self._done_ns:
            return (f'the target is of an image with the stamp {stamp}, and the last pick ended '
                    f'at {stamp_to_text(self._done_ns)}, so the bin may look different now; take '
                    'an image stamped later')
        return ''


def box_of(target: Detection3D) -> Box | None:
    """Return the box of a target; one written by hand need not say how large its object is."""
    size, turn, center = _box_values(target)
    return Box(center, turn, size) if size.any() else None


def _fault_of_box(target: Detection3D) -> str:
    """Return what is wrong with a box, empty where nothing is; one of size 0 may lie nowhere."""
    size, turn, center = _box_values(target)
    if not np.isfinite([*size, *turn, *(center if size.any() else ())]).all():
        return 'has values that are not finite'
    if (size < 0).any():
        return f'has the size {size.tolist()}'
    length = float(np.linalg.norm(turn))
    if size.any() and abs(length - 1) > _UNIT:
        return f'has an orientation that is no rotation, of length {length:.3f}'
    return ''


def _box_values(target: Detection3D) -> tuple[Array, Array, Array]:
    """Return size, orientation and centre of the box of a target."""
    size, turn, center = (target.bbox.size, target.bbox.center.orientation,
                          target.bbox.center.position)
    return (np.array([size.x, size.y, size.z]), np.array([turn.x, turn.y, turn.z, turn.w]),
            np.array([center.x, center.y, center.z]))
