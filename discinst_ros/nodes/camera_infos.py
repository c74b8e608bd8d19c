# SPDX-License-Identifier: Apache-2.0
"""
Which camera_info belongs to an image.

Most cameras send one with each image, of the same stamp and, as image_transport does, after it;
such an image waits a moment for its own. Others tell theirs now and then, and are taken at their
newest word at once.

No ROS in here: messages are opaque, stamps are nanoseconds. Safe to use from several threads.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
import threading
import time
from typing import Any

from discinst_ros.nodes.frame_sync import CAPACITY

#: So long after its arrival an image waits for its camera_info at most.
PATIENCE_S = 0.1
#: So many images tell what the camera does.
_REMEMBERED = 10


@dataclass
class _Image:
    stamp_ns: int
    received_s: float
    has_info: bool


class CameraInfos:
    """The newest ones by stamp."""

    def __init__(self) -> None:
        """Start empty."""
        #: The newest of all last.
        self._infos: dict[int, Any] = {}
        #: Images that arrived within the patience.
        self._young: deque[_Image] = deque(maxlen=CAPACITY)
        #: Of the last images before those, whether their own came within the patience.
        self._had_info: deque[bool] = deque(maxlen=_REMEMBERED)
        self._changed = threading.Condition()

    def note_image(self, stamp_ns: int) -> bool:
        """
        Take notice of an image that has just arrived, and may wait.

        :return: whether it is known that the camera sends one with each image.
        """
        with self._changed:
            self._judge()
            self._young.append(_Image(stamp_ns, time.monotonic(), stamp_ns in self._infos))
            return bool(self._infos) and self._one_each()

    def add(self, info: Any, stamp_ns: int, *, latched: bool = False) -> None:
        """
        Take one that has just arrived.

        :param latched: its publisher keeps it for those who come later; then the same one may
            have come already, and newer ones after it.
        """
        with self._changed:
            self._judge()
            if latched and self._infos.get(stamp_ns) == info:
                return
            self._infos.pop(stamp_ns, None)
            self._infos[stamp_ns] = info
            if len(self._infos) > CAPACITY:
                del self._infos[next(iter(self._infos))]
            for image in self._young:
                image.has_info |= image.stamp_ns == stamp_ns
            self._changed.notify_all()

    def of_image(self, stamp_ns: int) -> Any:
        """
        Return the one of an image, None where there is none at all.

        The one of its stamp counts, as the next image may have another size or zoom; else the
        newest. Waits for the first where it is likely to come.
        """
        with self._changed:
            self._judge()
            image = next((one for one in reversed(self._young) if one.stamp_ns == stamp_ns), None)
            if image is not None and self._one_each():
                self._changed.wait_for(lambda: stamp_ns in self._infos,
                                       image.received_s + PATIENCE_S - time.monotonic())
            own = self._infos.get(stamp_ns)
            return next(reversed(self._infos.values()), None) if own is None else own

    def _one_each(self) -> bool:
        """Tell whether the camera sends one with each image, as far as the last ones tell."""
        # The first image has the benefit of the doubt: waiting in vain costs a moment once, and
        # not waiting costs its poses and the weights that see depth.
        return not self._had_info or 2 * sum(self._had_info) > len(self._had_info)

    def _judge(self) -> None:
        """Settle which of the images had their own in time."""
        now_s = time.monotonic()
        while self._young and now_s - self._young[0].received_s >= PATIENCE_S:
            self._had_info.append(self._young.popleft().has_info)
