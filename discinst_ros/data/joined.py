# SPDX-License-Identifier: Apache-2.0
"""Several splits as one dataset."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from discinst_ros.data.image_files import FolderError
from discinst_ros.data.problem import inspect, Problem
from discinst_ros.data.sample import Sample
from discinst_ros.data.views import group_of

if TYPE_CHECKING:
    from discinst_ros.data.dataset import Dataset


class JoinedDataset:
    """The samples of all splits one after the other, their names preceded by the split's."""

    def __init__(self, parts: Mapping[str, Dataset]) -> None:
        """Join the parts, each under the name of its split."""
        self._parts = dict(parts)
        self._places = [(split, index) for split, part in parts.items()
                        for index in range(len(part))]
        self.problems = tuple(problem for part in parts.values()
                              for problem in getattr(part, 'problems', ()))

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """
        The names of the classes of all parts.

        :raises FolderError: where they differ by more than the last being missing in one.
        """
        longest = max((part.class_names for part in self._parts.values()), key=len)
        for split, part in self._parts.items():
            if part.class_names != longest[:len(part.class_names)]:
                raise FolderError(f"the split '{split}' has the classes "
                                  f'{", ".join(part.class_names)} and another '
                                  f'{", ".join(longest)}; choose one split')
        return longest

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self._places)

    def __getitem__(self, index: int) -> Sample:
        """Read one sample."""
        split, place = self._places[index]
        return _named(split, self._parts[split][place])

    def group_of(self, index: int) -> Hashable:
        """Return what a sample shares with others of its split."""
        split, place = self._places[index]
        return split, group_of(self._parts[split], place)

    def inspect(self, index: int) -> tuple[Sample, tuple[Problem, ...]]:
        """Read one sample, and tell what its part says of it."""
        split, place = self._places[index]
        sample, problems = inspect(self._parts[split], place)
        return _named(split, sample), problems


def _named(split: str, sample: Sample) -> Sample:
    return replace(sample, name=f'{split}-{sample.name}')
