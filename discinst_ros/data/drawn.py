# SPDX-License-Identifier: Apache-2.0
"""What needs no files: a range of drawn scenes, and the real tote."""

from __future__ import annotations

from discinst_ros.data.class_names import ONE_CLASS
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.sample import Sample
from discinst_ros.data.tote import load_tote
from discinst_ros.scenes import draw_scene

#: Scenes that are looked at unless others are asked for; training never draws them.
FIRST_SEED, COUNT = 1000, 200


class SceneDataset:
    """A range of seeds; each scene is drawn when it is asked for."""

    class_names = ONE_CLASS

    def __init__(self, kind: str, *, first_seed: int = FIRST_SEED, count: int = COUNT,
                 width: int = 320, height: int = 240) -> None:
        """
        Choose the scenes.

        :param kind: one of SCENE_KINDS.
        :param first_seed: of the first scene, the others follow.
        :param count: number of scenes.
        :param width: of the images, pixels.
        :param height: of the images, pixels.
        :raises FolderError: for numbers that make no scene.
        """
        if count < 1 or first_seed < 0:
            raise FolderError(f'count {count}, first_seed {first_seed}: expected one or more '
                              'scenes from seed 0 or more')
        self._kind, self._size = kind, (width, height)
        self._seeds = range(first_seed, first_seed + count)

    def __len__(self) -> int:
        """Return the number of scenes."""
        return len(self._seeds)

    def __getitem__(self, index: int) -> Sample:
        """Draw one scene."""
        return draw_scene(self._kind, self._seeds[index], *self._size)


class ToteDataset:
    """The one real image that needs no download."""

    class_names = ONE_CLASS

    def __len__(self) -> int:
        """Return 1."""
        return 1

    def __getitem__(self, index: int) -> Sample:
        """Read the tote."""
        range(1)[index]  # an index beyond is refused like that of a list
        return load_tote()
