# SPDX-License-Identifier: Apache-2.0
"""
Pictures of one and the same thing, as of a heap from several sides.

Whoever divides a dataset keeps them together: a network that has seen one knows the others.
"""

from __future__ import annotations

from collections.abc import Hashable
import json
from pathlib import Path
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from discinst_ros.data.dataset import Dataset

#: In a folder of generated heaps: its options, among them how many pictures a heap has.
OPTIONS_FILE = 'heaps.json'
#: Beside each picture; older folders have the options only there.
_TRUTH_FILES = 'heaps-*-truth.json'
_FRAME = re.compile(r'heaps-(\d+)')


def group_of(dataset: Dataset, index: int) -> Hashable:
    """Return what a sample shares with those that show the same; its index where it is alone."""
    own = getattr(dataset, 'group_of', None)
    group: Hashable = index if own is None else own(index)
    return group


def views_per_heap(folder: Path) -> int:
    """Return how many pictures there are of each heap of a folder, 1 where it has no heaps."""
    path = folder / OPTIONS_FILE
    if not path.is_file():
        path = next(folder.glob(_TRUTH_FILES), path)
    try:
        views = json.loads(path.read_text(encoding='utf-8'))['options']['views']
    except (OSError, ValueError, KeyError, TypeError):
        return 1
    return views if isinstance(views, int) and views > 0 else 1


def heap_of(name: str, views: int) -> str | None:
    """Return the heap of a picture: frame n shows heap n // views; None of another picture."""
    frame = _FRAME.fullmatch(name)
    return f'heap {int(frame[1]) // views}' if frame else None
