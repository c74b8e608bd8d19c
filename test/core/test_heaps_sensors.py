# SPDX-License-Identifier: Apache-2.0
"""Sensor models of heaps, each on images small enough to reckon by hand."""

from discinst_ros.scenes.heaps.views.colour_sensor import balanced, blurred, exposed, grainy, jpeg
from discinst_ros.scenes.heaps.views.depth_sensor import (
    bad_surface,
    edge_holes,
    noisy,
    quantised,
    sense_depth,
    shifted,
    surface_holes,
    without_border,
)
import numpy as np
import pytest

NAN = np.nan


def rng():
    return np.random.default_rng(3)


def test_edge_holes_are_on_the_far_side():
    depth = np.array([[1, 1, 1, 2, 2, 2, 2]] * 3, np.float32)
    expected = np.array([[1, 1, 1, NAN, NAN, 2, 2]] * 3, np.float32)
    np.testing.assert_array_equal(
        edge_holes(depth, rng(), step_m=0.5, reach_px=2, share=1.0), expected)
    np.testing.assert_array_equal(
        edge_holes(depth, rng(), step_m=1.5, reach_px=2, share=1.0), depth)


def test_edge_holes_have_their_share():
    depth = np.tile(np.array([1, 2], np.float32), (4000, 1))
    holes = np.isnan(edge_holes(depth, rng(), step_m=0.5, reach_px=1, share=0.25))
    assert not holes[:, 0].any()
    # four standard deviations of a binomial: 0.027
    assert abs(holes[:, 1].mean() - 0.25) < 0.028


def test_surface_holes_follow_the_probability():
    depth = np.ones((200, 300), np.float32)
    probability = np.zeros_like(depth)
    probability[:, 100:200] = 0.5
    probability[:, 200:] = 1
    holes = np.isnan(surface_holes(depth, probability, rng(), size_px=3))
    assert not holes[:, :100].any()
    assert 0.4 < holes[:, 100:200].mean() < 0.6
    assert holes[:, 200:].all()


def test_bad_surfaces_are_the_dark_and_the_shiny_bright():
    image = np.array([[0, 255, 255, 128]], np.uint8)[..., None].repeat(3, axis=2)
    shine = np.array([[0, 0, 1, 1]], np.float32)
    np.testing.assert_allclose(bad_surface(image, shine, dark=0.6, shiny=0.8),
                               [[0.6, 0, 0.8, 0]], atol=1e-6)


def test_noise_grows_with_the_square_of_the_distance():
    depth = np.ones((200, 200), np.float32)
    for distance in (1, 3):
        error = noisy(depth * distance, rng(), noise_per_m2=0.001) - distance
        # the deviation of 40,000 draws is known to 0.35 %
        assert error.std() == pytest.approx(0.001 * distance ** 2, rel=0.02)


def test_steps_grow_with_the_square_of_the_distance():
    """At a step of 0.01/m², disparities are multiples of 0.01: 1/0.99 m, 1 m, 1/1.01 m."""
    depth = np.array([0.996, 1.004, 1.0061, 4.0, 4.05, 4.2, NAN], np.float32)
    np.testing.assert_allclose(
        quantised(depth, step_per_m2=0.01),
        [1, 1, 1 / 0.99, 4, 4.0, 1 / 0.24, NAN][:4] + [4.0, 1 / 0.24, NAN], rtol=1e-4)
    np.testing.assert_array_equal(quantised(depth, step_per_m2=0), depth)


def test_border_and_shift():
    depth = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.testing.assert_array_equal(
        without_border(depth, left=1, top=0, right=2, bottom=1),
        [[NAN, 1, NAN, NAN], [NAN, 5, NAN, NAN], [NAN] * 4])
    np.testing.assert_array_equal(
        shifted(depth, dx_px=1, dy_px=-1),
        [[NAN, 4, 5, 6], [NAN, 8, 9, 10], [NAN] * 4])
    np.testing.assert_array_equal(shifted(depth, dx_px=0, dy_px=0), depth)


@pytest.mark.parametrize('by', [(4, 0), (-7, 1), (0, 3), (1, -9)])
def test_shift_beyond_the_image_leaves_nothing(by):
    """Of flat pictures as wide as a few sigma are high."""
    depth = np.ones((3, 4), np.float32)
    assert np.isnan(shifted(depth, dx_px=by[0], dy_px=by[1])).all()


def test_depth_camera_is_decided_by_its_seed():
    depth = rng().uniform(0.5, 1.5, (48, 64)).astype(np.float32)
    image = rng().integers(0, 255, (48, 64, 3)).astype(np.uint8)
    shine = np.zeros_like(depth)
    first, again = (sense_depth(depth, image, shine, rng()) for _ in range(2))
    other = sense_depth(depth, image, shine, np.random.default_rng(4))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32
    assert not np.array_equal(first, other, equal_nan=True)


def test_exposure_and_white_balance():
    image = np.array([[[0, 100, 200]]], np.uint8)
    np.testing.assert_array_equal(exposed(image, gain=2.0), [[[0, 200, 255]]])
    # 255 · (100 / 255)² = 39.2
    np.testing.assert_array_equal(exposed(image, gain=1.0, gamma=2.0), [[[0, 39, 157]]])
    np.testing.assert_array_equal(balanced(image, gains=(1, 0.5, 2)), [[[0, 50, 255]]])


def test_noise_of_colour():
    grey = np.full((100, 100, 3), 128, np.uint8)
    assert np.array_equal(grainy(grey, rng(), read=0, shot=0), grey)
    # rounding adds 1/12 to the variance
    expected = np.sqrt(3 ** 2 + 4 ** 2 * 128 / 255 + 1 / 12)
    assert grainy(grey, rng(), read=3, shot=4).std() == pytest.approx(expected, rel=0.03)


def test_blur_and_jpeg():
    image = np.zeros((9, 9, 3), np.uint8)
    image[4, 4] = 255
    soft = blurred(image, sigma_px=1.0)
    # the middle of a Gaussian over pixels: (1 / 2.507)² of 255
    assert soft[4, 4, 0] == pytest.approx(255 / (2 * np.pi), abs=2)
    assert np.array_equal(blurred(image, sigma_px=0), image)
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 200
    assert np.abs(jpeg(red, quality=95).astype(int) - red).max() <= 4
    assert np.abs(jpeg(image, quality=10).astype(int) - image).max() > 4
