# SPDX-License-Identifier: Apache-2.0
"""
One frame on demand: which images answer a request, and what to say when none does.

All stamps and times are nanoseconds of the node's clock, which may be simulated; how long to
wait is measured on the steady clock, so that a simulation that stands still ends in a timeout.
"""

from __future__ import annotations

from collections import deque
import threading

from discinst_ros.nodes.frame_sync import CAPACITY

#: A stamp so far ahead of the node's clock is not believed: such a camera's images would seem to
#: be taken after a request that came later. Simulated clocks tick in steps of up to this.
AHEAD_NS = 100_000_000


class SegmentRequest:
    """A request that waits for an image stamped after it arrived."""

    def __init__(self, requested_ns: int) -> None:
        """Take the time at which the request arrived."""
        self._requested_ns = requested_ns
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._count: int | None = None
        #: Stamp of the image that will answer.
        self.stamp_ns: int | None = None
        self._wanted: deque[int] = deque(maxlen=CAPACITY + 1)
        self._images = 0
        self._off_s = 0.0
        self._last_failure = ''
        self._cancelled = False

    def wants(self, stamp_ns: int, now_ns: int) -> bool:
        """Tell whether an image that arrives now was taken after the request."""
        with self._lock:
            self._images += 1
            taken_after = self._requested_ns <= stamp_ns <= now_ns + AHEAD_NS
            self._off_s = 0.0 if taken_after else (stamp_ns - now_ns) / 1e9
            if taken_after:
                self._wanted.append(stamp_ns)
            return taken_after and self.stamp_ns is None

    def claim(self, stamp_ns: int) -> bool:
        """Begin to work on an image; False where it is not wanted or another is in work."""
        with self._lock:
            taken = stamp_ns in self._wanted and self.stamp_ns is None
            if not taken or self._ended.is_set():
                return False
            self.stamp_ns = stamp_ns
            return True

    def fail(self, stamp_ns: int, reason: str) -> None:
        """Give up the image in work; the next may answer."""
        with self._lock:
            if self.stamp_ns == stamp_ns:
                self.stamp_ns = None
                self._last_failure = reason

    def answer(self, stamp_ns: int, count: int) -> None:
        """Give the result of an image; only the one in work counts."""
        with self._lock:
            if self.stamp_ns == stamp_ns:
                self._count = count
                self._ended.set()

    def cancel(self) -> None:
        """End the waiting without a reply."""
        self._cancelled = True
        self._ended.set()

    def wait(self, timeout_s: float) -> int | None:
        """Return the count of instances, None where there is none in time."""
        self._ended.wait(timeout_s)
        with self._lock:
            self._ended.set()
            return self._count

    def why_not(self, timeout_s: float) -> str:
        """Return the sentence that tells why nothing came."""
        if self._cancelled:
            return 'the node was deactivated before an image was finished'
        start = f'no instances of an image stamped after the request within {timeout_s:g} s'
        if self._last_failure:
            return f'{start}: {self._last_failure}'
        if not self._images:
            return f'{start}: no image arrived'
        if self._off_s:
            side = 'ahead of' if self._off_s > 0 else 'behind'
            return (f"{start}: {self._images} images arrived, the last stamped "
                    f"{abs(self._off_s):.3f} s {side} this node's clock; make the camera's clock "
                    'and use_sim_time agree')
        return f'{start}: {self._images} images arrived, none was finished in time'
