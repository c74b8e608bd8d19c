# SPDX-License-Identifier: Apache-2.0
"""
What was found, as files that the Cityscapes benchmark takes.

::

    CITY_SEQUENCE_FRAME.txt               one line for each object: mask, id of its class, score
    masks/CITY_SEQUENCE_FRAME_LABEL.png   0 or 255, at the size of the image

The official tools find the text of an image by the three parts of its name, anywhere below the
folder, and a mask by its path relative to the text.
"""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
import re

from discinst_ros.data.cityscapes import INSTANCE_IDS
from discinst_ros.data.image_files import FolderError, write_image
from discinst_ros.data.sample import Sample
from discinst_ros.instances import Instances
import numpy as np

#: City, sequence and frame: what a name means to the official tools.
_NAME = re.compile(r'[A-Za-z-]+_\d{6}_\d{6}')
_MASKS = 'masks'


class Submission:
    """Write image by image."""

    def __init__(self, folder: Path, class_names: Sequence[str]) -> None:
        """
        Check the folder; it is made for the first image.

        :param folder: to write to, new or empty: the benchmark wants one text for each image.
        :param class_names: of what was found, by class id; the first is the background.
        :raises FolderError: for classes that the benchmark does not know, and a folder that holds
            something.
        """
        self._ids = official_ids(class_names)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FolderError(f"'{folder}' is no empty folder, and a submission needs one of its "
                              'own; empty it or give another')
        self._folder = folder

    def add(self, sample: Sample, found: Instances) -> None:
        """
        Write one image.

        :param sample: whose name is as 'berlin_000000_000019'.
        :raises FolderError: for a name that the benchmark cannot have given.
        """
        name = sample.name
        if not _NAME.fullmatch(name):
            raise FolderError(f"'{name}' is no name of Cityscapes, expected "
                              "'berlin_000000_000019'; name one split (--split)")
        (self._folder / _MASKS).mkdir(parents=True, exist_ok=True)
        lines = []
        for one in found.instances:
            mask = Path(_MASKS) / f'{name}_{one.label}.png'
            write_image(self._folder / mask,
                        (found.label_image == one.label).astype(np.uint8) * 255)
            lines.append(f'{mask.as_posix()} {self._ids[one.class_id]} '
                         f'{float(one.score)!r}\n')  # all digits: rounded scores are equal ones
        (self._folder / f'{name}.txt').write_text(''.join(lines))

    def close(self) -> None:
        """Do nothing: nothing is of all images."""


def open_submissions(folder: Path | None, split: str | None, found: Sequence[str],
                     known: Sequence[str] | None) -> tuple[Submission | None, Submission | None]:
    """
    Open what --submission asks for, and make nothing yet.

    :param folder: for the classes found; None: nothing is asked for.
    :param split: of the images.
    :param found: class names of the network.
    :param known: class names of the data, for the true classes, which go to a folder beside the
        other; None: nothing is written for them.
    :raises FolderError: where no split is named, and as :class:`Submission` has it.
    """
    if folder is None:
        return None, None
    if split is None:
        raise FolderError('--submission is of one split; name it, as in --split val')
    folder = Path(os.path.abspath(folder))  # '.' has no name to add to
    own = Submission(folder, found)
    return own, None if known is None else Submission(
        folder.with_name(f'{folder.name}-true-semantics'), known)


def official_ids(class_names: Sequence[str]) -> tuple[int, ...]:
    """
    Return the official id of each class; that of the background is 0, and never used.

    :param class_names: by class id, the first is the background.
    :raises FolderError: for a class that the benchmark does not score.
    """
    unknown = [name for name in class_names[1:] if name not in INSTANCE_IDS]
    if unknown:
        raise FolderError(f'the checkpoint finds {", ".join(unknown)}, and Cityscapes scores '
                          f'{", ".join(INSTANCE_IDS)}; take one trained on these, or the classes '
                          'of another (--semantics)')
    return (0, *(INSTANCE_IDS[name] for name in class_names[1:]))
