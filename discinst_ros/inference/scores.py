# SPDX-License-Identifier: Apache-2.0
"""
How sure we are of each instance: tightness of its cluster times probability of its class.

The margins of the loss say what tight means. A pixel within δ_v of the mean of its instance is
where training wanted it and counts 1; one at δ_d, half the way to the next mean, could belong to
another and counts 0; between them it falls linearly. The tightness is the mean over the pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor


def instance_scores(
    embeddings: Tensor, labels: Tensor, probability: Tensor, *, delta_v: float, delta_d: float,
) -> Tensor:
    """
    Return the score of each instance, 0 to 1.

    :param embeddings: M×D float32 of the instances' pixels.
    :param labels: M int64, 1..N, of the same pixels; each label occurs.
    :param probability: M, of the class each pixel was given.
    :return: N float32.
    """
    count = int(labels.amax()) if len(labels) else 0
    index = labels - 1
    sizes = index.bincount(minlength=count).to(embeddings.dtype)
    # Around the overall mean float32 sums of 10^5 pixels keep their digits.
    around = embeddings - embeddings.mean(dim=0)
    means = _sums(around, index, count) / sizes[:, None]
    distance = torch.linalg.vector_norm(around - means.index_select(0, index), dim=1)
    tightness = ((delta_d - distance) / (delta_d - delta_v)).clamp_(0, 1)
    both = _sums(torch.stack([tightness, probability], dim=1), index, count) / sizes[:, None]
    return both.prod(dim=1)


def _sums(values: Tensor, index: Tensor, count: int) -> Tensor:
    """Return count×D: the sums of the values (M×D) of each index."""
    return values.new_zeros(count, values.shape[1]).index_add_(0, index, values)
