# SPDX-License-Identifier: Apache-2.0
"""Masks as run lengths, against run lengths that are found pixel by pixel, and pycocotools."""

from coco_files import blob, compressed, counts, HEIGHT, SIZE, WIDTH
from discinst_ros.data.coco_rle import encode_labels, encode_mask
import numpy as np
from pycocotools import mask as rle
import pytest


def image_of_labels(seed):
    """Return ragged objects with holes, of ids with gaps, on the borders of the image, too."""
    labels = np.zeros((HEIGHT, WIDTH), np.int32)
    for offset, label in enumerate((7, 3, 40000)):
        labels[blob(10 * seed + offset)] = label
    return labels


@pytest.mark.parametrize('seed', range(5))
def test_each_object_has_its_run_lengths(seed):
    labels, ids = image_of_labels(seed), (40000, 3, 7, 5)
    for label, got in zip(ids, encode_labels(labels, ids), strict=True):
        mask = labels == label
        assert got == {'size': SIZE, 'counts': compressed(counts(mask))}
        assert got['counts'] == rle.encode(np.asfortranarray(mask, np.uint8))['counts'].decode()


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16, np.int64])
def test_any_type_of_id(dtype):
    labels = (image_of_labels(1) % 200).astype(dtype)
    assert encode_labels(labels, [7]) == [encode_mask(labels == 7)]


@pytest.mark.parametrize('mask', [
    np.zeros((HEIGHT, WIDTH), bool), np.ones((HEIGHT, WIDTH), bool), np.eye(HEIGHT, dtype=bool),
    np.ones((1, 1), bool), blob(3), blob(3)[:, ::2], blob(3).T])
def test_one_mask(mask):
    np.testing.assert_array_equal(rle.decode(encode_mask(mask)), mask)
    assert encode_mask(mask)['counts'] == compressed(counts(mask))


def test_no_ids():
    assert encode_labels(image_of_labels(0), ()) == []
