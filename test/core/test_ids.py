# SPDX-License-Identifier: Apache-2.0
"""Ids and their places against numpy's own, which sorts."""

from discinst_ros.evaluation.ids import numbered
import numpy as np
import pytest


@pytest.mark.parametrize('ids', [
    [0], [5], [0, 1, 2], [0, 3, 1199], [0, 3, 1200], [2, 1201, 65535], [0, 2 ** 31 - 1]])
@pytest.mark.parametrize('dtype', [np.int32, np.int64])
def test_equals_numpy(ids, dtype):
    labels = np.random.default_rng(1).choice(np.array(ids, dtype), (30, 40))
    found, places = numbered(labels)
    expected, inverse = np.unique(labels, return_inverse=True)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(places, inverse.reshape(labels.shape))
    assert found.dtype == labels.dtype and places.shape == labels.shape


def test_no_pixels():
    found, places = numbered(np.zeros(0, np.int32))
    assert len(found) == len(places) == 0
