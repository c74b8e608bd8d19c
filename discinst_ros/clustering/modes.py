# SPDX-License-Identifier: Apache-2.0
"""Flat-kernel mean-shift: the points where the density of a point set has its modes."""

from __future__ import annotations

from discinst_ros.clustering.distances import squared_distances
import torch
from torch import Tensor

#: A flat kernel comes to rest after a few steps; this only bounds the time of a rare slow climb.
_MAX_STEPS = 50
#: A climber that moved less than this share of the bandwidth has arrived.
_ARRIVED = 1e-3
#: Climbers closer than this share of the bandwidth share most of their kernel: one goes on.
_SAME_CLIMB = 0.25
#: Distances computed per step: it sets how many climbers start together.
_WORK = 125_000
_MIN_CLIMBERS = 16


def find_modes(
    points: Tensor, bandwidth: float, generator: torch.Generator, *, apart: float,
) -> Tensor:
    """
    Return the modes (K×D, heaviest first) of the points (N×D).

    Climbers start together from a random draw; the points around the modes they find are
    set aside and the next draw comes from the rest, until every point lies within a bandwidth of
    a mode or has started a climber itself. At the end all modes climb once more among all points,
    and those within ``apart`` of a heavier one are merged into it. A point alone is no mode.
    """
    found = points[:0]
    rest = points
    while len(rest):
        count = max(_MIN_CLIMBERS, _WORK // len(rest))
        starts = torch.randperm(len(rest), generator=generator)[:count].to(rest.device)
        modes = _climb(rest[starts], rest, bandwidth)
        found = torch.cat([found, modes])
        done = (squared_distances(rest, modes) <= bandwidth ** 2).any(dim=1)
        done[starts] = True
        rest = rest[~done]
    if not len(found):
        return found
    found = merge(_climb(found, points, bandwidth), apart)
    mass = (squared_distances(points, found) <= bandwidth ** 2).sum(dim=0)
    return found[mass > 1]


def merge(centres: Tensor, radius: float) -> Tensor:
    """Keep the centres, ordered by importance, that are not within ``radius`` of a kept one."""
    near = (squared_distances(centres, centres) <= radius ** 2).cpu().numpy()
    keep: list[int] = []
    taken = near.diagonal() & False
    for index, neighbours in enumerate(near):
        if not taken[index]:
            keep.append(index)
            taken = taken | neighbours
    return centres[keep]


def _climb(climbers: Tensor, points: Tensor, bandwidth: float) -> Tensor:
    """Move each climber to the mean of the points within a bandwidth until all rest."""
    for _ in range(_MAX_STEPS):
        inside = (squared_distances(climbers, points) <= bandwidth ** 2).to(points.dtype)
        mass = inside.sum(dim=1, keepdim=True)
        # A climber is a mean of points, so it can lose all of them; then it stays where it is.
        means = torch.where(mass > 0, inside @ points / mass.clamp(min=1), climbers)
        moved = float((means - climbers).square().sum(dim=1).amax())
        heaviest = mass.squeeze(1).argsort(descending=True, stable=True)
        climbers = merge(means[heaviest], _SAME_CLIMB * bandwidth)
        if moved <= (_ARRIVED * bandwidth) ** 2:
            break
    return climbers
