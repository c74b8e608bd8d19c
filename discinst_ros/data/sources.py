# SPDX-License-Identifier: Apache-2.0
"""What a camera can replay, by name: the real tote, drawn scenes, or a folder of images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from discinst_ros.data.folder import FolderDataset
from discinst_ros.data.sample import Sample
from discinst_ros.data.tote import load_tote
from discinst_ros.scenes import draw_scene, SCENE_KINDS

#: Scenes of a drawn source before it starts again.
_SCENES = 5
#: Drawn sources show seeds after this one, which training never draws.
_SEED = 100_019


class Samples(Protocol):
    """A list of samples; each may be read only when it is asked for."""

    def __len__(self) -> int:
        """Return the number of samples, at least one."""

    def __getitem__(self, index: int, /) -> Sample:
        """Read one."""


class SourceError(ValueError):
    """A source that is neither a name nor a folder."""


def _draw(kind: str) -> tuple[Sample, ...]:
    """Draw a few scenes, named 'sticks-1', 'sticks-2' and so on."""
    return tuple(replace(draw_scene(kind, _SEED + number), name=f'{kind}-{number}')
                 for number in range(1, _SCENES + 1))


def _tote() -> tuple[Sample, ...]:
    return (load_tote(),)


_NAMED: dict[str, Callable[[], tuple[Sample, ...]]] = {
    'tote': _tote,
    **{kind: partial(_draw, kind) for kind in SCENE_KINDS},
    'demo': lambda: _tote() + _draw('sticks'),
}
#: The sources that need no folder.
SOURCE_NAMES = tuple(_NAMED)


def open_source(source: str) -> Samples:
    """
    Open what a camera is to replay.

    :param source: one of :data:`SOURCE_NAMES`, or a folder in the folder format; a folder that
        bears such a name is meant by './NAME'.
    :raises SourceError: for what is neither.
    :raises FolderError: for a folder without usable images.
    """
    if source in _NAMED:
        return _NAMED[source]()
    folder = Path(source).expanduser()
    if not folder.is_dir():
        raise SourceError(f"source '{source}' is neither a folder nor one of "
                          f"{', '.join(SOURCE_NAMES)}")
    return FolderDataset(folder)
