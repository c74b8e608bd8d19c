# SPDX-License-Identifier: Apache-2.0
"""Some samples of datasets, as a dataset of their own."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
import logging

from discinst_ros.data.dataset import Dataset
from discinst_ros.data.sample import Sample
from discinst_ros.data.views import group_of
import numpy as np

_log = logging.getLogger(__name__)


class Subset:
    """Chosen samples of datasets."""

    def __init__(self, places: Iterable[tuple[Dataset, int]],
                 class_names: tuple[str, ...]) -> None:
        """
        Take samples in an order.

        :param places: dataset of each, and its index there.
        :param class_names: of all the datasets.
        """
        self._places = list(places)
        self.class_names = class_names

    @classmethod
    def of(cls, dataset: Dataset, indices: Iterable[int]) -> Subset:
        """Return some samples of one dataset."""
        return cls(((dataset, index) for index in indices), dataset.class_names)

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self._places)

    def __getitem__(self, index: int, /) -> Sample:
        """Read one sample."""
        dataset, place = self._places[index]
        return dataset[place]

    def group_of(self, index: int) -> Hashable:
        """Return what a sample shares with others of its dataset."""
        dataset, place = self._places[index]
        return id(dataset), group_of(dataset, place)


def some(source: str, dataset: Dataset, count: int | None, seed: int) -> Dataset:
    """
    Return so many samples of a dataset; more are the same ones and others besides.

    :param source: of the dataset, for the message.
    :param count: of the samples; None takes all.
    :param seed: of the choice.
    :raises ValueError: where it has fewer.
    """
    if count is None:
        return dataset
    if count > len(dataset):
        raise ValueError(f"data.images is {count}, but '{source}' has {len(dataset)}")
    chosen = np.random.default_rng((seed, len(dataset))).permutation(len(dataset))[:count]
    return Subset.of(dataset, sorted(chosen.tolist()))


def joined(datasets: Sequence[Dataset]) -> Dataset:
    """Return the samples of datasets of the same classes, one after the other."""
    if len(datasets) == 1:
        return datasets[0]
    return Subset(((dataset, index) for dataset in datasets for index in range(len(dataset))),
                  datasets[0].class_names)


def at_most(dataset: Dataset, count: int) -> Dataset:
    """Return some samples, evenly spread, where there are more."""
    if len(dataset) <= count:
        return dataset
    _log.info('validation: %d of %d images', count, len(dataset))
    chosen = np.linspace(0, len(dataset) - 1, count).round().astype(int).tolist()
    return Subset.of(dataset, chosen)
