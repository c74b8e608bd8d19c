# SPDX-License-Identifier: Apache-2.0
"""
The discriminative loss, shared by training, evaluation and the node.

De Brabandere, Neven, Van Gool: Semantic Instance Segmentation with a Discriminative Loss
Function, 2017 (arXiv 1708.02551), equations 1 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.describe import described
import torch
from torch import nn, Tensor

#: Margins of the paper, section 4.1.
DELTA_V = 0.5
DELTA_D = 1.5


@dataclass(frozen=True)
class DiscriminativeLossResult:
    """The terms of the loss, each a scalar tensor, weights already applied only in ``total``."""

    total: Tensor
    #: Pull towards the mean of the instance (equation 1).
    variance: Tensor
    #: Push between the means of instances (equation 2).
    distance: Tensor
    #: Pull of the means towards the origin (equation 3).
    regularization: Tensor


def discriminative_loss(embeddings: Tensor, labels: Tensor, *, delta_v: float = DELTA_V,
                        delta_d: float = DELTA_D, alpha: float = 1.0, beta: float = 1.0,
                        gamma: float = 0.001, classes: Tensor | None = None,
                        ) -> DiscriminativeLossResult:
    """
    Compute the discriminative loss of a batch, averaged over its images.

    Every instance counts the same whatever its size, every pair of instances of an image counts
    the same, every image counts the same, and an image without instances contributes 0. Sums run
    in float32 at least, whatever the embeddings' type.

    :param embeddings: B×D×H×W float.
    :param labels: B×H×W int64; 0 = background, negative = ignore, gaps are allowed.
    :param delta_v: radius around its mean within which a pixel is not pulled any more.
    :param delta_d: half the distance from which two means are not pushed any more.
    :param alpha: weight of the variance term.
    :param beta: weight of the distance term.
    :param gamma: weight of the regularization term.
    :param classes: B×H×W int64 or None. With it an instance is a (class, label) pair, each class
        present is treated by itself and an image's loss is the mean over its classes; pixels of
        a class below 0 are ignored.
    :raises ValueError: for tensors of other shapes or types, naming what arrived.
    """
    _check(embeddings, labels, classes)
    batch = embeddings.shape[0]
    wide = torch.promote_types(embeddings.dtype, torch.float32)
    with torch.autocast(embeddings.device.type, enabled=False):
        chosen = labels > 0 if classes is None else (labels > 0) & (classes >= 0)
        pixels = embeddings.movedim(1, -1)[chosen].to(wide)
        instance, group, image = _number(labels, classes, chosen)
        if not len(group):
            zero = embeddings[:0].to(wide).sum()  # keeps the graph, so backward() works
            return DiscriminativeLossResult(zero, zero, zero, zero)

        # C, the instances of each (image, class), and the share of that class in the batch.
        count = torch.bincount(group).to(wide)
        share = 1.0 / torch.bincount(image, minlength=batch).to(wide)[image] / batch
        weight = (share / count)[group]

        size = torch.bincount(instance, minlength=len(group)).to(wide)
        means = torch.zeros(len(group), pixels.shape[1], dtype=wide, device=pixels.device)
        means = means.index_add(0, instance, pixels) / size[:, None]

        spread = torch.linalg.vector_norm(pixels - means[instance], dim=1)
        pull = (spread - delta_v).clamp(min=0.0).square()
        variance = (pull * (weight / size)[instance]).sum()

        first, second = _pairs(group)
        gap = torch.linalg.vector_norm(means[first] - means[second], dim=1)
        push = (2.0 * delta_d - gap).clamp(min=0.0).square()
        # Each unordered pair stands for the two ordered ones of the equation.
        distance = (push * 2.0 * weight[first] / (count[group[first]] - 1.0)).sum()

        regularization = (torch.linalg.vector_norm(means, dim=1) * weight).sum()
        total = alpha * variance + beta * distance + gamma * regularization
    return DiscriminativeLossResult(total, variance, distance, regularization)


class DiscriminativeLoss(nn.Module):
    """Hold the settings of :func:`discriminative_loss`."""

    def __init__(self, *, delta_v: float = DELTA_V, delta_d: float = DELTA_D,
                 alpha: float = 1.0, beta: float = 1.0, gamma: float = 0.001) -> None:
        super().__init__()
        self.delta_v = delta_v
        self.delta_d = delta_d
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma

    def forward(self, embeddings: Tensor, labels: Tensor,
                classes: Tensor | None = None) -> DiscriminativeLossResult:
        """Call :func:`discriminative_loss` with the settings held."""
        return discriminative_loss(
            embeddings, labels, delta_v=self.delta_v, delta_d=self.delta_d, alpha=self.alpha,
            beta=self.beta, gamma=self.gamma, classes=classes)

    def extra_repr(self) -> str:
        """Show the settings in the module's representation."""
        return (f'delta_v={self.delta_v}, delta_d={self.delta_d}, alpha={self.alpha}, '
                f'beta={self.beta}, gamma={self.gamma}')


def _check(embeddings: Tensor, labels: Tensor, classes: Tensor | None) -> None:
    if embeddings.ndim != 4 or not embeddings.is_floating_point():
        raise ValueError(f'embeddings: expected BxDxHxW float, got {described(embeddings)}')
    expected = (embeddings.shape[0], *embeddings.shape[2:])
    for name, ids in (('labels', labels), ('classes', classes)):
        if ids is None:
            continue
        if ids.dtype != torch.int64 or ids.shape != expected:
            raise ValueError(f'{name}: expected {"x".join(map(str, expected))} int64 beside the '
                             f'embeddings, got {described(ids)}')
        if ids.device != embeddings.device:
            raise ValueError(f'{name} are on {ids.device}, embeddings on {embeddings.device}; '
                             'move both to one device')


def _number(labels: Tensor, classes: Tensor | None,
            chosen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """
    Give the instances and the (image, class) groups of a batch numbers without gaps.

    :return: the instance of each chosen pixel, the group of each instance, the image of each
        group.
    """
    label = labels[chosen]
    image = chosen.nonzero()[:, 0]
    if classes is None:
        group_key = image
        num_classes = 1
    else:
        class_id = classes[chosen]
        num_classes = int(class_id.max()) + 1 if len(class_id) else 1
        group_key = image * num_classes + class_id
    num_labels = int(label.max()) + 1 if len(label) else 1
    if num_labels > 2**31:  # the keys would overflow
        label = _compact(label)[1]
        num_labels = int(label.max()) + 1
    keys, instance = _compact(group_key * num_labels + label)
    groups, group = _compact(torch.div(keys, num_labels, rounding_mode='floor'))
    return instance, group, torch.div(groups, num_classes, rounding_mode='floor')


def _compact(keys: Tensor) -> tuple[Tensor, Tensor]:
    """
    Return the distinct keys in order and, for each key, its place among them.

    A table over the range of the keys is an order of magnitude faster than sorting the pixels;
    sorting serves where ids are so large and sparse that the table would outgrow the image.
    """
    if not len(keys) or int(keys.max()) > 4 * len(keys) + 2**20:
        distinct, place = torch.unique(keys, return_inverse=True)
        return distinct, place
    present = torch.bincount(keys) > 0
    return present.nonzero()[:, 0], (present.cumsum(0) - 1)[keys]


def _pairs(group: Tensor) -> tuple[Tensor, Tensor]:
    """Return all unordered pairs of different instances that share a group."""
    together = (group[:, None] == group[None, :]).triu(diagonal=1)
    first, second = together.nonzero(as_tuple=True)
    return first, second
