# SPDX-License-Identifier: Apache-2.0
"""Which frames tell something new of a bin: those taken after the last pick, and each once."""

from __future__ import annotations

from collections import deque

_NS_PER_S = 1e9
#: So many frames that were looked at are remembered by their stamps.
_REMEMBERED = 100


class Freshness:
    """Compares the stamps of frames with the end of the last pick, and with one another."""

    def __init__(self, since_ns: int) -> None:
        """
        Begin.

        :param since_ns: frames stamped until then show what is no longer so.
        """
        #: Frames that were looked at, and those that came while waiting for a new one.
        self.looked = self.old = 0
        self.begin(since_ns)

    def begin(self, since_ns: int) -> None:
        """Wait anew: a pick is over, and frames stamped until then do not show what it left."""
        self._since_ns = since_ns
        self._old_ns: int | None = None
        self._seen: deque[int] = deque(maxlen=_REMEMBERED)

    def is_new(self, stamp_ns: int) -> bool:
        """Tell whether a frame is one to look at; one that came twice confirms nothing."""
        if stamp_ns > self._since_ns and stamp_ns not in self._seen:
            return True
        self.old += 1
        self._old_ns = max(stamp_ns, self._old_ns or stamp_ns)
        return False

    def look(self, stamp_ns: int) -> None:
        """Take note of a frame that is looked at."""
        self.looked += 1
        self._seen.append(stamp_ns)

    @property
    def why(self) -> str:
        """Why the newest frame was none to look at, empty where none was old."""
        if self._old_ns is None:
            return ''
        if self._old_ns > self._since_ns:
            return 'the newest was looked at before, and comes again'
        return (f'the newest was taken {(self._since_ns - self._old_ns) / _NS_PER_S:.3f} s before '
                'the last pick was over')
