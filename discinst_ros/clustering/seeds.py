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
#: Share of the seeds that may speak: the steadiest.
STEADY_SHARE = 0.5
#: Change (see :func:`change`) up to which a seed always may speak, and from which on none may, in
#: bandwidths.
STEADY, RESTLESS = 0.1, 0.5


def grid(length: int, device: torch.device) -> Tensor:
    """Return the positions of the seeds along a side, half a stride from the border."""
    return torch.arange(min(STRIDE // 2, length - 1), length, STRIDE, device=device)


def spread(values: Tensor, shape: torch.Size) -> Tensor:
    """Give each pixel of an image (H×W) the value of its cell of the seed grid."""
    for dim, side in enumerate(shape):
        cells = torch.arange(side, device=values.device) // STRIDE
        values = values.index_select(dim, cells.clamp_(max=values.shape[dim] - 1))
    return values


def change(embeddings: Tensor, pixels: Tensor) -> Tensor:
    """
    Return how much the embeddings change from one pixel before to one pixel after some pixels.

    :param embeddings: D×H×W float.
    :param pixels: M int64, positions in the flat image.
    :return: M float, the larger distance of left to right and of above to below.
    """
    height, width = embeddings.shape[1:]
    rows, columns = pixels.div(width, rounding_mode='floor'), pixels % width
    across = (gather(embeddings, pixels + (columns < width - 1).long())
              - gather(embeddings, pixels - (columns > 0).long()))
    along = (gather(embeddings, pixels + (rows < height - 1) * width)
             - gather(embeddings, pixels - (rows > 0) * width))
    return torch.maximum(torch.linalg.vector_norm(across.float(), dim=1),
                         torch.linalg.vector_norm(along.float(), dim=1))


def steady(embeddings: Tensor, pixels: Tensor, bandwidth: float) -> Tensor:
    """
    Tell which seeds may speak for a cluster.

    How much a network's embeddings change inside an object is its own matter, and its mixtures are
    not always far above that. So the steadiest share of the image's seeds is taken.

    :param embeddings: D×H×W float.
    :param pixels: M int64, the seeds' positions in the flat image.
    :return: M bool.
    """
    changes = change(embeddings, pixels)
    if not len(changes):
        return changes > 0
    limit = changes.kthvalue(max(1, round(STEADY_SHARE * len(changes)))).values
    return changes <= limit.clamp(STEADY * bandwidth, RESTLESS * bandwidth)


def inner(labels: Tensor) -> Tensor:
    """Tell which pixels of a label image (H×W) have eight neighbours of their own label."""
    padded = torch.nn.functional.pad(labels, (1, 1, 1, 1))
    same = padded[1:] == padded[:-1]
    column = same[1:] & same[:-1]
    beside = labels[:, 1:] == labels[:, :-1]
    beside = torch.nn.functional.pad(beside, (1, 1))
    return (column[:, 1:-1] & column[:, 2:] & column[:, :-2] & beside[:, 1:] & beside[:, :-1]
            & (labels != 0))


def gather(embeddings: Tensor, pixels: Tensor) -> Tensor:
    """Return the embeddings of some pixels as M×D, reading them in the order they are stored."""
    flat = embeddings.reshape(embeddings.shape[0], -1)
    if flat.stride(0) == 1:
        return flat.t().index_select(0, pixels)
    return flat.index_select(1, pixels).t().contiguous()
