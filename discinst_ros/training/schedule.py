# SPDX-License-Identifier: Apache-2.0
"""The learning rate over a training: it rises, stays, and falls to zero."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

#: How the learning rate falls.
Fall: TypeAlias = Literal['linear', 'cosine']


def share_of_rate(step: int, *, steps: float, warmup_steps: int, decay_share: float,
                  fall: Fall) -> float:
    """
    Return the share of the highest learning rate at a step.

    :param steps: of the whole training.
    :param warmup_steps: over which the rate rises in a line.
    :param decay_share: share of all steps, at the end, over which it falls.
    :param fall: in a line, or as half a cosine (Loshchilov, Hutter, arXiv 1608.03983, without
        restarts).
    """
    rise = min(1.0, (step + 1) / max(1, warmup_steps))
    left = min(1.0, max(0.0, (steps - step) / max(1.0, decay_share * steps)))
    return min(rise, left if fall == 'linear' else 0.5 - 0.5 * math.cos(math.pi * left))
