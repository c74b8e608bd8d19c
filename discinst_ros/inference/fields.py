# SPDX-License-Identifier: Apache-2.0
"""What the networks say of every pixel, before anything is grouped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from discinst_ros.clustering.seeds import gather
from discinst_ros.describe import not_finite
from discinst_ros.inference.checks import InferenceError
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor


@dataclass(frozen=True)
class Fields:
    """Embeddings and classes of one image, at the size (h, w) the network saw it at."""

    #: D×h×w float.
    embeddings: Tensor
    #: h×w int64, 0 = background.
    classes: Tensor
    #: K×h×w float, class scores before the softmax; None where the classes were given.
    scores: Tensor | None
    #: Height and width of the image.
    size: tuple[int, int]

    def with_classes(self, classes: npt.NDArray[np.integer[Any]]) -> Fields:
        """
        Return the same embeddings with other classes, which are known for certain.

        :param classes: H×W, 0 = background, at the size of the image; each pixel here takes what
            is at its centre there.
        """
        rows, columns_ = ((2 * np.arange(to) + 1) * side // (2 * to)
                          for side, to in zip(self.size, self.classes.shape, strict=True))
        known = torch.from_numpy(classes[rows][:, columns_].astype(np.int64))
        return replace(self, classes=known.to(self.classes.device), scores=None)

    def probability(self, pixels: Tensor) -> Tensor:
        """Return M float32: how probable its class is at each of M pixels of the flat image."""
        if self.scores is None:
            return torch.ones(len(pixels), device=pixels.device)
        scores = columns(self.scores, pixels)
        own = scores.gather(1, self.classes.flatten().index_select(0, pixels)[:, None])
        # The softmax of one class, without torch's slow way along a short last dimension
        return (scores - own).exp_().sum(dim=1).reciprocal_()


def columns(values: Tensor, pixels: Tensor) -> Tensor:
    """Return M×C float32: all channels (C×h×w) of some pixels of the flat image."""
    return gather(values, pixels).float()


def check_scores(scores: Tensor) -> None:
    """
    Refuse class scores that are not finite: they would read as background, so as an empty scene.

    :raises InferenceError: naming how many are not.
    """
    wrong = not_finite(scores)
    if wrong:
        raise InferenceError(f'class scores: {wrong} of {scores.numel()} values are NaN or '
                             'infinite; the network or its input is broken')


def highest(scores: Tensor) -> Tensor:
    """Return h×w int64: the argmax over K, several times faster for a few classes."""
    best = scores[0]
    index = torch.zeros_like(best, dtype=torch.int64)
    for number, score in enumerate(scores[1:], start=1):
        index.masked_fill_(score > best, number)
        best = torch.maximum(best, score)
    return index
