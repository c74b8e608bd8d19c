# SPDX-License-Identifier: Apache-2.0
"""What is noticed of the data before a training begins."""

from __future__ import annotations

import logging

from discinst_ros.data.sample import Sample
from discinst_ros.training.batch import to_tensors
from discinst_ros.training.errors import TrainingError
from discinst_ros.training.sources import Endless, Shuffled
from discinst_ros.training.stream import SampleStream, Sizing
import numpy as np

_log = logging.getLogger(__name__)
#: Most images that are looked at before the training; the first epoch shows the others.
_LOOKED_AT = 20
#: Most images to validate with that are read before it.
_VALIDATED_AT_ONCE = 64
#: A smaller scale than this share of the node's is worth a word.
_LEAST_OF_NODE = 0.95


def refuse_without_depth(samples: Endless) -> None:
    """
    Look for depth in some images.

    :raises TrainingError: where none has any.
    """
    if all(samples[number].depth is None for number in range(_LOOKED_AT)):
        raise TrainingError(f'model.config.depth is given and none of {_LOOKED_AT} images has '
                            'depth; leave it out, or train on images that have')


def refuse_without_instance(samples: Shuffled) -> None:
    """
    Look for an instance in a small dataset.

    :raises TrainingError: where it has none.
    """
    count = len(samples.indices)
    for number in range(min(count, _LOOKED_AT)):
        if (to_tensors(samples[number])['labels'] > 0).any():
            return
    if count <= _LOOKED_AT:
        raise TrainingError(f'none of the {count} images to train on has an instance; are '
                            'these the right labels?')


def compare_with_node(sample: Sample, size: tuple[int, int], sizing: Sizing) -> None:
    """
    Say where the network sees an image otherwise than at the node.

    :param size: width and height of a batch.
    :param sizing: how the image gets this size.
    """
    height, width = sample.image.shape[:2]
    if width < size[0] and height < size[1]:
        _log.info('images of %dx%d do not fill %dx%d and are filled up here, where the node sees '
                  'their border; data.width %d and data.height %d fit', width, height, *size,
                  width, height)
    here = min(1.0, size[0] / width, size[1] / height)
    node = min(1.0, max(size) / max(width, height))
    if sizing == 'reduce' and here < _LEAST_OF_NODE * node:
        fitting = round(width * node), round(height * node)
        _log.info('images of %dx%d are reduced to %dx%d here and to %dx%d by the node, so '
                  'objects are smaller here; data.width %d and data.height %d fit', width,
                  height, round(width * here), round(height * here), *fitting, *fitting)


def read_all(stream: SampleStream, count: int, source: str) -> None:
    """
    Read samples to validate with, which the training itself would read only after an epoch.

    :param stream: of the samples.
    :param count: of them.
    :param source: of the samples, for the message.
    :raises TrainingError: where one cannot be validated with.
    """
    # of many, some that are spread evenly
    for index in np.linspace(0, count - 1, min(count, _VALIDATED_AT_ONCE)).round().astype(int):
        try:
            stream[int(index)]
        except ValueError as error:
            raise TrainingError(f"validation with '{source}': {error}") from error
