# SPDX-License-Identifier: Apache-2.0
"""Classes at the segmenter, of the network, another one or known; and its two halves."""

from __future__ import annotations

from dataclasses import replace
import math
from typing import Any

from colour_network import ColourNetwork, CONFIG, three_objects
from discinst_ros.inference import InferenceError, InstanceSegmenter
from discinst_ros.inference.model import Model
import numpy as np
import pytest


def segmenter(semantics: Model | None = None, **config: Any) -> InstanceSegmenter:
    return InstanceSegmenter(ColourNetwork(), replace(CONFIG, **config), 'cpu',
                             semantics=semantics)


def test_classes_come_from_the_scores_and_split_clusters() -> None:
    config = replace(CONFIG, class_names=('background', 'part', 'blue'))
    both = InstanceSegmenter(ColourNetwork(classes=3), config, 'cpu')
    assert both.class_names == ('background', 'part', 'blue')
    result = both(three_objects())
    assert sorted((one.class_id, one.pixel_count) for one in result.instances) == [
        (1, 350), (1, 400), (2, 144)]


def test_semantics_of_a_second_network_are_used_instead() -> None:
    config = replace(CONFIG, class_names=('background', 'part', 'blue'))
    with_semantics = segmenter(Model(ColourNetwork(2.0, 3), config))
    assert with_semantics.class_names == ('background', 'part', 'blue')
    result = with_semantics(three_objects())
    assert [(one.class_id, one.pixel_count) for one in result.instances] == [
        (1, 400), (1, 350), (2, 144)]
    # scores 0, 2 and -2 in red
    assert result.instances[0].score == pytest.approx(
        math.exp(2) / (1 + math.exp(2) + math.exp(-2)), abs=1e-5)


def test_semantics_may_see_the_image_at_another_size() -> None:
    config = replace(CONFIG, class_names=('background', 'part', 'blue'), long_side_px=40)
    result = segmenter(Model(ColourNetwork(2.0, 3), config))(three_objects())
    assert [one.class_id for one in result.instances] == [1, 1, 2]
    assert result.label_image.shape == (60, 80)


def test_only_the_given_foreground_is_grouped() -> None:
    classes = np.zeros((60, 80), np.uint8)
    classes[5:40, 25:35], classes[44:56, 60:72], classes[:, :20] = 1, 2, 0
    found = segmenter()(three_objects(), classes=classes)
    assert [(one.class_id, one.pixel_count) for one in found.instances] == [(1, 350), (2, 144)]
    np.testing.assert_array_equal(found.label_image > 0, classes > 0)
    # what is known is certain
    assert [one.score for one in found.instances] == [1.0, 1.0]


def test_classes_split_what_embeddings_join() -> None:
    classes = np.where(np.arange(80) < 15, 1, 2) * (three_objects().any(axis=2))
    found = segmenter()(three_objects(), classes=classes)
    assert sorted((one.class_id, one.pixel_count) for one in found.instances) == [
        (1, 100), (2, 144), (2, 300), (2, 350)]


def test_below_zero_is_background() -> None:
    found = segmenter()(three_objects(), classes=np.full((60, 80), -1))
    assert found.instances == () and not found.label_image.any()


def test_classes_are_brought_to_the_networks_size() -> None:
    image = np.kron(three_objects(), np.ones((4, 4, 1), dtype=np.uint8))
    classes = np.kron((three_objects()[..., 1] > 0).astype(np.uint8), np.ones((4, 4), np.uint8))
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
        segmenter()(three_objects(), classes=classes)


def test_both_halves_are_the_whole() -> None:
    one = segmenter()
    fields, whole = one.look(three_objects()), one(three_objects())
    for _ in range(2):
        parts = one.group(fields)
        np.testing.assert_array_equal(parts.label_image, whole.label_image)
        assert parts.instances == whole.instances
    assert [part.pixel_count for part in one.group(fields, min_pixels=145).instances] == [400, 350]
    assert len(one.group(fields, bandwidth=6.0).instances) == 1
    assert one.group(fields).instances == whole.instances
