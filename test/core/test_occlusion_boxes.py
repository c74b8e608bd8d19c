# SPDX-License-Identifier: Apache-2.0
"""
The box-then-mask network of the occlusion study: what it sees, and where its masks end up.

Not verified here: how well it learns.
"""

from crossing_masks import crossing, LOWER
from discinst_ros.benchmark.occlusion_boxes import (
    box_config,
    BoxCrops,
    BoxMasks,
    to_labels,
    true_boxes,
)
from discinst_ros.benchmark.occlusion_crops import crop, uncrop, Window
from discinst_ros.data.sample import Sample
import numpy as np
import pytest
from torch import nn


def test_window_has_room_around_the_box():
    window = Window.around((10, 20, 31, 40), margin=0.1)
    assert window == Window(7, 18, 34, 42)  # 2.1 is rounded up
    assert (window.width, window.height) == (27, 24)


@pytest.mark.parametrize('x0, y0', [(5, 7), (-3, 4), (30, -6), (35, 25), (-4, -4)])
def test_crop_and_uncrop_are_exact(x0, y0):
    """At the window's own size both copy, also where it reaches out of the image."""
    image = np.random.default_rng(0).random((32, 40)).astype(np.float32)
    window = Window(x0, y0, x0 + 12, y0 + 12)
    square = crop(image, window, 12)
    expected = np.zeros((12, 12), np.float32)
    for y in range(12):
        for x in range(12):
            if 0 <= y0 + y < 32 and 0 <= x0 + x < 40:
                expected[y, x] = image[y0 + y, x0 + x]
    assert (square == expected).all()
    back = uncrop(square, window, 40, 32)
    there = np.zeros((32, 40), bool)
    there[max(y0, 0):y0 + 12, max(x0, 0):x0 + 12] = True
    assert (back == np.where(there, image, 0)).all()


def test_resized_crop_finds_its_way_back():
    """A smooth picture survives another size but for interpolation."""
    y, x = np.mgrid[:60, :80].astype(np.float32)
    image = np.sin(x / 12) + np.cos(y / 9)
    window = Window(11, 8, 51, 38)
    back = uncrop(crop(image, window, 64), window, 80, 60)
    assert np.abs(back - image)[10:36, 13:49].max() < 0.02
    assert not back[:8].any()


def test_colours_stay_colours():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert (crop(image, Window(2, 3, 12, 13), 10) == image[3:13, 2:12]).all()


class Scenes:
    """One scene under every number: a bright block of 20×10 at (30, 15)."""

    def __getitem__(self, number):
        labels = np.zeros((60, 80), np.int32)
        labels[15:25, 30:50] = 4
        return Sample('block', np.repeat(np.uint8(200 * (labels > 0))[..., None], 3, 2), labels)


def test_batches_show_boxes_and_their_own_masks():
    crops = BoxCrops(Scenes(), scenes_per_step=2, boxes_per_step=3, side_px=24, steps=2, seed=1)
    assert len(crops) == 2
    batch = crops[1]
    assert batch['image'].shape == (3, 24, 24, 3)
    # The window is 24×12: 2 and 1 pixels around the block; rows are seen twice as high.
    expected = np.zeros((24, 24), bool)
    expected[2:22, 2:22] = True
    for image, mask in zip(batch['image'].numpy(), batch['classes'].numpy()):
        assert (mask == expected).all()
        assert (image[expected] > 100).all()
    with pytest.raises(IndexError):
        crops[2]


def test_a_step_is_the_same_again():
    kind = {'scenes_per_step': 1, 'boxes_per_step': 2, 'side_px': 32, 'steps': 3}
    scene = Sample('x', np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8),
                   crossing())
    first, again = (BoxCrops([scene] * 3, **kind, seed=5)[2] for _ in range(2))
    assert (first['image'] == again['image']).all()
    assert (first['classes'] == again['classes']).all()


class Bright(nn.Module):
    """Takes a pixel for the object's where its red is above the mean of all data."""

    def forward(self, x):
        scores = x[:, :2].clone()
        scores[:, 0], scores[:, 1] = 0, x[:, 0]
        return x[:, :1], scores


def test_masks_are_put_where_their_boxes_are():
    image = np.zeros((60, 80, 3), np.uint8)
    image[20:30, 40:50] = 255
    image[0, 0] = 255  # outside of every box
    boxes = [(35, 15, 55, 35), (0, 40, 20, 60)]
    found = BoxMasks(Bright(), box_config(32))(image, boxes) > 0.5
    assert found.shape == (2, 60, 80)
    y, x = np.nonzero(found[0])
    assert abs(np.array((x.min(), x.max() + 1, y.min(), y.max() + 1))
               - (40, 50, 20, 30)).max() <= 1
    assert not found[1].any()


def test_each_pixel_goes_to_the_surest_box():
    probability = np.array([[[0.9, 0.6, 0.2, 0.5]], [[0.1, 0.7, 0.3, 0.1]]], np.float32)
    assert to_labels(probability).tolist() == [[1, 2, 0, 0]]


def test_true_boxes_are_tight():
    lower, upper = true_boxes(crossing())
    assert lower.label == LOWER
    assert lower.box == upper.box == (5, 5, 55, 55)
