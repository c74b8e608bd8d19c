# SPDX-License-Identifier: Apache-2.0
"""A moving average of the weights that is of use from the first steps on."""

from __future__ import annotations

from collections.abc import Sequence

from lightning.pytorch.callbacks import WeightAveraging
import torch
from torch import Tensor


class RisingAverage(WeightAveraging):
    """
    Average the weights over the last steps; how many rises with the steps taken.

    With a constant decay of 0.999 the weights of the first steps, which know nothing, would still
    weigh a fifth after 1,500 steps. So the decay after n steps is min(decay, (1 + n)/(10 + n)),
    as TensorFlow's ExponentialMovingAverage documents it for ``num_updates``.

    :param decay: highest share of the average that a step keeps.
    """

    def __init__(self, decay: float) -> None:
        if not 0 <= decay <= 1:
            raise ValueError(f'average is {decay}, expected a decay from 0 to 1')
        super().__init__(multi_avg_fn=self._update)
        self.decay = decay

    @torch.no_grad()
    def _update(self, averages: Sequence[Tensor], values: Sequence[Tensor],
                count: Tensor | int) -> None:
        taken = int(count)
        weight = 1 - min(self.decay, (1 + taken) / (10 + taken))
        for average, value in zip(averages, values):
            if average.is_floating_point():
                average.lerp_(value.to(average.dtype), weight)
            else:
                average.copy_(value)  # a counter
