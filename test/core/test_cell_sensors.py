# SPDX-License-Identifier: Apache-2.0
"""The depth camera of the cell: noise as it was measured, steps, and where it sees nothing."""

from __future__ import annotations

from discinst_ros.instances import Intrinsics
from discinst_ros.scenes.cell.sensors import sense_depth
import numpy as np
import pytest

CAMERA = Intrinsics(600.0, 600.0, 319.5, 239.5, 640, 480)


def sensed(depth: np.ndarray, seed: int = 0) -> np.ndarray:
    return sense_depth(depth.astype(np.float32), CAMERA, np.random.default_rng(seed))


@pytest.mark.parametrize('distance_m', [0.4, 0.8, 1.6])
def test_noise_grows_with_the_square_of_the_distance(distance_m):
    """Nguyen, Izadi, Lovell: σ = 1.2 mm + 1.9 mm (z - 0.4)², z in metres, seen from the front."""
    found = sensed(np.full((480, 640), distance_m))
    # the middle, which is seen from the front; steps of 1 mm add their own deviation
    errors = (found - distance_m)[200:280, 260:380]
    expected = np.hypot(0.0012 + 0.0019 * (distance_m - 0.4) ** 2, 0.001 / 12 ** 0.5)
    assert errors.std() == pytest.approx(expected, rel=0.05)
    assert abs(errors.mean()) < 4 * expected / errors.size ** 0.5


def test_depth_comes_in_millimetres():
    found = sensed(np.full((480, 640), 0.7))
    assert np.abs(found * 1000 - np.round(found * 1000)).max() < 1e-3


def test_what_is_very_near_gives_no_depth():
    """Noise at flat angles would give depths of 0 and less, which are behind the camera."""
    ramp = np.repeat(np.linspace(0.02, 0.3, 640)[None], 480, axis=0)
    found = sensed(ramp)
    assert np.nanmin(found) >= 0.1 - 1e-6 and not np.isnan(found[ramp > 0.15]).any()
    assert np.isnan(sensed(np.full((480, 640), 0.09))).all()


def test_missing_depth_stays_missing():
    depth = np.full((480, 640), 0.6)
    depth[100:200, 100:200] = np.nan
    found = sensed(depth)
    assert np.isnan(found[110:190, 110:190]).all()
    assert not np.isnan(found[300:]).any()
