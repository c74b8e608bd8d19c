# SPDX-License-Identifier: Apache-2.0
"""Whether images are published as often as they are meant to be."""

from __future__ import annotations

from collections.abc import Callable

#: What is slower than this share of the rate is said, once per so many seconds.
_SLOW = 0.8
_PERIOD_S = 20.0


class Pace:
    """Counts images against a clock, and says where they are too few."""

    def __init__(self, rate_hz: float, clock: Callable[[], float]) -> None:
        """
        Begin with the first image.

        :param rate_hz: images per second that are meant.
        :param clock: gives seconds, whatever they count from.
        """
        self._rate_hz = rate_hz
        self._clock = clock
        self._since_s: float | None = None
        self._images = 0

    def pause(self) -> None:
        """Leave out of the count what passes until the next image."""
        self._since_s = None

    def count(self, warn: Callable[[str], object]) -> None:
        """
        Count an image.

        :param warn: told in a sentence where images of the last seconds were too few.
        """
        now_s = self._clock()
        if self._since_s is None or now_s < self._since_s:
            self._since_s, self._images = now_s, 0
            return
        self._images += 1
        passed_s = now_s - self._since_s
        if passed_s < _PERIOD_S:
            return
        reached_hz = self._images / passed_s
        if reached_hz < _SLOW * self._rate_hz:
            warn(f'{reached_hz:.2g} images per second instead of {self._rate_hz:g}: drawing takes '
                 'longer, or the machine is busy; lower rate_hz')
        self._since_s, self._images = now_s, 0
