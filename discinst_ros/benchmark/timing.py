# SPDX-License-Identifier: Apache-2.0
"""
Time competitors fairly: warm, in turns, as often as a budget allows.

In turns, so that what else the machine does meets all of them alike; every second round runs
backwards, so that none always follows the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
import time
from typing import Any, Protocol, TypeVar

import numpy as np
import torch

#: Fewest and most rounds that are measured, whatever the budget.
LEAST, MOST = 3, 50

#: Time that passes, and time that the process had a CPU: of one thread the latter is what the
#: former would be on a machine without other work.
WALL, PROCESS = CLOCKS = ('wall', 'process')

Name = TypeVar('Name', bound=Hashable)
#: Runs a competitor once and returns the seconds that its parts took, by name.
Run = Callable[[], Mapping[str, float]]


@dataclass(frozen=True)
class Timing:
    """How long something took, every time."""

    samples_s: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """The middle one."""
        return float(np.median(self.samples_s))

    @property
    def quartiles_s(self) -> tuple[float, float]:
        """Between them lies the middle half."""
        low, high = np.percentile(self.samples_s, (25, 75))
        return float(low), float(high)

    def as_json(self) -> dict[str, float | int]:
        """Return the figures by name."""
        low, high = self.quartiles_s
        return {'median_s': self.median_s, 'lower_quartile_s': low, 'upper_quartile_s': high,
                'repetitions': len(self.samples_s)}

    def __str__(self) -> str:
        """Return median and quartiles in milliseconds."""
        median, low, high = (1e3 * one for one in (self.median_s, *self.quartiles_s))
        digits = 0 if median >= 100 else 1 if median >= 10 else 2
        return f'{median:.{digits}f} [{low:.{digits}f}-{high:.{digits}f}]'


class Clock(Protocol):
    """Notes moments on a device, and tells the time between two of them."""

    def mark(self) -> Any:
        """Note this moment, which on a GPU comes after all that was asked of it before."""

    def between(self, start: Any, end: Any, /) -> float:
        """Return the seconds from one moment to another; on a GPU wait for the latter."""


class CpuClock:
    """The wall clock of the process."""

    def mark(self) -> float:
        """Note this moment."""
        return time.perf_counter()

    def between(self, start: float, end: float) -> float:
        """Return the seconds from one moment to another."""
        return end - start


class ProcessClock:
    """The CPU time of the process, all its threads together: what others take does not count."""

    def mark(self) -> float:
        """Note this moment."""
        return time.process_time()

    def between(self, start: float, end: float) -> float:
        """Return the seconds from one moment to another."""
        return end - start


class GpuClock:
    """Events that the GPU itself notes, before the first and after the last kernel."""

    def __init__(self, device: torch.device) -> None:
        """:param device: that the actions run on."""
        self._device = device

    def mark(self) -> torch.cuda.Event:
        """Have this moment noted by the GPU."""
        with torch.cuda.device(self._device):
            event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
            event.record()
        return event

    def between(self, start: torch.cuda.Event, end: torch.cuda.Event) -> float:
        """Return the seconds from one moment to another, once the latter has come."""
        end.synchronize()
        return float(start.elapsed_time(end)) / 1e3


def clock_of(device: torch.device, kind: str = WALL) -> Clock:
    """
    Return the clock for a device.

    :param kind: one of :data:`CLOCKS`.
    :raises ValueError: for CPU time where the work is done by a GPU.
    """
    if kind == PROCESS:
        if device.type == 'cuda':
            raise ValueError(f'--clock {PROCESS} tells nothing of a GPU; leave it out, or choose '
                             '--device cpu')
        return ProcessClock()
    return GpuClock(device) if device.type == 'cuda' else CpuClock()


def seconds_of(action: Callable[[], object], clock: Clock) -> float:
    """Run an action once and return how long it took, to the end of its work."""
    start = clock.mark()
    action()
    return clock.between(start, clock.mark())


def timed(action: Callable[[], object], clock: Clock) -> Run:
    """Return a competitor that has one part, named 'time'."""
    return lambda: {'time': seconds_of(action, clock)}


def interleaved(
    competitors: Mapping[Name, Run], *, seconds: float, least: int = LEAST, most: int = MOST,
    now: Callable[[], float] = time.perf_counter,
) -> dict[Name, dict[str, Timing]]:
    """
    Run all competitors once to warm up, then in turns.

    :param competitors: by name, which can be anything that tells them apart.
    :param seconds: budget of the rounds, warm-up aside; each competitor may use an equal share
        of it, so a fast one runs more often than a slow one.
    :param least: rounds that all take part in, even beyond the budget.
    :param most: rounds at most.
    :param now: the time that the budget is counted by.
    :return: the times of each competitor's parts.
    """
    spent, cost = dict.fromkeys(competitors, 0.0), dict.fromkeys(competitors, 0.0)
    samples: dict[Name, list[Mapping[str, float]]] = {name: [] for name in competitors}

    def run(name: Name) -> Mapping[str, float]:
        start = now()
        parts = competitors[name]()
        cost[name] = now() - start
        return parts

    for name in competitors:
        run(name)
    share = seconds / max(1, len(competitors))
    for number in range(most):
        due = [name for name in competitors
               if number < least or spent[name] + cost[name] <= share]
        for name in reversed(due) if number % 2 else due:
            samples[name].append(run(name))
            spent[name] += cost[name]
    return {name: {part: Timing(tuple(one[part] for one in measured)) for part in measured[0]}
            for name, measured in samples.items()}
