# SPDX-License-Identifier: Apache-2.0
"""Every pixel to a centre: the nearest one, or for a stray pixel that of a neighbour."""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.clustering.distances import nearest, squared_distances
import torch
from torch import Tensor

#: How far (pixels) a pixel without a centre of its own looks for labels around it.
NEARBY_PX = 3


@dataclass(frozen=True)
class Assignment:
    """Points and the centres they belong to."""

    #: K×D.
    centres: Tensor
    #: M int64, the nearest centre of each point.
    index: Tensor
    #: M, the squared distance to it, infinite where there is no centre at all.
    squared: Tensor


def assign(points: Tensor, centres: Tensor, guess: Tensor) -> Assignment:
    """
    Assign each point (M×D) to its nearest centre, quickly where guesses are good.

    A point no farther from a centre than half the way from there to the next centre has no
    nearer one (triangle inequality). So one distance per point settles the inside of the objects,
    and only the others are compared with all centres.

    :param guess: M int64, an index into the centres for each point.
    """
    if not len(centres):
        return Assignment(centres, torch.zeros_like(guess),
                          points.new_full((len(points),), torch.inf))
    apart = squared_distances(centres, centres).fill_diagonal_(torch.inf).amin(dim=1)
    squared = (points - centres.index_select(0, guess)).square_().sum(dim=1)
    unsure = (squared > apart.index_select(0, guess) / 4).nonzero().squeeze(1)
    index = guess.clone()
    squared[unsure], index[unsure] = nearest(points[unsure], centres)
    return Assignment(centres, index, squared)


def with_more(points: Tensor, before: Assignment, extra: Tensor) -> Assignment:
    """Return the assignment with further centres (E×D) taken into account."""
    if not len(extra):
        return before
    index, squared = before.index.clone(), before.squared.clone()
    # Again the triangle inequality: what lies close to its centre stays there.
    apart = (squared_distances(extra, before.centres).amin() if len(before.centres)
             else extra.new_zeros(()))
    unsure = (squared > apart / 4).nonzero().squeeze(1)
    extra_squared, extra_index = nearest(points[unsure], extra)
    better = extra_squared < squared[unsure]
    squared[unsure[better]] = extra_squared[better]
    index[unsure[better]] = extra_index[better] + len(before.centres)
    return Assignment(torch.cat([before.centres, extra]), index, squared)


def keep_only(points: Tensor, before: Assignment, keep: Tensor) -> Assignment:
    """Return the assignment to some of its centres (their indices, in the new order) alone."""
    new = torch.full((len(before.centres),), -1, device=keep.device)
    new[keep] = torch.arange(len(keep), device=keep.device)
    index, squared = new[before.index] if len(new) else before.index, before.squared.clone()
    homeless = (index < 0).nonzero().squeeze(1)
    if len(homeless) and len(keep):
        squared[homeless], index[homeless] = nearest(points[homeless], before.centres[keep])
    return Assignment(before.centres[keep], index, squared)


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
    unseen = torch.ones(len(pixels), len(centres) + 1, dtype=torch.bool, device=labels.device)
    unseen.scatter_(1, around, False)
    best = squared_distances(points, centres).masked_fill_(unseen[:, 1:], torch.inf).min(dim=1)
    return torch.where(best.values.isfinite(), best.indices + 1, 0)


def _star(width: int) -> Tensor:
    """Return the flat offsets to the pixels looked at: eight directions, each up to the end."""
    steps = torch.arange(1, NEARBY_PX + 1)
    directions = torch.tensor([-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1])
    return (directions[:, None] * steps).flatten()
