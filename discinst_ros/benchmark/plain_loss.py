# SPDX-License-Identifier: Apache-2.0
"""
The discriminative loss as one would write it down: a loop over images and instances.

De Brabandere, Neven, Van Gool 2017 (arXiv 1708.02551), equations 1 to 4. What a
reader of the paper would write first: the pixels of each instance apart, the pairs as one tensor.
"""

from __future__ import annotations

from discinst_ros.loss import DELTA_D, DELTA_V
import torch
from torch import Tensor


def plain_loss(embeddings: Tensor, labels: Tensor, *, delta_v: float = DELTA_V,
               delta_d: float = DELTA_D, alpha: float = 1.0, beta: float = 1.0,
               gamma: float = 0.001) -> Tensor:
    """
    Return the total loss of a batch, the mean over its images.

    :param embeddings: B×D×H×W float.
    :param labels: B×H×W int64; 0 = background, negative = ignore.
    """
    total = embeddings[:0].sum()  # keeps the graph where there is no instance
    for image, image_labels in zip(embeddings, labels):
        means = []
        variance = regularization = embeddings.new_zeros(())
        for label in image_labels[image_labels > 0].unique():
            pixels = image[:, image_labels == label]
            mean = pixels.mean(dim=1)
            spread = torch.linalg.vector_norm(pixels - mean[:, None], dim=0)
            variance = variance + (spread - delta_v).clamp(min=0).square().mean()
            regularization = regularization + torch.linalg.vector_norm(mean)
            means.append(mean)
        count = len(means)
        if count:
            total = total + (alpha * variance + gamma * regularization) / count
        if count > 1:
            first, second = torch.triu_indices(count, count, 1)
            centres = torch.stack(means)
            gaps = torch.linalg.vector_norm(centres[first] - centres[second], dim=1)
            distance = 2 * (2 * delta_d - gaps).clamp(min=0).square().sum()
            total = total + beta * distance / (count * (count - 1))
    return total / len(embeddings)
