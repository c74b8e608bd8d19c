# SPDX-License-Identifier: Apache-2.0
"""Faults of depth that training puts in: as many and as large as asked for, nothing else."""

from dataclasses import replace

from augment_scenes import frozen, scene
from discinst_ros.data.augment import Augmentation
import numpy as np
import pytest
from scipy import ndimage


@pytest.mark.parametrize('name, least, most', [
    ('depth_loss_probability', 1.0, 1.0), ('depth_holes_probability', 0.0, 0.9),
    ('depth_cut_probability', 0.0, 0.6)])
def test_depth_is_lost_in_places_and_else_stays(name, least, most):
    sample = frozen(scene(1))
    lost = []
    for seed in range(40):
        settings = replace(Augmentation.none(), **{name: 1.0})
        seen = settings(sample, np.random.default_rng(seed))
        gone = np.isnan(seen.depth)
        assert np.array_equal(seen.depth[~gone], sample.depth[~gone])
        assert seen.labels is sample.labels and seen.image is sample.image
        lost.append(gone.mean())
    assert least <= min(lost) and max(lost) <= most and max(lost) > 0.05


def test_speckles_are_small_as_many_as_asked_for_wrong_or_missing():
    depth = np.full((120, 160), 0.8, np.float32)
    sample = frozen(replace(scene(1), depth=depth))
    settings = replace(Augmentation.none(), depth_speckle_probability=1.0,
                       depth_speckle_share=(0.02, 0.02))
    shares, missing = [], []
    for seed in range(40):
        seen = settings(sample, np.random.default_rng(seed)).depth
        spoilt = seen != depth
        shares.append(spoilt.mean())
        missing.append(np.isnan(seen[spoilt]).mean())
        wrong = seen[np.isfinite(seen)]
        assert seen.dtype == np.float32 and 0.4 <= wrong.min() and wrong.max() <= 1.6
        # at most squares of 3 pixels, some of which touch
        pieces, count = ndimage.label(spoilt)
        assert np.median(np.bincount(pieces.ravel())[1:]) <= 9 and count > 20
    assert np.mean(shares) == pytest.approx(0.02, rel=0.1)
    # an image has one of the two faults, half of the images each
    assert set(missing) == {0.0, 1.0} and 0.25 < np.mean(missing) < 0.75


@pytest.mark.parametrize('reach', [0.01, 0.025, 0.05])
def test_shadows_are_along_steps_as_wide_as_asked_for(reach):
    """Half of them behind the step alone."""
    depth = np.full((60, 80), 0.8, np.float32)
    depth[20:40, 30:50] = 0.5
    depth[:6] = np.nan
    near = depth == 0.5
    settings = replace(Augmentation.none(), depth_shadow_probability=1.0,
                       depth_shadow=(reach, reach))
    px = round(80 * reach)
    behind = []
    for seed in range(40):
        seen = settings(frozen(replace(scene(1), depth=depth)), np.random.default_rng(seed)).depth
        gone = np.isnan(seen) & ~np.isnan(depth)
        assert np.array_equal(seen[~gone], depth[~gone], equal_nan=True)
        away = np.where(near, ndimage.distance_transform_edt(near),
                        ndimage.distance_transform_edt(~near))
        assert gone[~near & (away <= px)].all() and not gone[away > px + 2].any()
        behind.append(not (gone & near).any())
    assert 0.25 < np.mean(behind) < 0.75


def test_a_slope_has_no_shadow():
    """Over three neighbours it changes by 0.9 % at most, less than a step."""
    depth = np.broadcast_to(np.geomspace(0.5, 0.7, 80, dtype=np.float32), (60, 80)).copy()
    settings = replace(Augmentation.none(), depth_shadow_probability=1.0)
    for seed in range(20):
        seen = settings(frozen(replace(scene(1), depth=depth)), np.random.default_rng(seed)).depth
        assert np.array_equal(seen, depth)


@pytest.mark.parametrize('shift', [0.0, 0.05, 0.1])
def test_misplaced_depth_is_all_moved_by_that_much(shift):
    """Each value is near the place it comes from: the shift, and 3 % of zoom."""
    height, width = 60, 80
    depth = np.arange(1, height * width + 1, dtype=np.float32).reshape(height, width)
    sample = frozen(replace(scene(1), depth=depth))
    settings = replace(Augmentation.none(), depth_misplaced_probability=1.0,
                       depth_shift=(shift, shift))
    directions = []
    for seed in range(40):
        seen = settings(sample, np.random.default_rng(seed)).depth
        y, x = np.nonzero(np.isfinite(seen))
        from_y, from_x = np.divmod(seen[y, x].astype(int) - 1, width)
        # The middle moves by the shift alone; the zoom is linear from there.
        moved = np.stack((x - from_x, y - from_y), axis=1)
        middle = (np.hypot(from_x - 39.5, from_y - 29.5) < 8)
        mean = moved[middle].mean(axis=0)
        assert abs(np.hypot(*mean) - 80 * shift) < 0.6
        assert np.abs(moved - mean).max() < 0.03 * 50 + 1.5
        directions.append(mean / max(1e-9, np.hypot(*mean)))
    if shift:
        assert np.abs(np.mean(directions, axis=0)).max() < 0.5


def test_mistaken_depth_is_flat_patches_within_twice_the_true_distances():
    sample = frozen(scene(1))
    settings = replace(Augmentation.none(), depth_mistaken_probability=1.0)
    low, high = np.nanmin(sample.depth) / 2, np.nanmax(sample.depth) * 2
    wrong = []
    for seed in range(40):
        seen = settings(sample, np.random.default_rng(seed))
        changed = seen.depth != sample.depth
        assert seen.labels is sample.labels and seen.image is sample.image
        assert np.isfinite(seen.depth[changed]).all()
        assert low <= seen.depth[changed].min() and seen.depth[changed].max() <= high
        assert len(np.unique(seen.depth[changed])) <= 20
        wrong.append(changed.mean())
    assert 0 < min(wrong) and max(wrong) < 0.2
    nothing = replace(sample, depth=np.full_like(sample.depth, np.nan))
    assert np.isnan(settings(nothing, np.random.default_rng(0)).depth).all()
