# SPDX-License-Identifier: Apache-2.0
"""Known classes in place of the network's, and the two halves of the segmenter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from colour_network import BLUE, ColourNetwork, CONFIG, GREEN, RED
from discinst_ros.inference import InferenceError, InstanceSegmenter
import numpy as np
import pytest


def picture() -> np.ndarray:
    image = np.zeros((60, 80, 3), dtype=np.uint8)
    image[10:20, 5:55], image[5:40, 25:35], image[44:56, 60:72] = RED, GREEN, BLUE
    return image


def segmenter(**config: Any) -> InstanceSegmenter:
    return InstanceSegmenter(ColourNetwork(), replace(CONFIG, **config), 'cpu')


def test_only_the_given_foreground_is_grouped() -> None:
    classes = np.zeros((60, 80), np.uint8)
    classes[5:40, 25:35], classes[44:56, 60:72], classes[:, :20] = 1, 2, 0
    found = segmenter()(picture(), classes=classes)
    assert [(one.class_id, one.pixel_count) for one in found.instances] == [(1, 350), (2, 144)]
    np.testing.assert_array_equal(found.label_image > 0, classes > 0)
    # what is known is certain
    assert [one.score for one in found.instances] == [1.0, 1.0]


def test_classes_split_what_embeddings_join() -> None:
    classes = np.where(np.arange(80) < 15, 1, 2) * (picture().any(axis=2))
    found = segmenter()(picture(), classes=classes)
    assert sorted((one.class_id, one.pixel_count) for one in found.instances) == [
        (1, 100), (2, 144), (2, 300), (2, 350)]


def test_below_zero_is_background() -> None:
    found = segmenter()(picture(), classes=np.full((60, 80), -1))
    assert found.instances == () and not found.label_image.any()


def test_classes_are_brought_to_the_networks_size() -> None:
    image = np.kron(picture(), np.ones((4, 4, 1), dtype=np.uint8))
    classes = np.kron((picture()[..., 1] > 0).astype(np.uint8), np.ones((4, 4), np.uint8))
    found = segmenter(long_side_px=80)(image, classes=classes)
    np.testing.assert_array_equal(found.label_image, classes)


def test_each_pixel_takes_the_class_at_its_centre() -> None:
    """Of a column 3 pixels wide the network sees one: the middle."""
    classes = np.tile(np.repeat([0, 1, 0], 1), (60, 80))
    fields = segmenter(long_side_px=80).look(np.zeros((60, 240, 3), np.uint8))
    assert fields.classes.shape == (20, 80)
    assert bool((fields.with_classes(classes).classes == 1).all())


@pytest.mark.parametrize('classes, said', [
    ([[1]], 'expected a numpy array, got list'),
    (np.zeros((60, 81), int), 'expected 60x80 integers as the image has, got 60x81 int64'),
    (np.zeros((60, 80)), 'got 60x80 float64')])
def test_other_classes_are_refused(classes: Any, said: str) -> None:
    with pytest.raises(InferenceError, match=f'^classes: .*{said}'):
        segmenter()(picture(), classes=classes)


def test_both_halves_are_the_whole() -> None:
    one = segmenter()
    fields, whole = one.look(picture()), one(picture())
    for _ in range(2):
        parts = one.group(fields)
        np.testing.assert_array_equal(parts.label_image, whole.label_image)
        assert parts.instances == whole.instances
    assert [part.pixel_count for part in one.group(fields, min_pixels=145).instances] == [400, 350]
    assert len(one.group(fields, bandwidth=6.0).instances) == 1
    assert one.group(fields).instances == whole.instances
