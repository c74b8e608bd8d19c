# SPDX-License-Identifier: Apache-2.0
"""
Pairs images with depth by their stamps: bounded, and the newest frame wins.

No ROS in here: messages are opaque, stamps are nanoseconds, and how long an image waits is
measured on the caller's steady clock. Nothing compares stamps for order, so a camera or a
simulation that starts its clock anew does not stop the output.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
import math
from typing import Any

#: How depth is used.
USE_DEPTH = ('auto', 'always', 'never')
#: An image waits no longer than this for its depth, and depth for its image. When no pair is found
#: for so long, images go on without depth until it comes back.
PATIENCE_S = 1.0
#: So many images and so many depth images are held at most, however fast they come.
CAPACITY = 100
#: So long an image that waited in vain is remembered, to tell how late its depth comes.
_REMEMBERED_S = 3.0


@dataclass(frozen=True, eq=False)
class _Depth:
    stamp_ns: int
    received_s: float
    message: Any


@dataclass(frozen=True, eq=False)
class Frame:
    """One image and the depth that belongs to it."""

    stamp_ns: int
    #: Of the caller's steady clock, when the image arrived.
    received_s: float
    image: Any
    depth: Any = None


class FrameSync:
    """Hands out frames as soon as they are complete."""

    def __init__(self, *, slop_s: float, use_depth: str) -> None:
        """
        Start empty.

        :param slop_s: stamps of an image and its depth differ by so much at most.
        :param use_depth: one of :data:`USE_DEPTH`.
        """
        self.slop_s = slop_s
        self.use_depth = use_depth
        self._images: deque[Frame] = deque()
        self._depths: deque[_Depth] = deque(maxlen=CAPACITY)
        self._last_depth_ns: int | None = None
        self._depth_period_ns = math.inf
        #: Images that waited in vain, without their messages.
        self._gone: deque[Frame] = deque(maxlen=CAPACITY)
        self._dropped = 0
        self._offered = False
        self._had_depth = False
        self._late_s: float | None = None
        self._hopeful = True
        #: When the first image began to wait since the last pair, or the newest at that pair.
        self._waiting_since_s: float | None = None

    def add_image(self, image: Any, stamp_ns: int, now_s: float, *,
                  depth_offered: bool) -> Frame | None:
        """
        Take an image.

        :param depth_offered: whether anybody publishes depth.
        :return: the frame to work on now, None while the image waits for its depth.
        """
        frame = Frame(stamp_ns, now_s, image)
        self._images.append(frame)
        if self.use_depth == 'never':
            return self._release_alone()
        paired = self._pair(frame)
        if paired is not None:
            return paired
        if depth_offered and not self._offered:
            self._hopeful = True
        self._offered = depth_offered
        if self.use_depth == 'auto' and not (self._offered and self._hopeful):
            return self._release_alone()
        if self._waiting_since_s is None:
            self._waiting_since_s = now_s
        return self.expire(now_s)

    def add_depth(self, depth: Any, stamp_ns: int, now_s: float) -> Frame | None:
        """
        Take a depth image, which arrived now.

        :return: the frame that it completes, None where there is none yet.
        """
        if self._last_depth_ns is not None:
            self._depth_period_ns = abs(stamp_ns - self._last_depth_ns)
        self._last_depth_ns = stamp_ns
        while self._depths and now_s - self._depths[0].received_s > PATIENCE_S:
            self._depths.popleft()
        self._depths.append(_Depth(stamp_ns, now_s, depth))
        late_s = [now_s - frame.received_s for frame in self._gone
                  if abs(frame.stamp_ns - stamp_ns) <= self._slop_ns]
        if late_s and min(late_s) >= PATIENCE_S:
            self._late_s = min(late_s)
        elif late_s:
            self._hope(now_s)
        for frame in reversed(self._images):
            paired = self._pair(frame)
            if paired is not None:
                return paired
        return None

    def note_image(self, stamp_ns: int, now_s: float) -> None:
        """
        Take notice of an image that nobody wants.

        Once depth was missed only an image with its depth tells that it is back; where images
        are wanted on demand, the next of those would find out too late.
        """
        if not self.lacks_depth(now_s):
            return
        if any(abs(depth.stamp_ns - stamp_ns) <= self._slop_ns
               and now_s - depth.received_s <= PATIENCE_S for depth in self._depths):
            self._hope(now_s)
        else:
            self._remember(Frame(stamp_ns, now_s, None))

    def expire(self, now_s: float) -> Frame | None:
        """
        Give up waiting for depth that does not come; to be called from time to time.

        :return: the newest image, alone, where that is so and ``use_depth`` is auto.
        """
        while len(self._images) > CAPACITY or (
                self.use_depth == 'always' and self._images
                and now_s - self._images[0].received_s > PATIENCE_S):
            self._remember(self._images[0])
            self._drop_oldest(1)
        if self.use_depth != 'auto' or not self._images or not self._is_overdue(now_s):
            return None
        self._hopeful = False
        return self._release_alone()

    def lacks_depth(self, now_s: float) -> bool:
        """Tell whether depth should come and does not; it should once it came."""
        return self._is_overdue(now_s) or (
            self.use_depth == 'auto' and (not self._hopeful if self._offered
                                          else self._had_depth))

    def nearest_miss_s(self) -> float | None:
        """Return how near the stamps of recent unpaired images and depth are, None without."""
        misses_ns = [abs(depth.stamp_ns - frame.stamp_ns) for depth in self._depths
                     for frame in (*self._gone, *self._images)]
        return min(misses_ns) / 1e9 if misses_ns else None

    def late_s(self) -> float | None:
        """Return how long after its image depth came, where that was too late."""
        return self._late_s

    def take_dropped(self) -> int:
        """Return how many images were given up for want of depth since the last call."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    @property
    def _slop_ns(self) -> float:
        return self.slop_s * 1e9

    def _is_overdue(self, now_s: float) -> bool:
        return (self._waiting_since_s is not None
                and now_s - self._waiting_since_s >= PATIENCE_S)

    def _hope(self, now_s: float) -> None:
        """Depth is back: let images wait for it again."""
        self._gone.clear()
        self._hopeful = self._offered = True
        self._waiting_since_s = now_s if self._images else None
        self._late_s = None

    def _release_alone(self) -> Frame:
        """Hand out the newest image without depth."""
        self._drop_oldest(len(self._images) - 1)
        frame = self._images.popleft()
        self._remember(frame)
        self._waiting_since_s = None
        return frame

    def _remember(self, frame: Frame) -> None:
        while self._gone and frame.received_s - self._gone[0].received_s > _REMEMBERED_S:
            self._gone.popleft()
        self._gone.append(Frame(frame.stamp_ns, frame.received_s, None))

    def _pair(self, frame: Frame) -> Frame | None:
        """Complete a waiting image; what came before the pair is given up."""
        nearest = self._nearest_depth(frame.stamp_ns)
        if nearest is None:
            return None
        depth = self._depths[nearest].message
        for _ in range(nearest + 1):
            self._depths.popleft()
        self._drop_oldest(self._images.index(frame))
        self._images.popleft()
        self._hopeful = self._offered = self._had_depth = True
        # Of those that wait on only the newest can go alone. An older one is no measure: where
        # depth is slower than the images and late, the next pair comes when it has waited longer.
        self._waiting_since_s = self._images[-1].received_s if self._images else None
        self._late_s = None
        return Frame(frame.stamp_ns, frame.received_s, frame.image, depth)

    def _nearest_depth(self, stamp_ns: int) -> int | None:
        """
        Return the place of the depth image that belongs to a stamp.

        While the newest depth image is older than the stamp, the right one may still be on its
        way: then only one nearer than half the time between two depth images is surely nearest.
        """
        if not self._depths:
            return None
        stamps = [depth.stamp_ns for depth in self._depths]
        # of equal ones, as where a driver leaves all stamps 0, the newest
        nearest = min(range(len(stamps)), key=lambda i: (abs(stamps[i] - stamp_ns), -i))
        limit = self._slop_ns
        if stamps[-1] < stamp_ns:
            limit = min(limit, self._depth_period_ns / 2)
        return nearest if abs(stamps[nearest] - stamp_ns) <= limit else None

    def _drop_oldest(self, count: int) -> None:
        for _ in range(count):
            self._images.popleft()
            self._dropped += 1
