# SPDX-License-Identifier: Apache-2.0
"""
Which pixels may speak for a cluster.

Where two objects touch, a network gives pixels a mixture of both embeddings. Those mixtures line
up in long thin clusters that no object owns, so they must not take part in the search for
centres. They differ from the pixels beside them, by which they are recognised here.
"""

from __future__ import annotations

import torch
from torch import Tensor

#: Pixels between two seeds of the grid: 16 times fewer points, and a stick 6 px wide still
#: carries a seed every 4 px of its length.
STRIDE = 4
#: Largest change across a seed (from one pixel before to one pixel after it), in bandwidths.
STEADY = 0.5


def grid(length: int) -> Tensor:
    """Return the positions of the seeds along a side, half a stride from the border."""
    return torch.arange(min(STRIDE // 2, length - 1), length, STRIDE)


def steady(embeddings: Tensor, rows: Tensor, columns: Tensor, bandwidth: float) -> Tensor:
    """
    Tell where on a grid of the embeddings (D×H×W) these hardly change over ±1 px.

    :return: rows × columns bool.
    """
    height, width = embeddings.shape[1:]
    lines, beams = embeddings[:, rows], embeddings[:, :, columns]
    across = (lines[:, :, (columns + 1).clamp(max=width - 1)]
              - lines[:, :, (columns - 1).clamp(min=0)])
    along = (beams[:, (rows + 1).clamp(max=height - 1)]
             - beams[:, (rows - 1).clamp(min=0)])
    change = torch.maximum(across.float().square().sum(dim=0), along.float().square().sum(dim=0))
    return change <= (STEADY * bandwidth) ** 2


def inner(mask: Tensor) -> Tensor:
    """Tell which pixels of a mask (H×W bool) have all eight neighbours in it."""
    padded = torch.nn.functional.pad(mask, (1, 1, 1, 1))
    rows = padded[:-2] & padded[1:-1] & padded[2:]
    return rows[:, :-2] & rows[:, 1:-1] & rows[:, 2:]
