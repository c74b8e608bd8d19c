# SPDX-License-Identifier: Apache-2.0
"""What training minimises: the discriminative loss, and losses of the class scores, weighed."""

from __future__ import annotations

from discinst_ros.loss import DiscriminativeLoss
from discinst_ros.training.semantic_losses import cross_entropy_loss, dice_loss, lovasz_loss
from torch import nn, Tensor


class Objective(nn.Module):
    """
    Weigh the terms against each other; those of weight 0 are not computed.

    :param instance: the discriminative loss; None trains no embedding.
    :param cross_entropy: weight of the cross-entropy of the classes.
    :param dice: weight of their dice loss.
    :param lovasz: weight of their Lovász-softmax loss.
    :raises ValueError: for a weight below 0, or where nothing is left to minimise.
    """

    def __init__(self, instance: DiscriminativeLoss | None, *, cross_entropy: float = 0.0,
                 dice: float = 0.0, lovasz: float = 0.0) -> None:
        super().__init__()
        self.instance = instance
        self.weights = {'cross_entropy': cross_entropy, 'dice': dice, 'lovasz': lovasz}
        for name, weight in self.weights.items():
            if weight < 0:
                raise ValueError(f'{name} is {weight}, expected a weight of 0 or more')
        if instance is None and not self.trains_classes:
            raise ValueError('cross_entropy, dice and lovasz are all 0 and the embedding is not '
                             'trained: nothing is left to train')

    @property
    def trains_classes(self) -> bool:
        """Whether the class scores are trained."""
        return any(self.weights.values())

    def forward(self, embeddings: Tensor, logits: Tensor, labels: Tensor,
                classes: Tensor) -> dict[str, Tensor]:
        """
        Return the terms by name; ``loss`` is their weighted sum.

        :param embeddings: B×D×H×W float.
        :param logits: B×K×H×W float.
        :param labels: B×H×W int64 instance ids, 0 = background, negative = ignore.
        :param classes: B×H×W int64, -1 where unknown; instances of different classes do not
            repel each other.
        """
        # Zero that keeps both heads in the graph: processes wait for the gradients of each.
        loss = 0 * (embeddings[:0].sum() + logits[:0].sum()).float()
        terms = {}
        if self.instance is not None:
            result = self.instance(embeddings, labels, classes)
            terms = {'variance': result.variance, 'distance': result.distance,
                     'regularization': result.regularization}
            loss = loss + result.total
        logits = logits.float()
        for name, function in (('cross_entropy', cross_entropy_loss), ('dice', dice_loss),
                               ('lovasz', lovasz_loss)):
            if self.weights[name]:
                terms[name] = function(logits, classes)
                loss = loss + self.weights[name] * terms[name]
        return {'loss': loss, **terms}
