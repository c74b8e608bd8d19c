# SPDX-License-Identifier: Apache-2.0
"""What the data loaders iterate: numbers of samples, in batches, and the tensors of a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, TypeAlias

from discinst_ros.data.sample import Sample
from discinst_ros.training.batch import Batch, to_tensors, without_classes
from discinst_ros.training.sizing import crop_to, reduce_to
from discinst_ros.training.sources import Endless
import numpy as np
from torch.utils.data import Dataset, Sampler

#: How images become the size of a batch.
Sizing: TypeAlias = Literal['reduce', 'crop']
#: ``augment(sample, rng, *, other)``; ``other()`` gives another sample to cut and paste from.
Augment: TypeAlias = Callable[..., Sample]


class SampleStream(Dataset[Batch]):
    """
    Samples as tensors of one size; the same number gives the same tensors.

    :param samples: by number.
    :param size: width and height in pixels.
    :param sizing: 'reduce' or 'crop'.
    :param num_classes: background included; None makes one class of all.
    :param seed: of crops and augmentation; None crops the middle and augments nothing.
    :param augment: changes a sample before it gets its size; it may give it that size itself.
    :param depth: give depth, too.
    """

    def __init__(self, samples: Endless, size: tuple[int, int], *, sizing: Sizing = 'reduce',
                 num_classes: int | None = None, seed: int | None = None,
                 augment: Augment | None = None, depth: bool = False) -> None:
        self.samples = samples
        self.size = size
        self.sizing = sizing
        self.num_classes = num_classes
        self.seed = seed
        self.augment = augment
        self.depth = depth

    def __getitem__(self, number: int, /) -> Batch:
        """Return one sample as tensors."""
        rng = None if self.seed is None else np.random.default_rng((self.seed, number))
        sample = self._plain(number)
        if self.augment is not None and rng is not None:
            sample = self.augment(sample, rng,
                                  other=lambda: self._plain(int(rng.integers(2**31))))
        sample = (crop_to(sample, *self.size, rng) if self.sizing == 'crop'
                  else reduce_to(sample, *self.size))
        return to_tensors(sample, num_classes=self.num_classes or 2, depth=self.depth)

    def _plain(self, number: int) -> Sample:
        """Return a sample without what the network does not learn from."""
        sample = self.samples[number]
        if not self.depth:
            sample = replace(sample, depth=None, intrinsics=None)
        return without_classes(sample) if self.num_classes is None else sample


class StreamBatches(Sampler[list[int]]):
    """
    The numbers of one epoch's samples, in batches, for one of several processes.

    A step of all processes takes consecutive numbers, so that two processes with batches of B see
    what one process with batches of 2·B sees. An epoch that is taken up in its middle has its
    full length, but gives only what is left.

    :param first: batch of the whole training, counted over all epochs, that is the next.
    :param done: batches of this epoch that were taken before.
    :param count: batches that are left of it.
    :param batch_size: of each process.
    :param rank: of this process.
    :param world_size: number of processes.
    """

    def __init__(self, *, first: int, done: int, count: int, batch_size: int, rank: int = 0,
                 world_size: int = 1) -> None:
        self.first = first
        self.done = done
        self.count = count
        self.batch_size = batch_size
        self.rank = rank
        self.world_size = world_size

    def __len__(self) -> int:
        """Return the batches of the epoch, those already taken included."""
        return self.done + self.count

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the numbers of each batch that is left."""
        for batch in range(self.first, self.first + self.count):
            start = (batch * self.world_size + self.rank) * self.batch_size
            yield list(range(start, start + self.batch_size))


class EvenBatches(Sampler[list[int]]):
    """
    The indices 0 to ``count`` - 1 once, equally many batches for every process.

    Processes that validate wait for each other at each batch; one with a batch more would wait
    for ever.

    :raises ValueError: where there are fewer images than processes.
    """

    def __init__(self, count: int, *, batch_size: int, rank: int = 0,
                 world_size: int = 1) -> None:
        fewest = count // world_size
        if not fewest:
            raise ValueError(f'{count} images to validate with and {world_size} processes: '
                             'expected one for each process or more')
        steps = min(fewest, -(-count // (world_size * batch_size)))
        own = np.arange(rank, count, world_size)
        self.batches = [part.tolist() for part in np.array_split(own, steps)]

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the indices of each batch."""
        return iter(self.batches)
