# SPDX-License-Identifier: Apache-2.0
"""Time per stage, also where a GPU works on after the call has returned."""

from __future__ import annotations

import time

import torch


class Stopwatch:
    """Collect the seconds between laps."""

    def __init__(self, device: torch.device) -> None:
        """:param device: to wait for at each lap."""
        self._device = device
        #: Seconds by the name of the lap.
        self.laps_s: dict[str, float] = {}
        self._last = self._now()

    def lap(self, name: str) -> None:
        """End a stage."""
        now = self._now()
        self.laps_s[name] = now - self._last
        self._last = now

    def _now(self) -> float:
        if self._device.type == 'cuda':
            torch.cuda.synchronize(self._device)
        return time.perf_counter()
