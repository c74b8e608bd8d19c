# SPDX-License-Identifier: Apache-2.0
"""Which pairs of true objects that are not neighbours were taken for one."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

#: Objects whose masks come this near to each other, pixels, are neighbours.
NEAR_PX = 3
#: An object is found where this share of its pixels is.
_FOUND_SHARE = 0.5
#: Means that differ by less than this share of the embedding's spread are alike.
_ALIKE_SHARE = 1e-3

Labels = npt.NDArray[np.integer[Any]]
Together = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pairs:
    """Pairs of the N true objects of an image, in the order of their ids, as N×N bool."""

    #: No neighbours; each pair once, above the diagonal.
    strangers: Together
    #: Of these, apart by multiples of the stride: across and down.
    by_strides: Together

    @classmethod
    def of(cls, labels: Labels, stride: int) -> Pairs:
        """
        Find the pairs of a label image.

        :param labels: H×W, 0 and below is nobody.
        :param stride: of the network, pixels.
        """
        ids = _ids(labels)
        near = np.zeros((len(ids), len(ids)), bool)
        corners = np.zeros((len(ids), 2), int)
        ball = np.hypot(*np.ogrid[-NEAR_PX:NEAR_PX + 1, -NEAR_PX:NEAR_PX + 1]) <= NEAR_PX
        for index, label in enumerate(ids):
            rows, columns = (labels == label).nonzero()
            corners[index] = rows.min(), columns.min()
            window = tuple(slice(max(0, places.min() - NEAR_PX), places.max() + NEAR_PX + 1)
                           for places in (rows, columns))
            around = ndimage.binary_dilation(labels[window] == label, ball)
            near[index] = np.isin(ids, labels[window][around])
        strangers = np.triu(~(near | near.T), 1)
        apart = (corners[:, None] - corners[None]) % stride == 0
        return cls(strangers, strangers & apart.all(axis=2))


class Tally:
    """Counts over images."""

    def __init__(self) -> None:
        self._objects = self._found = 0
        self._pairs, self._joined = np.zeros(2, int), np.zeros(2, int)

    def add(self, told: tuple[Together, Together], pairs: Pairs) -> None:
        """
        Take one image into account.

        :param told: (N,) whether each object is found, and N×N, which are taken for one.
        """
        found, together = told
        self._objects += len(found)
        self._found += int(found.sum())
        both = found[:, None] & found[None]
        for index, kind in enumerate((pairs.strangers, pairs.by_strides)):
            self._pairs[index] += int((kind & both).sum())
            self._joined[index] += int((kind & both & together).sum())

    @property
    def found(self) -> float:
        """Share of the objects that are found."""
        return self._found / self._objects if self._objects else math.nan

    @property
    def one_id(self) -> float:
        """Share of the pairs of strangers, both found, that are taken for one."""
        return self._share(0)

    @property
    def one_id_by_strides(self) -> float:
        """The same of those that are apart by multiples of the stride."""
        return self._share(1)

    def _share(self, index: int) -> float:
        pairs = self._pairs[index]
        return float(self._joined[index] / pairs) if pairs else math.nan


def tell(labels: Labels, found: Labels) -> tuple[Together, Together]:
    """
    Tell which objects are found, and which bear one id.

    :param labels: H×W, true ids.
    :param found: H×W, ids found, 0 = background. An object has the one most of its pixels have.
    """
    ids = _ids(labels)
    own = np.zeros(len(ids), int)
    for index, label in enumerate(ids):
        counts = np.bincount(found[labels == label])
        share = counts[1:].sum() / counts.sum()
        own[index] = counts[1:].argmax() + 1 if share >= _FOUND_SHARE else 0
    return own > 0, own[:, None] == own[None]


def alike(labels: Labels, embeddings: npt.NDArray[np.float32]) -> tuple[Together, Together]:
    """
    Tell which objects have mean embeddings that nothing tells apart; all count as found.

    :param embeddings: D×H×W.
    """
    ids = _ids(labels)
    means = np.stack([embeddings[:, labels == label].mean(axis=1) for label in ids])
    spread = float(np.sqrt(embeddings.var(axis=(1, 2)).sum()))
    gaps = np.linalg.norm(means[:, None] - means[None], axis=2)
    return np.ones(len(ids), bool), gaps < _ALIKE_SHARE * spread


def _ids(labels: Labels) -> Labels:
    ids: Labels = np.unique(labels)
    return ids[ids > 0]
