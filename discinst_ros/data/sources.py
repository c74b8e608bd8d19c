# SPDX-License-Identifier: Apache-2.0
"""What a camera can replay, by name: the real tote, drawn scenes, or a folder of images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import overload

from discinst_ros.data.folder import FolderDataset
from discinst_ros.data.sample import Sample
from discinst_ros.data.tote import load_tote
from discinst_ros.scenes import draw_scene, SCENE_KINDS

#: Scenes of a drawn source before it starts again.
_SCENES = 5
#: Seeds from here on are nobody's training data.
_FIRST_SEED = 1_000_000


class DrawnScenes(Sequence[Sample]):
    """The same few scenes of one kind, named 'sticks-1', 'sticks-2' and so on."""

    def __init__(self, kind: str, count: int = _SCENES) -> None:
        """Draw nothing yet: a scene is drawn when it is asked for."""
        self._kind = kind
        self._numbers = range(1, count + 1)

    def __len__(self) -> int:
        """Return the number of scenes."""
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Sample]: ...

    def __getitem__(self, index: int | slice) -> Sample | Sequence[Sample]:
        """Draw a scene."""
        numbers = self._numbers[index]
        if isinstance(numbers, range):
            return [self._draw(number) for number in numbers]
        return self._draw(numbers)

    def _draw(self, number: int) -> Sample:
        return replace(draw_scene(self._kind, _FIRST_SEED + number),
                       name=f'{self._kind}-{number}')
