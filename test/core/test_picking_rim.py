# SPDX-License-Identifier: Apache-2.0
"""
Places on a surface that goes on around the object: shadows on a floor, prints on a box.

Scenes are points on planes, with the noise of a depth camera where a test says so. How often masks
take in such a surface, and what that costs a robot, is asked of the simulated cell.
"""

from discinst_ros.geometry.pose import estimate_pose
from discinst_ros.instances import Instance
from discinst_ros.picking import choose
from discinst_ros.picking.cloud import Cloud
from discinst_ros.picking.rim import ON_SURFACE_M, rim_of, share_on_surface
import numpy as np
from picking_scenes import patch_at, plate, SCORE, SPACING_M
import pytest
from scipy.spatial import cKDTree

FLOOR_M = 1.0


def on_floor(*objects, noise_m=0.0, side_m=0.5):
    """
    Return instances, points and labels of objects on a floor, seen from above.

    Each object is a list of pieces; the floor is there where no piece is.
    """
    floor = plate(0.0, 0.0, FLOOR_M, width_m=side_m, length_m=side_m)
    pieces = [(label, piece) for label, some in enumerate(objects, start=1) for piece in some]
    taken = cKDTree(np.concatenate([piece[:, :2] / piece[:, 2:] for _, piece in pieces]))
    free = taken.query(floor[:, :2] / FLOOR_M)[0] > 0.9 * SPACING_M
    points = np.concatenate([floor[free], *(piece for _, piece in pieces)])
    labels = np.repeat([0, *(label for label, _ in pieces)],
                       [free.sum(), *(len(piece) for _, piece in pieces)])
    # a depth camera errs along its rays
    points = points * (1 + np.random.default_rng(0).normal(0, noise_m, (len(points), 1)))
    instances = [
        Instance(label, 1, SCORE, (0, 0, 1, 1), int((labels == label).sum()),
                 estimate_pose(points[labels == label])) for label in range(1, len(objects) + 1)]
    return instances, points, labels


@pytest.mark.parametrize('noise_m', [0.0, 0.001])
def test_a_shadow_in_the_mask_of_a_box_is_no_place(noise_m):
    """The shadow is larger than the box and nearer to the middle of both."""
    box = plate(-0.06, 0.0, 0.9, width_m=0.05, length_m=0.06)
    shadow = plate(0.03, 0.0, FLOOR_M, width_m=0.12, length_m=0.06)
    best = choose(*on_floor([box, shadow], noise_m=noise_m)).best
    assert best.place.position[2] == pytest.approx(0.9, abs=0.003)
    assert abs(best.place.position[0] + 0.06) < 0.025


def test_an_object_whose_only_place_is_what_it_stands_on_is_not_picked():
    """A pole too thin for the cup: said, rather than that the cup is sent to the floor."""
    pole = plate(-0.05, 0.0, 0.8, width_m=0.012, length_m=0.06)
    side = plate(-0.03, 0.0, 0.9, width_m=0.012, length_m=0.06)
    shadow = plate(0.02, 0.0, FLOOR_M, width_m=0.05, length_m=0.06)
    choice = choose(*on_floor([pole, side, shadow]))
    assert choice.best is None
    assert choice.options[0].reason == (
        'where the cup fits, the surface goes on around the object, which stands on it')


def test_a_mark_on_the_floor_comes_after_a_thin_plate():
    """What lies 4 mm above the floor ends at its edges; the mark is as large."""
    mark, thin = plate(-0.1, 0.0, FLOOR_M), plate(0.1, 0.0, FLOOR_M - 0.004)
    options = choose(*on_floor([mark], [thin])).options
    assert options[1].reason == ''
    assert options[1].place.ease == pytest.approx(1, abs=0.02)
    # 0.9 less, as the surface goes on in all directions
    assert options[0].place.ease == pytest.approx(0.1, abs=0.02)


def test_cartons_side_by_side_are_still_picked():
    """Nine equal tops: that of the middle goes on all around, and is picked when it is alone."""
    tops = [plate(x, y, 0.8, width_m=0.078, length_m=0.078)
            for x in (-0.08, 0.0, 0.08) for y in (-0.08, 0.0, 0.08)]
    options = choose(*on_floor(*([top] for top in tops))).options
    eases = [option.place.ease for option in options]
    assert np.argmin(eases) == 4 and min(eases) == pytest.approx(0.1, abs=0.02)
    assert all(corner > side for corner in (eases[0], eases[2], eases[6], eases[8])
               for side in (eases[1], eases[3], eases[5], eases[7]))
    assert choose(*on_floor([tops[4]])).options[0].place.ease == pytest.approx(1, abs=0.02)


def test_the_bottom_of_a_bowl_is_a_place():
    """Its wall rises above the place, but the bottom ends there: nothing goes on outside."""
    bottom = plate(0.0, 0.0, 0.97, width_m=0.06, length_m=0.06)
    wall = plate(0.0, 0.0, 0.93, width_m=0.12, length_m=0.12)
    wall = wall[np.abs(wall[:, :2]).max(axis=1) > 0.05]
    best = choose(*on_floor([bottom, wall])).best
    assert best.place.position[2] == pytest.approx(0.97, abs=0.003)


@pytest.mark.parametrize(('raised_m', 'share'), [
    (0.0, 1.0), (0.5 * ON_SURFACE_M, 1.0), (2 * ON_SURFACE_M, 0.0)])
def test_the_share_of_a_plate_by_its_height(raised_m, share):
    top = plate(0.0, 0.0, FLOOR_M - raised_m)
    _, points, labels = on_floor([top])
    image = top[:, :2] / top[:, 2:]
    rim = rim_of(1, Cloud(points, labels), cKDTree(image), SPACING_M)
    # the rim is the floor from 4 to 8 pixels around, and nothing else
    away = np.maximum(np.abs(rim[:, :2]) - 0.04, 0)
    away = np.hypot(*away.T)
    assert 0.007 < away.min() and away.max() < 0.018
    assert share_on_surface(patch_at(top, top.mean(axis=0), 0.012), rim) == share


def test_half_of_a_mark_at_the_edge_of_a_table():
    """The surface goes on to one side only, and its mean over directions says so."""
    top = plate(0.0, 0.0, 1.0)
    beside = plate(0.0, 0.0, 1.0, width_m=0.2, length_m=0.2)
    beside = beside[(beside[:, 0] > 0) & (np.abs(beside[:, :2]).max(axis=1) > 0.041)]
    image = top[:, :2] / top[:, 2:]
    labels = np.repeat([1, 0], [len(top), len(beside)])
    rim = rim_of(1, Cloud(np.concatenate([top, beside]), labels), cKDTree(image), SPACING_M)
    share = share_on_surface(patch_at(top, top.mean(axis=0), 0.012), rim)
    assert share == pytest.approx(0.5, abs=0.1)


def test_nothing_around():
    patch = patch_at(plate(0, 0, 1.0), np.array((0, 0, 1.0)), 0.012)
    assert share_on_surface(patch, np.zeros((0, 3))) == 0
