# SPDX-License-Identifier: Apache-2.0
"""What /diagnostics says: how fast, how much was dropped and why, and what is wrong."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
import statistics
import threading
import time

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from discinst_ros.nodes.problems import Problem
from std_msgs.msg import Header

#: Rate and latencies are those of the frames of so many seconds.
WINDOW_S = 5.0

#: Where the time of a frame goes, in order.
STAGES = ('wait', 'preprocess', 'network', 'clustering', 'poses', 'publish')


class FrameStatistics:
    """Counts frames; safe to use from several threads."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._lock = threading.Lock()
        self._frames: deque[tuple[float, Mapping[str, float]]] = deque()
        self._dropped: Counter[str] = Counter()
        self._published = 0
        self._objects = 0

    def add(self, timings_s: Mapping[str, float], objects: int) -> None:
        """Count a published frame: seconds per stage and the number of its objects."""
        with self._lock:
            self._frames.append((time.monotonic(), dict(timings_s)))
            self._published += 1
            self._objects = objects

    def drop(self, reason: str, count: int = 1) -> None:
        """Count frames that were given up."""
        with self._lock:
            if count:
                self._dropped[reason] += count

    def values(self) -> dict[str, str]:
        """Return the values that /diagnostics shows."""
        with self._lock:
            now = time.monotonic()
            while self._frames and now - self._frames[0][0] > WINDOW_S:
                self._frames.popleft()
            frames = [timings for _, timings in self._frames]
            values = {
                'rate_hz': f'{self._rate_hz():.1f}',
                'frames': str(self._published),
                'objects': str(self._objects),
                'dropped': str(sum(self._dropped.values())),
                **{f'dropped: {reason}': str(count)
                   for reason, count in sorted(self._dropped.items())}}
        for stage in STAGES if frames else ():
            median_s = statistics.median(timings.get(stage, 0.0) for timings in frames)
            values[f'{stage}_ms'] = f'{median_s * 1e3:.1f}'
        if frames:
            total_s = statistics.median(sum(timings.values()) for timings in frames)
            values['total_ms'] = f'{total_s * 1e3:.1f}'
        return values

    def _rate_hz(self) -> float:
        """Return how often frames were published while they were."""
        if len(self._frames) < 2:
            return len(self._frames) / WINDOW_S
        return (len(self._frames) - 1) / (self._frames[-1][0] - self._frames[0][0])


def status(problems: Iterable[Problem], *, stale: bool, fine: str) -> tuple[bytes, str]:
    """
    Return the level and the sentence of a node.

    :param problems: what is wrong, the worst first.
    :param stale: whether no images arrive.
    :param fine: the sentence where nothing is wrong.
    """
    current = list(problems)
    message = '; '.join(problem.sentence for problem in current) or fine
    if any(problem.fatal for problem in current):
        return DiagnosticStatus.ERROR, message
    if stale:
        return DiagnosticStatus.STALE, message
    return DiagnosticStatus.WARN if current else DiagnosticStatus.OK, message


def diagnostics_to_msg(name: str, hardware_id: str, level: bytes, message: str,
                       values: Mapping[str, str], stamp: Time) -> DiagnosticArray:
    """Return the message of one status."""
    msg = DiagnosticArray(status=[DiagnosticStatus(
        name=name, hardware_id=hardware_id, level=level, message=message,
        values=[KeyValue(key=key, value=value) for key, value in values.items()])])
    msg.header.stamp = stamp
    return msg


def timings_to_msg(timings_s: Mapping[str, float], header: Header) -> DiagnosticArray:
    """Return the milliseconds per stage of one image, with its header."""
    return DiagnosticArray(header=header, status=[DiagnosticStatus(
        level=DiagnosticStatus.OK, name='timings', values=[
            KeyValue(key=f'{stage}_ms', value=f'{timings_s.get(stage, 0.0) * 1e3:.1f}')
            for stage in STAGES])])
