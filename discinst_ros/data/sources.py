# SPDX-License-Identifier: Apache-2.0
"""What a camera can replay: the real tote, a few drawn scenes, or a dataset on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from discinst_ros.data.dataset import (
    Dataset,
    DATASET_NAMES,
    is_named,
    open_dataset,
    SourceError,
)
from discinst_ros.data.sample import Sample
from discinst_ros.data.tote import load_tote
from discinst_ros.scenes import SCENE_KINDS
from discinst_ros.writable import path_of

__all__ = ['SOURCE_NAMES', 'SourceError', 'open_source']

#: Scenes of a drawn source before it starts again.
_SCENES = 5
#: Drawn sources show seeds from this one on, which training never draws.
_SEED = 100_020


def _draw(kind: str) -> tuple[Sample, ...]:
    """Draw a few scenes, named 'sticks-1', 'sticks-2' and so on."""
    scenes = open_dataset(kind, first_seed=_SEED, count=_SCENES)
    return tuple(replace(scenes[index], name=f'{kind}-{index + 1}') for index in range(_SCENES))


def _tote() -> tuple[Sample, ...]:
    return (load_tote(),)


_NAMED: dict[str, Callable[[], tuple[Sample, ...]]] = {
    'tote': _tote,
    **{kind: partial(_draw, kind) for kind in SCENE_KINDS},
    'demo': lambda: _tote() + _draw('sticks'),
}
#: The sources that need no folder.
SOURCE_NAMES = tuple(_NAMED)


def open_source(source: str) -> Dataset | Sequence[Sample]:
    """
    Open what a camera is to replay.

    :param source: one of :data:`SOURCE_NAMES`, or the path of a dataset; one that bears such a
        name is meant by './NAME'.
    :raises SourceError: for what is neither.
    :raises FolderError: for a folder without usable images.
    """
    if source in _NAMED and (source not in DATASET_NAMES or is_named(source)):
        return _NAMED[source]()
    if not path_of(source).exists():
        raise SourceError(f"source '{source}' is neither a folder nor one of "
                          f"{', '.join(SOURCE_NAMES)}")
    return open_dataset(source)
