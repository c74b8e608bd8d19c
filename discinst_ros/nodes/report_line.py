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
    objects = f'{len(positions):3} ' + ('object,' if len(positions) == 1 else 'objects,')
    stages = ', '.join(f'{stage} {time_ms:.0f}' for stage, time_ms in timings_ms.items()
                       if round(time_ms))
    total = f'{sum(timings_ms.values()):5.0f} ms'
    return f'{name:<10} {objects:<12}{total} ({stages}){_nearest(positions)}'


def _nearest(positions: Sequence[Position]) -> str:
    known = sorted((position for position in positions if math.isfinite(sum(position))),
                   key=lambda position: math.hypot(*position))
    if not positions:
        return ''
    if not known:
        return ': no positions without depth and camera_info'
    # The z option writes -0.00 as 0.00, but only from Python 3.11 on.
    listed = ' '.join('(' + ' '.join(f'{round(value, 2) + 0.0:.2f}' for value in position) + ')'
                      for position in known[:NEAREST])
    return f': nearest at {listed} m'
