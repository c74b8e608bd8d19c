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
    'unreadable': 'files or annotations that cannot be used',
    'no-label': 'images without labels',
    'empty-mask': 'masks without a pixel',
    'overlap': 'masks that others cover',
    'small': 'images with instances too small to be found',
    'class': 'instances without a class of their own',
    'contradiction': 'files that contradict each other',
    'depth': 'depth images that cannot be',
    'nothing': 'reasons why nothing can be learned from it',
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
