# SPDX-License-Identifier: Apache-2.0
"""What was found beside what is there: of which class a true object is."""

from __future__ import annotations

from blobs import instances, sample
from discinst_ros.evaluation.comparison import compare
from discinst_ros.evaluation.panoptic import PanopticQuality
import numpy as np
import pytest

#: Two objects, the second with the largest id that there can be.
TRUTH = np.zeros((20, 30), int)
TRUTH[2:10, 2:10], TRUTH[2:10, 15:25] = 300, 65535


def test_an_object_is_of_the_class_that_most_of_its_pixels_have() -> None:
    """Class images drawn by themselves are a pixel off here and there."""
    classes = np.where(TRUTH == 300, 2, np.where(TRUTH > 0, 1, 0))
    classes = np.roll(classes, 1, axis=(0, 1))
    classes[2, 15] = 3
    compared = compare(sample(TRUTH, classes), instances(TRUTH, classes={300: 2, 65535: 1}))
    assert compared.true_class == compared.data_class == {300: 2, 65535: 1}
    metric = PanopticQuality()
    metric.add(compared)
    assert metric.figures()['pq'] == 1


def test_an_object_of_no_class_is_refused_where_classes_matter() -> None:
    classes = np.where(TRUTH == 300, 2, 0)
    with pytest.raises(ValueError, match="'image': instance 65535 is of class 0, the background; "
                       'mend its class image'):
        compare(sample(TRUTH, classes), instances(TRUTH))


def test_without_classes_all_objects_are_of_one() -> None:
    """Also one that the class image leaves out, in whole or where its first pixel is."""
    for classes in (np.where(TRUTH == 300, 2, 0), np.where(TRUTH > 0, 2, 0) * (TRUTH < 0)):
        compared = compare(sample(TRUTH, classes), instances(TRUTH), class_agnostic=True)
        assert compared.true_class == {300: 1, 65535: 1}
        metric = PanopticQuality()
        metric.add(compared)
        assert metric.figures()['pq'] == 1


def test_nothing_labelled_has_no_class() -> None:
    for truth in (0 * TRUTH, np.where(TRUTH > 0, -1, 0), np.full((1, 1), -1)):
        compared = compare(sample(truth, 0 * truth), instances(0 * truth))
        assert compared.true_class == {} and not compared.truth.any()
