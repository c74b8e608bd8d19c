# SPDX-License-Identifier: Apache-2.0
"""The surface under a cup against shapes with known normals, with the noise of a depth camera."""

import math

from discinst_ros.picking.exact import plane_under
import numpy as np
from picking_scenes import patch_at
import pytest

RADIUS_M = 0.012
PIXEL = 1 / 600
AHEAD = np.array((0.0, 0.0, 0.6))


def surface(depth, noise_m=0.0, seed=0):
    """Return what pixels see of a surface given as a function of the ray's x and y."""
    x, y = (axis.ravel() for axis in np.meshgrid(*[np.arange(-25, 26) * PIXEL] * 2))
    z = depth(x, y) + np.random.default_rng(seed).normal(0, noise_m, x.size)
    return np.stack([x * z, y * z, z], axis=1)


def board(tilt_rad):
    """Tilted about y, through the point 0.6 m ahead: its normal is (-sin, 0, -cos)."""
    return lambda x, y: 0.6 * math.cos(tilt_rad) / (x * math.sin(tilt_rad) + math.cos(tilt_rad))


def cylinder(radius_m):
    """Along y, its nearest line 0.6 m ahead: the nearer of two roots of a quadratic."""
    def depth(x, y):
        far = 0.6 + radius_m
        a, b, c = x * x + 1, -2 * far, far * far - radius_m ** 2
        return (-b - np.sqrt(np.maximum(b * b - 4 * a * c, 0))) / (2 * a)
    return depth


@pytest.mark.parametrize('degrees', [0, 20, 40])
def test_the_normal_of_a_noisy_board(degrees):
    """
    The mean over draws has no bias: 24 draws of about 1° each leave a standard error of 0.2°.

    A fit that takes the noise for one across the surface is off by 4° at 40°.
    """
    tilts = []
    for seed in range(24):
        patch = patch_at(surface(board(math.radians(degrees)), 0.0015, seed), AHEAD, RADIUS_M)
        normal = patch.axes[:, 0]
        tilts.append(math.degrees(math.atan2(-normal[0], -normal[2])))
        assert np.linalg.norm(patch.position - AHEAD) < 0.001
        np.testing.assert_allclose(patch.axes.T @ patch.axes, np.eye(3), atol=1e-9)
        assert np.linalg.det(patch.axes) == pytest.approx(1)
    assert np.mean(tilts) == pytest.approx(degrees, abs=0.6)
    assert np.std(tilts) < 3 * math.degrees(patch.normal_error_rad)


def test_noise_is_no_roughness():
    flat = patch_at(surface(board(0.0), 0.0015), AHEAD, RADIUS_M)
    assert flat.noise_m == pytest.approx(0.0015, rel=0.15) and flat.roughness_m < 0.0006
    assert patch_at(surface(board(0.0)), AHEAD, RADIUS_M).roughness_m < 1e-6


@pytest.mark.parametrize('noise_m', [0.0, 0.0015])
def test_a_thin_handle_is_rough(noise_m):
    """Of x²/2r over a disc of radius R the deviation is R²/8r: 1.8 mm for r = 1 cm."""
    thin = patch_at(surface(cylinder(0.010 + 0.005), noise_m), AHEAD, RADIUS_M)
    thick = patch_at(surface(cylinder(0.040), noise_m), AHEAD, RADIUS_M)
    assert 0.0009 < thin.roughness_m < 0.0018  # within cells some of it is lost
    assert thick.roughness_m < 0.0006 + noise_m / 5


def test_much_noise_leaves_it_in_doubt():
    assert patch_at(surface(board(0.0), 0.02), AHEAD, RADIUS_M).roughness_m > 0.001


@pytest.mark.parametrize('seed', range(4))
def test_the_plane_of_one_place_is_that_of_many(seed):
    """Alone and in other units it is the same but for rounding, which squares of 1e-4 amplify."""
    points = surface(board(0.3), 0.0015, seed)
    patch = patch_at(points, AHEAD, RADIUS_M)
    foot, normal = plane_under(points, AHEAD, RADIUS_M)
    np.testing.assert_allclose(foot, patch.position, atol=1e-9)
    np.testing.assert_allclose(normal, patch.axes[:, 0], atol=1e-8)


def test_too_little_to_tell():
    assert plane_under(surface(board(0.0))[:5], AHEAD, RADIUS_M) is None
    assert patch_at(surface(board(0.0))[:5], AHEAD, RADIUS_M) is None
    line = np.stack([np.linspace(-0.01, 0.01, 50), np.zeros(50), np.full(50, 0.6)], axis=1)
    assert patch_at(line, AHEAD, RADIUS_M) is None
