# SPDX-License-Identifier: Apache-2.0
"""What every reader of labelled images offers, and the one way to open any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from discinst_ros.data.sample import Sample
from discinst_ros.data.sources import open_source, Samples

#: Class names where nobody named classes.
ONE_CLASS = ('background', 'object')


class Dataset(Protocol):
    """Labelled images that are read when asked for, and the names of their classes."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names by class id; the first is the background."""

    def __len__(self) -> int:
        """Return the number of samples, at least one."""

    def __getitem__(self, index: int, /) -> Sample:
        """Read one."""


@dataclass(frozen=True)
class _Named:
    """Samples of one class."""

    samples: Samples
    class_names: tuple[str, ...] = ONE_CLASS

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int, /) -> Sample:
        return self.samples[index]


def open_dataset(source: str, *, format: str = 'auto',  # noqa: A002 - the word users know
                 split: str | None = None) -> Dataset:
    """
    Open labelled images.

    :param source: a folder in the folder format, or a name that
        :func:`~discinst_ros.data.sources.open_source` knows.
    :param format: 'auto' or 'folder'.
    :param split: part of the data; a folder has none.
    :raises ValueError: for another format, or a split.
    """
    if format not in ('auto', 'folder'):
        raise ValueError(f"format '{format}' is not known; choose auto or folder")
    if split is not None:
        raise ValueError(f"'{source}' has no splits; leave split '{split}' out")
    return _Named(open_source(source))
