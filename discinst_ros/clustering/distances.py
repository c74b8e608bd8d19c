# SPDX-License-Identifier: Apache-2.0
"""Squared distances between many points and a few centres, without losing digits."""

from __future__ import annotations

import torch
from torch import Tensor

#: Largest tolerated rounding error of a squared distance, as a share of the squared bandwidth.
_TOLERANCE = 1e-3
#: Points whose mean stands for that of all: any point amid them would do.
_SAMPLE = 4096
#: Rows of the distance table computed at once: it stays in the processor's cache.
_ROWS = 8192


def centred(points: Tensor, bandwidth: float) -> Tensor:
    """
    Move the points (N×D) around their mean, in the precision that distances between them need.

    The distances below come from ``|x|² - 2 x·c + |c|²``, whose error grows with the squared
    norm: around their mean the points lose least, and where float32 still loses too much (a
    spread of about a hundred bandwidths) the points become float64.
    """
    if points.dtype is not torch.float64:
        points = points.float()
    some = points[::1 + len(points) // _SAMPLE].double()
    points = points - some.mean(dim=0).to(points.dtype)
    limit = (_TOLERANCE / torch.finfo(torch.float32).eps) ** 0.5 * bandwidth
    return points.double() if float(points.abs().amax()) > limit else points


def squared_distances(points: Tensor, centres: Tensor) -> Tensor:
    """Return N×K squared distances of N×D points to K×D centres; rounding may go below 0."""
    table = torch.addmm(centres.square().sum(dim=1), points, centres.t(), alpha=-2.0)
    return table.add_(points.square().sum(dim=1, keepdim=True))


def nearest(points: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """Return for each point the squared distance to its nearest centre, and that one's index."""
    found = [squared_distances(rows, centres).min(dim=1) for rows in torch.split(points, _ROWS)]
    return torch.cat([f.values for f in found]), torch.cat([f.indices for f in found])
