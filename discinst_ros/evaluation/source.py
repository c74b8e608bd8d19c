# SPDX-License-Identifier: Apache-2.0
"""What the evaluate command reads: drawn scenes, the tote, or labelled images on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from discinst_ros.data.sample import Sample
from discinst_ros.data.sources import open_source, Samples
from discinst_ros.scenes import draw_scene, FIRST_TRAINING_SEED, SCENE_KINDS
from tqdm import tqdm


@dataclass(frozen=True)
class Scenes:
    """A range of drawn scenes; each is drawn when it is asked for."""

    kind: str
    seeds: range

    def __len__(self) -> int:
        """Return the number of scenes."""
        return len(self.seeds)

    def __getitem__(self, index: int) -> Sample:
        """Draw one."""
        return draw_scene(self.kind, self.seeds[index])


@dataclass(frozen=True)
class Source:
    """One or more sets of labelled images, one after the other."""

    sets: tuple[Samples, ...]
    #: Index = class id; None where the data has no names.
    class_names: tuple[str, ...] | None

    @classmethod
    def open(cls, names: Sequence[str], *, first_seed: int, count: int) -> Source:
        """
        Open what the command line names.

        :param names: drawn kinds, 'tote' and paths.
        :param first_seed: of drawn scenes.
        :param count: of drawn scenes of each kind.
        :raises ValueError: where scenes are asked for that training has seen, one cannot be
            opened, or their classes differ.
        """
        if count < 1 or first_seed < 0 or first_seed + count > FIRST_TRAINING_SEED:
            raise ValueError(f'seeds {first_seed} to {first_seed + count - 1}: expected one or '
                             f'more from 0 to {FIRST_TRAINING_SEED - 1}, which training never '
                             'draws')
        sets = tuple(Scenes(name, range(first_seed, first_seed + count))
                     if name in SCENE_KINDS else open_source(name) for name in names)
        classes = [getattr(one, 'class_names', None) for one in sets]
        if any(other != classes[0] for other in classes):
            raise ValueError(f'{" and ".join(names)} have different classes; evaluate them one '
                             'at a time')
        return cls(sets, classes[0])

    def __iter__(self) -> Iterator[Sample]:
        """Read sample by sample, with a progress bar."""
        with tqdm(total=sum(map(len, self.sets)), unit='image') as bar:
            for one in self.sets:
                for index in range(len(one)):
                    yield one[index]
                    bar.update()
