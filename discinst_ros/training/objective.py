# SPDX-License-Identifier: Apache-2.0
"""What training minimises: the discriminative loss, and cross-entropy and dice for the classes."""

from __future__ import annotations

from discinst_ros.loss import DiscriminativeLoss
import torch
from torch import nn, Tensor
from torch.nn import functional

#: Class id of pixels that nobody labelled.
IGNORE = -1


def dice_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """
    Return one minus the soft dice of the classes other than background, over the whole batch.

    Milletari, Navab, Ahmadi: V-Net, arXiv 1606.04797, equation of section 3 (squared terms).

    :param logits: B×K×H×W float.
    :param classes: B×H×W int64, :data:`IGNORE` where unknown.
    :return: a scalar, the mean over the classes that occur.
    """
    known = classes != IGNORE
    truth = functional.one_hot(classes.clamp(min=0), logits.shape[1]).movedim(-1, 1)
    truth = (truth * known[:, None])[:, 1:].float()
    guess = (logits.softmax(dim=1) * known[:, None])[:, 1:].float()
    overlap = (guess * truth).sum(dim=(0, 2, 3))
    mass = guess.square().sum(dim=(0, 2, 3)) + truth.sum(dim=(0, 2, 3))
    occurs = truth.sum(dim=(0, 2, 3)) > 0
    if not occurs.any():
        return logits[:0].sum()  # zero that keeps the graph
    return (1 - 2 * overlap[occurs] / mass[occurs]).mean()


class Objective(nn.Module):
    """
    Weigh the terms against each other.

    :param instance: the discriminative loss.
    :param cross_entropy: weight of the cross-entropy of the classes.
    :param dice: weight of :func:`dice_loss`.
    """

    def __init__(self, instance: DiscriminativeLoss, *, cross_entropy: float,
                 dice: float) -> None:
        super().__init__()
        self.instance = instance
        self.cross_entropy = cross_entropy
        self.dice = dice

    def forward(self, embeddings: Tensor, logits: Tensor, labels: Tensor,
                classes: Tensor) -> dict[str, Tensor]:
        """
        Return the terms by name; ``loss`` is their weighted sum.

        :param embeddings: B×D×H×W float.
        :param logits: B×K×H×W float.
        :param labels: B×H×W int64 instance ids, 0 = background, negative = ignore.
        :param classes: B×H×W int64, :data:`IGNORE` where unknown.
        """
        instance = self.instance(embeddings, labels, classes)
        logits = logits.float()
        if (classes != IGNORE).any():
            entropy = functional.cross_entropy(logits, classes, ignore_index=IGNORE)
        else:
            entropy = logits[:0].sum()
        dice = dice_loss(logits, classes)
        total = instance.total + self.cross_entropy * entropy + self.dice * dice
        return {'loss': total, 'variance': instance.variance, 'distance': instance.distance,
                'regularization': instance.regularization, 'cross_entropy': entropy,
                'dice': dice}


def foreground_counts(logits: Tensor, classes: Tensor) -> Tensor:
    """
    Count what a dice of the predicted foreground needs.

    :return: (2,) float: pixels that are foreground in both, and the sum of both foregrounds.
    """
    known = classes != IGNORE
    guess = (logits.argmax(dim=1) > 0) & known
    truth = (classes > 0) & known
    return torch.stack(((guess & truth).sum(), guess.sum() + truth.sum())).float()
