# SPDX-License-Identifier: Apache-2.0
"""
Losses of the class scores.

Each is computed image by image and averaged over the images, those without a known pixel with
zero. So the mean over processes with equal batches is the loss of all their images.
"""

from __future__ import annotations

from discinst_ros.training.batch import IGNORE
import torch
from torch import Tensor
from torch.nn import functional


def cross_entropy_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """
    Return the cross-entropy, averaged over the known pixels of each image, then the images.

    :param logits: B×K×H×W float.
    :param classes: B×H×W int64, :data:`IGNORE` where unknown.
    """
    losses = functional.cross_entropy(logits, classes, ignore_index=IGNORE, reduction='none')
    known = (classes != IGNORE).sum(dim=(1, 2))
    return (losses.sum(dim=(1, 2)) / known.clamp(min=1)).mean()


def dice_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """
    Return one minus the soft dice, averaged over the classes other than background of each image.

    Milletari, Navab, Ahmadi: V-Net, arXiv 1606.04797, equation of section 3 (squared terms).
    Classes that do not occur in an image do not count there.

    :param logits: B×K×H×W float.
    :param classes: B×H×W int64, :data:`IGNORE` where unknown.
    """
    known = (classes != IGNORE)[:, None]
    truth = functional.one_hot(classes.clamp(min=0), logits.shape[1]).movedim(-1, 1)
    truth = (truth * known)[:, 1:].float()
    guess = (logits.softmax(dim=1) * known)[:, 1:].float()
    size = truth.sum(dim=(2, 3))
    occurs = size > 0
    overlap = (guess * truth).sum(dim=(2, 3))
    mass = guess.square().sum(dim=(2, 3)) + size
    losses = occurs * (1 - 2 * overlap / torch.where(occurs, mass, 1.0))
    return (losses.sum(dim=1) / occurs.sum(dim=1).clamp(min=1)).mean()


def lovasz_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """
    Return the Lovász-softmax loss, averaged over the classes that occur in each image.

    Berman, Triki, Blaschko: The Lovász-Softmax loss, arXiv 1705.08790, equations 8 and 11: the
    convex extension of the Jaccard loss, at the pixel errors of each class.

    :param logits: B×K×H×W float.
    :param classes: B×H×W int64, :data:`IGNORE` where unknown.
    """
    losses = []
    for probability, truth in zip(logits.softmax(dim=1), classes):
        known = truth != IGNORE
        present = truth[known].unique()
        is_class = truth[known] == present[:, None]
        errors = (is_class.float() - probability[:, known][present]).abs()
        errors, order = errors.sort(dim=1, descending=True)
        loss = (errors * _jaccard_steps(is_class.gather(1, order))).sum()
        losses.append(loss / max(1, len(present)))
    return torch.stack(losses).mean()


def _jaccard_steps(is_class: Tensor) -> Tensor:
    """
    Return how much each pixel adds to the Jaccard loss when the pixels go wrong one by one.

    :param is_class: P×N bool, in the order in which they go wrong.
    """
    size = is_class.sum(dim=1, keepdim=True)
    right = size - is_class.cumsum(dim=1)
    union = size + (~is_class).cumsum(dim=1)
    return (1 - right / union).diff(dim=1, prepend=size.new_zeros(size.shape).float())


def foreground_counts(logits: Tensor, classes: Tensor) -> Tensor:
    """
    Count what a dice of the predicted foreground needs.

    :return: (2,) float: pixels that are foreground in both, and the sum of both foregrounds.
    """
    known = classes != IGNORE
    guess = (logits.argmax(dim=1) > 0) & known
    truth = (classes > 0) & known
    return torch.stack(((guess & truth).sum(), guess.sum() + truth.sum())).float()
