# SPDX-License-Identifier: Apache-2.0
"""
What speaks for and against each instance, in numbers that do not depend on the image.

The margins of the loss say what to expect. A pixel within δ_v of the mean of its instance is
where training wanted it; one at δ_d, half the way to the next mean, could belong to another. Means
are 2·δ_d apart where the network could tell the objects apart.
"""

from __future__ import annotations

import torch
from torch import Tensor

#: What is measured of an instance, in the order of the columns:
#: mean over its pixels of a number that is 1 within δ_v of their mean, 0 from δ_d on and linear
#: between; distance of that mean to the nearest other one in units of 2·δ_d, 1 at most and where
#: there is no other; mean probability of its class; share of its pixels with eight neighbours of
#: its own; logarithm of its share of the image.
EVIDENCE = ('tightness', 'separation', 'probability', 'inside', 'log_size')


def instance_evidence(
    embeddings: Tensor, labels: Tensor, probability: Tensor, inside: Tensor, *, delta_v: float,
    delta_d: float, image_pixels: int,
) -> Tensor:
    """
    Return what speaks for each instance.

    :param embeddings: M×D float32 of the instances' pixels.
    :param labels: M int64, 1..N, of the same pixels; each label occurs.
    :param probability: M, of the class each pixel was given.
    :param inside: M bool, whether all eight neighbours have the pixel's label.
    :param delta_v: margin within which an embedding is where it should be.
    :param delta_d: margin; means should be twice as far apart.
    :param image_pixels: of the whole image at this size.
    :return: N×F float32, the columns as in :data:`EVIDENCE`.
    """
    count = int(labels.amax()) if len(labels) else 0
    index = labels - 1
    sizes = index.bincount(minlength=count).to(embeddings.dtype)
    # Around the overall mean float32 sums of 10^5 pixels keep their digits.
    around = embeddings - embeddings.mean(dim=0)
    means = around.new_zeros(count, around.shape[1]).index_add_(0, index, around)
    means /= sizes[:, None]
    # vector_norm takes ten times as long along a short last dimension
    distance = around.sub_(means.index_select(0, index)).square_().sum(dim=1).sqrt_()
    tightness = ((delta_d - distance) / (delta_d - delta_v)).clamp_(0, 1)
    tight, probable, within = (index.bincount(values, minlength=count) / sizes for values in (
        tightness, probability, inside.to(tightness.dtype)))
    return torch.stack([tight, _separation(means, delta_d), probable, within,
                        (sizes / image_pixels).log()], dim=1)


def _separation(means: Tensor, delta_d: float) -> Tensor:
    """Return N: the distance of each mean (N×D) to the nearest other one over 2·δ_d, at most 1."""
    apart = (means[:, None] - means).square_().sum(dim=2).sqrt_()
    apart.fill_diagonal_(torch.inf)
    if not len(means):
        return apart.new_zeros(0)
    return (apart.amin(dim=1) / (2 * delta_d)).clamp_(max=1)
