# SPDX-License-Identifier: Apache-2.0
"""Crossings: pairs of sticks in nearly one box; what they share with other scenes is elsewhere."""

from itertools import combinations

from discinst_ros.evaluation.metrics import cut_objects
from discinst_ros.scenes import draw_scene
from discinst_ros.scenes.crossings import box_iou, LOOSE, PAIRS
import numpy as np
import pytest


def tight_boxes(labels):
    """Return first and last row and column of each id, by looking at every pixel."""
    boxes = {}
    for y, row in enumerate(labels.tolist()):
        for x, label in enumerate(row):
            if label:
                x0, y0, x1, y1 = boxes.get(label, (x, y, x + 1, y + 1))
                boxes[label] = min(x0, x), min(y0, y), max(x1, x + 1), max(y1, y + 1)
    return boxes


def iou(first, second):
    """Return the IoU of two boxes as the share of pixels in both of those in either."""
    sets = [{(x, y) for x in range(x0, x1) for y in range(y0, y1)}
            for x0, y0, x1, y1 in (first, second)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@pytest.mark.parametrize('size', [(160, 120), (96, 72)])
def test_every_scene_has_a_pair_in_nearly_one_box(size):
    """Of the boxes around visible pixels, and one stick of the pair is cut in two."""
    for seed in range(12):
        labels = draw_scene('crossings', seed, *size).labels
        boxes = tight_boxes(labels)
        pairs = [pair for pair in combinations(boxes, 2)
                 if iou(boxes[pair[0]], boxes[pair[1]]) > 0.8]
        assert pairs
        assert 2 <= len(boxes) <= 2 * PAIRS[1] + LOOSE[1]
        lower = {min(pair) for pair in pairs}
        assert cut_objects(labels, np.where(np.isin(labels, list(lower)), labels, 0))[1] >= 1


def test_most_pairs_stay_in_nearly_one_box():
    """The sticks that lie on a pair seldom hide its ends."""
    counts = []
    for seed in range(20):
        boxes = tight_boxes(draw_scene('crossings', seed, 160, 120).labels)
        counts.append(sum(iou(boxes[first], boxes[second]) > 0.8
                          for first, second in combinations(boxes, 2)))
    assert np.mean(counts) > 0.75 * np.mean(PAIRS)


def test_an_image_too_narrow_for_a_pair_is_told():
    with pytest.raises(ValueError, match='64x480 pixels are too narrow .* give 640x480'):
        draw_scene('crossings', 0, 64, 480)


def test_half_of_the_scenes_are_of_one_colour():
    """Seen in the picture: where all sticks have one colour, theirs differ by shading only."""
    alike = 0
    for seed in range(60):
        scene = draw_scene('crossings', seed, 96, 72)
        means = np.array([scene.image[scene.labels == label].mean(axis=0)
                          for label in np.unique(scene.labels)[1:]])
        tint = means / np.linalg.norm(means, axis=1, keepdims=True)
        alike += (tint @ tint.T).min() > 0.98
    assert 15 <= alike <= 45


def test_box_iou_by_hand():
    first = np.array(((0.0, 0.0), (4.0, 2.0), (1.0, 1.0)))
    second = np.array(((2.0, 1.0), (6.0, 3.0)))
    assert box_iou(first, second) == pytest.approx(2 / (8 + 8 - 2))
    assert box_iou(first, second + 10) == 0
