# SPDX-License-Identifier: Apache-2.0
"""
Training samples without end, by number.

Sample n is a function of n and the seed alone: whoever knows how many samples a training has
taken can go on with the next one, on any number of processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from discinst_ros.data.dataset import Dataset
from discinst_ros.data.sample import Sample
from discinst_ros.scenes import draw_scene, FIRST_TRAINING_SEED
import numpy as np

#: Scenes that one seed of a training can draw before it reaches those of the next.
_SCENES_PER_SEED = 2**32


class Endless(Protocol):
    """Samples by number, from 0 on, without end."""

    def __getitem__(self, number: int, /) -> Sample:
        """Return one."""


class DrawnScenes:
    """
    Scenes by number; the number also decides the kind.

    :param shares: relative frequency of each kind.
    :param size: width and height in pixels.
    :param first: seed of scene 0.
    """

    def __init__(self, shares: dict[str, float], size: tuple[int, int], first: int) -> None:
        self.kinds = list(shares)
        weights = np.array(list(shares.values()), float)
        self.limits = np.cumsum(weights / weights.sum())
        self.size = size
        self.first = first

    @classmethod
    def for_training(cls, shares: dict[str, float], size: tuple[int, int],
                     seed: int) -> DrawnScenes:
        """Return scenes that are never held out and that no other seed draws."""
        return cls(shares, size, FIRST_TRAINING_SEED + seed * _SCENES_PER_SEED)

    def __getitem__(self, number: int, /) -> Sample:
        """Draw one scene."""
        seed = self.first + number
        pick = np.random.default_rng(seed).random()
        kind = self.kinds[int(np.searchsorted(self.limits[:-1], pick))]
        return draw_scene(kind, seed, *self.size)


class Shuffled:
    """
    The samples of a dataset over and over, each pass in an order of its own.

    :param indices: of those that are used.
    :param seed: of the orders.
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int], seed: int) -> None:
        self.dataset = dataset
        self.indices = list(indices)
        self.seed = seed

    def __getitem__(self, number: int, /) -> Sample:
        """Read one sample."""
        turn, place = divmod(number, len(self.indices))
        return self.dataset[self.indices[_order(self.seed, turn, len(self.indices))[place]]]


class Mixture:
    """
    Several endless sources in given shares.

    :param shares: relative frequency of each.
    :param seed: of the choice.
    """

    def __init__(self, sources: Sequence[Endless], shares: Sequence[float], seed: int) -> None:
        self.sources = sources
        self.limits = np.cumsum(np.array(shares, float) / sum(shares))
        self.seed = seed

    def __getitem__(self, number: int, /) -> Sample:
        """Return one sample of one of the sources."""
        pick = np.random.default_rng((self.seed, number)).random()
        return self.sources[int(np.searchsorted(self.limits[:-1], pick))][number]


@lru_cache(maxsize=8)
def _order(seed: int, turn: int, count: int) -> tuple[int, ...]:
    return tuple(np.random.default_rng((seed, turn, count)).permutation(count).tolist())
