# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a sample, although it can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from discinst_ros.data.sample import Sample

if TYPE_CHECKING:
    from discinst_ros.data.dataset import Dataset

#: Kinds of problems, and what each means.
KINDS = {
    'unreadable': 'cannot be read',
    'no-label': 'have no label',
    'empty-mask': 'instances without a pixel',
    'overlap': 'instances that others cover',
    'small': 'instances too small to be found',
    'class': 'instances without one class',
    'contradiction': 'files that contradict each other',
    'depth': 'depth that cannot be',
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    #: One of :data:`KINDS`.
    kind: str
    #: A sentence that names the file or the sample.
    text: str


def inspect(dataset: Dataset, index: int) -> tuple[Sample, tuple[Problem, ...]]:
    """
    Read a sample, and what its dataset knows to be wrong with it, where it knows anything.

    :raises FolderError: where the sample cannot be read.
    """
    own = getattr(dataset, 'inspect', None)
    if own is None:
        return dataset[index], ()
    found: tuple[Sample, tuple[Problem, ...]] = own(index)
    return found
