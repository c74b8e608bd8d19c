# SPDX-License-Identifier: Apache-2.0
"""One line that says what is seen in an image and how long that took. No ROS in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import math

#: So many of the nearest objects are listed.
NEAREST = 3

Position = tuple[float, float, float]


def report_line(name: str, positions: Sequence[Position], timings_ms: Mapping[str, float]) -> str:
    """
    Return the line.

    :param name: of the image.
    :param positions: of all objects, metres; NaN for those without a pose.
    :param timings_ms: of all stages, in order.
    """
    count = f'{len(positions):3} object' + (' ' if len(positions) == 1 else 's')
    stages = ', '.join(f'{stage} {time_ms:.0f}' for stage, time_ms in timings_ms.items()
                       if round(time_ms))
    total_ms = sum(timings_ms.values())
    return f'{name:<10}{count}, {total_ms:3.0f} ms ({stages}){_nearest(positions)}'


def _nearest(positions: Sequence[Position]) -> str:
    known = sorted((position for position in positions if math.isfinite(sum(position))),
                   key=lambda position: math.hypot(*position))
    if not positions:
        return ''
    if not known:
        return ': no positions, they need depth and camera_info'
    listed = ' '.join(f'({x:.2f} {y:.2f} {z:.2f})' for x, y, z in known[:NEAREST])
    return f': nearest {min(NEAREST, len(known))} at {listed} m'
