# SPDX-License-Identifier: Apache-2.0
"""
The thread that works on frames, so that the executor stays responsive.

Between the two there is room for one frame: a newer one takes the place of the older.
"""

from __future__ import annotations

from collections.abc import Callable
import math
import threading
import time

from discinst_ros.nodes.frame_sync import Frame

#: So long a stopping worker is waited for; a frame on a slow machine takes a few seconds.
STOP_TIMEOUT_S = 10.0
#: The period may have changed while a frame waits.
_LOOK_AGAIN_S = 0.1


class FrameWorker:
    """Works on the newest frame, one at a time."""

    def __init__(self, work: Callable[[Frame], None], *,
                 min_period_s: Callable[[], float]) -> None:
        """
        Start the thread.

        :param work: called in the thread with each frame; it must not raise.
        :param min_period_s: asked while a frame waits; frames start no faster than this, but for
            those that are offered at once.
        """
        self._work = work
        self._min_period_s = min_period_s
        self._frame: Frame | None = None
        self._at_once = False
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='frame_worker', daemon=True)
        self._thread.start()

    def offer(self, frame: Frame, *, at_once: bool = False) -> Frame | None:
        """
        Hand over a frame.

        :param at_once: do not wait for the period; who displaces such a frame does not, either.
        :return: the older frame that nobody had begun and that it displaces, if there is one.
        """
        with self._changed:
            displaced, self._frame = self._frame, frame
            self._at_once = at_once or (displaced is not None and self._at_once)
            self._changed.notify()
        return displaced

    def stop(self) -> bool:
        """
        End the thread after the frame in work.

        :return: whether it ended in time.
        """
        with self._changed:
            self._stopping = True
            self._frame = None
            self._changed.notify()
        self._thread.join(STOP_TIMEOUT_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        started_s = -math.inf
        while True:
            with self._changed:
                while not self._stopping:
                    wait_s = (math.inf if self._frame is None else 0.0 if self._at_once else
                              started_s + self._min_period_s() - time.monotonic())
                    if wait_s <= 0:
                        break
                    self._changed.wait(min(wait_s, _LOOK_AGAIN_S))
                if self._stopping:
                    return
                frame, self._frame = self._frame, None
            started_s = time.monotonic()
            if frame is not None:
                self._work(frame)
