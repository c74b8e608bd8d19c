# SPDX-License-Identifier: Apache-2.0
"""Numbers among the settings, and what they may be."""

from __future__ import annotations

import math


def check_numbers(*, most: float = math.inf, **settings: float | None) -> None:
    """
    Refuse settings of the model below 0, above a bound, or not finite.

    :param most: the bound.
    :param settings: by name; None is what leaves a setting to others.
    :raises ValueError: naming the setting.
    """
    for name, value in settings.items():
        if value is not None and not (0 <= value <= most and math.isfinite(value)):
            expected = '0 or more' if most == math.inf else f'0 to {most:g}'
            raise ValueError(f'model.{name} is {value}, expected {expected}')
