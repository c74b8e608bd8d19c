# SPDX-License-Identifier: Apache-2.0
"""Every pixel to a centre: the nearest one, or for a stray pixel that of a neighbour."""

from __future__ import annotations

import torch
from torch import Tensor

from discinst_ros.clustering.distances import nearest, squared_distances

#: How far (pixels) a pixel without a centre of its own looks for labels around it.
NEARBY_PX = 3


def nearest_from_guess(
    points: Tensor, centres: Tensor, guess: Tensor,
) -> tuple[Tensor, Tensor]:
    """
    Return what :func:`nearest` returns, at a fraction of the time where guesses are good.

    A point no farther from a centre than half the way from there to the next centre has no
    nearer one (triangle inequality). So one distance per point settles the inside of the objects,
    and only the others are compared with all centres.

    :param guess: N int64, an index into the centres for each point.
    """
    apart = squared_distances(centres, centres).fill_diagonal_(torch.inf).amin(dim=1)
    squared = (points - centres.index_select(0, guess)).square_().sum(dim=1)
    open_ = (squared > apart.index_select(0, guess) / 4).nonzero().squeeze(1)
    index = guess.clone()
    squared[open_], index[open_] = nearest(points[open_], centres)
    return squared, index


def label_from_neighbours(
    labels: Tensor, pixels: Tensor, points: Tensor, centres: Tensor,
) -> Tensor:
    """
    Label stray pixels: the nearest of the centres whose labels occur nearby, 0 where none does.

    A mixed pixel between two objects may lie by chance near the centre of a third one on the
    other side of the image; asking the neighbourhood keeps it at home.

    :param labels: H×W int64, 0 = none, k + 1 = ``centres[k]``.
    :param pixels: M int64, the stray pixels in the flat image; ``points`` M×D their embeddings.
    :return: M int64 labels.
    """
    width = labels.shape[1] + 2 * NEARBY_PX
    padded = torch.nn.functional.pad(labels, (NEARBY_PX,) * 4)
    rows = pixels.div(labels.shape[1], rounding_mode='floor')
    home = pixels + NEARBY_PX * (width + 1) + 2 * NEARBY_PX * rows
    around = padded.flatten()[home[:, None] + _star(width).to(home.device)]
    seen = torch.zeros(len(pixels), len(centres) + 1, dtype=torch.bool, device=labels.device)
    seen.scatter_(1, around, True)
    squared = squared_distances(points, centres).masked_fill_(~seen[:, 1:], torch.inf)
    best = squared.min(dim=1)
    return torch.where(best.values.isfinite(), best.indices + 1, 0)


def _star(width: int) -> Tensor:
    """Return the flat offsets to the pixels looked at: eight directions, each up to the end."""
    steps = torch.arange(1, NEARBY_PX + 1)
    directions = torch.tensor([-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1])
    return (directions[:, None] * steps).flatten()
