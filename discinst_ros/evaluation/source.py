# SPDX-License-Identifier: Apache-2.0
"""What the evaluate command reads: drawn scenes, the tote, or labelled images on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from discinst_ros.data.dataset import AUTO, Dataset, is_named, open_dataset
from discinst_ros.data.drawn import COUNT, FIRST_SEED, SceneDataset
from discinst_ros.data.sample import ignoring_holes, Sample
from discinst_ros.scenes import FIRST_TRAINING_SEED, SCENE_KINDS
from tqdm import tqdm


@dataclass(frozen=True)
class Source:
    """One or more sets of labelled images, one after the other."""

    sets: tuple[Dataset, ...]
    #: Index = class id.
    class_names: tuple[str, ...]
    #: Pixels without depth count for nobody.
    ignore_holes: bool = False

    @classmethod
    def open(cls, names: Sequence[str], *, first_seed: int = FIRST_SEED, count: int = COUNT,
             format: str = AUTO, split: str | None = None,  # noqa: A002
             ignore_holes: bool = False, **options: Any) -> Source:
        """
        Open what the command line names.

        :param names: drawn kinds, 'tote' and paths.
        :param first_seed: of drawn scenes.
        :param count: of drawn scenes of each kind.
        :param format: of paths, as :func:`open_dataset` has it.
        :param split: of paths.
        :param ignore_holes: where labels were made from depth, weights that see colour would be
            wrong in its holes by being right.
        :param options: of the reader of paths, as :func:`open_dataset` has them.
        :raises ValueError: where scenes are asked for that training has seen, one cannot be
            opened, or their classes differ.
        """
        if count < 1 or first_seed < 0 or first_seed + count > FIRST_TRAINING_SEED:
            raise ValueError(f'seeds {first_seed} to {first_seed + count - 1}: expected one or '
                             f'more from 0 to {FIRST_TRAINING_SEED - 1}, which training never '
                             'draws')
        drawn = [name in SCENE_KINDS and is_named(name) for name in names]
        given = [name for name, value in {'format': format, 'split': split, **options}.items()
                 if value not in (None, AUTO)]
        if given and all(drawn):
            raise ValueError(f'{", ".join(given)} tells how to read images on disk, and '
                             f'{" and ".join(names)} is drawn; leave it out')
        sets = tuple(open_dataset(name, first_seed=first_seed, count=count) if is_drawn else
                     open_dataset(name, format=format, split=split, **options)
                     for name, is_drawn in zip(names, drawn))
        classes = [one.class_names for one in sets]
        if any(other != classes[0] for other in classes):
            raise ValueError(f'{" and ".join(names)} have different classes; evaluate them one '
                             'at a time')
        return cls(sets, classes[0], ignore_holes)

    @property
    def is_drawn(self) -> bool:
        """Whether any of the sets is of drawn scenes."""
        return any(isinstance(one, SceneDataset) for one in self.sets)

    def without_depth(self) -> str | None:
        """
        Return the name of an image without depth or camera; None where all have both.

        Images on disk are read for it up to the first such one, with a progress bar where that
        takes long; drawn scenes are alike.

        :raises ValueError: where one cannot be read.
        """
        for one in self.sets:
            indices = range(1 if isinstance(one, SceneDataset) else len(one))
            for index in tqdm(indices, 'is there depth', leave=False, unit='image', delay=1):
                sample = one[index]
                if sample.depth is None or sample.intrinsics is None:
                    return sample.name
        return None

    def __iter__(self) -> Iterator[Sample]:
        """Read sample by sample, with a progress bar."""
        with tqdm(total=sum(map(len, self.sets)), unit='image') as bar:
            for one in self.sets:
                for index in range(len(one)):
                    yield ignoring_holes(one[index]) if self.ignore_holes else one[index]
                    bar.update()
