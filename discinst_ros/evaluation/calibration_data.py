# SPDX-License-Identifier: Apache-2.0
"""Whether labelled images are enough to fit the scores of a checkpoint to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
import logging

from discinst_ros.data.sample import labels_of, Sample
from discinst_ros.inference.scores import GOOD_IOU
import numpy as np
import numpy.typing as npt

#: Six weights follow from fewer masks than this by chance.
FEW_MASKS = 50
_log = logging.getLogger(__name__)


class CountedImages:
    """Images, and how many of those that were read so far have an object."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = samples
        self.with_object = 0

    def __iter__(self) -> Iterator[Sample]:
        """
        Read sample by sample.

        :raises ValueError: where one has no labels.
        """
        for sample in self._samples:
            self.with_object += bool((labels_of(sample) > 0).any())
            yield sample


def refuse_unfit(images: CountedImages, good: npt.NDArray[np.bool_]) -> None:
    """
    Refuse masks from which no probability follows, and warn of few.

    :param images: that were read.
    :param good: (N,) whether each mask found in them is good.
    :raises ValueError: where no image has an object, or all masks are good, or none is.
    """
    if not images.with_object:
        raise ValueError('none of the images has an object, so their scores cannot be calibrated; '
                         'are these the right labels?')
    if len(good) and good.all() == good.any():
        raise ValueError(
            f'{"all" if good.all() else "none"} of the {len(good)} masks found '
            f'{"are" if good.all() else "is"} good (IoU > {GOOD_IOU}), so nothing tells what a '
            'score is to be; calibrate with images of which some objects are found well and '
            'others are not')
    if 0 < len(good) < FEW_MASKS:
        _log.warning('only %d masks were found to fit the scores to; some hundred objects make '
                     'them trustworthy', len(good))
