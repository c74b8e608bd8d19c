# SPDX-License-Identifier: Apache-2.0
"""Which object is chosen and where, on objects made of points."""

from dataclasses import replace
import math

from discinst_ros.picking import choose, Gripper
from discinst_ros.picking.choose import BELOW_M
from discinst_ros.picking.cover import covered_shares
import numpy as np
from picking_scenes import found, plate, ring, SCORE
import pytest


def axes_of(quaternion):
    """Return the rotation matrix of x, y, z, w by turning the unit vectors."""
    vector, w = quaternion[:3], quaternion[3]
    return np.stack([e + 2 * np.cross(vector, np.cross(vector, e) + w * e)
                     for e in np.eye(3)], axis=1)


def test_a_plate_is_picked_in_its_middle():
    choice = choose(*found(plate(0.1, -0.1, 1.0)))
    place = choice.best.place
    np.testing.assert_allclose(place.position, (0.1, -0.1, 1.0), atol=0.003)
    np.testing.assert_allclose(place.normal, (0, 0, -1), atol=1e-6)
    assert place.tilt_rad == pytest.approx(0, abs=1e-6)
    assert choice.best.value == pytest.approx(SCORE) and choice.best.reason == ''


def test_the_pose_of_a_tilted_plate():
    """Tilted by 0.4 about y the normal is (-sin, 0, -cos); x stays the longer side, y."""
    place = choose(*found(plate(0.0, 0.0, 1.0, length_m=0.16, tilt_rad=0.4))).best.place
    axes = axes_of(place.quaternion)
    np.testing.assert_allclose(axes[:, 2], (-math.sin(0.4), 0, -math.cos(0.4)), atol=1e-3)
    np.testing.assert_allclose(np.abs(axes[:, 0]), (0, 1, 0), atol=1e-3)
    assert np.linalg.det(axes) == pytest.approx(1)
    assert place.tilt_rad == pytest.approx(0.4, abs=1e-3)


def test_the_topmost_of_equals():
    choice = choose(*found(plate(-0.1, 0.0, 1.0), plate(0.1, 0.0, 0.95), plate(0.3, 0.0, 1.0)))
    assert choice.best.instance.label == 2
    assert choice.options[0].value == pytest.approx(SCORE * math.exp(-0.05 / BELOW_M), rel=1e-3)
    assert choice.options[0].reason.startswith('value 0.331 (score 0.90, covered 0.00), object 2')


def test_the_best_scored_of_equals_and_then_the_first():
    plates = plate(-0.1, 0.0, 1.0), plate(0.1, 0.0, 1.0)
    assert choose(*found(*plates, scores={1: 0.7})).best.instance.label == 2
    assert choose(*found(*plates)).best.instance.label == 1


def test_what_is_covered_is_left_for_later():
    """A plate whose right half lies under another that is a centimetre higher."""
    below, above = plate(0.0, 0.0, 1.0), plate(0.04, 0.0, 0.99)
    visible = below[below[:, 0] < -0.001]
    instances, points, labels = found(visible, above)
    shares = covered_shares(points, labels)
    assert 0.1 < shares[1] < 0.5 and shares[2] == 0
    choice = choose(instances, points, labels)
    assert choice.best.instance.label == 2
    alone = choose(*found(visible)).best
    assert choice.options[0].value < alone.value


def test_neighbours_at_one_height_cover_nobody():
    left, right = plate(-0.041, 0.0, 1.0), plate(0.041, 0.0, 1.0)
    _, points, labels = found(left, right)
    assert covered_shares(points, labels) == {1: 0, 2: 0}


def test_a_ring_is_picked_on_the_ring_and_not_in_its_hole():
    place = choose(*found(ring(0.0, 0.0, 1.0, inner_m=0.03, outer_m=0.08))).best.place
    assert 0.03 + 0.012 <= np.hypot(*place.position[:2]) <= 0.08 - 0.012


def test_a_ring_narrower_than_the_cup_is_no_place():
    [option] = choose(*found(ring(0.0, 0.0, 1.0, inner_m=0.03, outer_m=0.05))).options
    assert option.place is None
    assert option.reason == 'no place on it is 15 mm away from its border and from holes'


def test_a_roof_is_picked_beside_its_ridge():
    """Two faces that meet at 60°: their middle is an edge that no cup holds."""
    left = plate(-0.04, 0.0, 1.0, tilt_rad=math.radians(30))
    right = plate(0.04, 0.0, 1.0, tilt_rad=-math.radians(30))
    place = choose(*found(np.concatenate([left, right]))).best.place
    assert abs(place.position[0]) > 0.008
    assert place.tilt_rad == pytest.approx(math.radians(30), abs=0.1)
    assert place.roughness_m <= Gripper().max_roughness_m


def test_what_is_tilted_too_much():
    plates = found(plate(0.0, 0.0, 1.0, tilt_rad=math.radians(40)))
    choice = choose(*plates)
    assert choice.best is None
    assert choice.options[0].reason == 'it is tilted by 40° or more, the gripper reaches 35°'
    assert choose(*plates, gripper=Gripper(max_tilt_rad=math.radians(45))).best is not None


def test_what_is_level_comes_before_what_is_steep():
    """30° of the 35° that the gripper reaches are worth 1 - 0.9 (30/35)² of a level place."""
    steep = plate(-0.1, 0.0, 1.0, tilt_rad=math.radians(30))
    choice = choose(*found(steep, plate(0.1, 0.0, 1.0)))
    assert choice.best.instance.label == 2
    assert choice.options[0].place.ease == pytest.approx(1 - 0.9 * (30 / 35) ** 2, abs=0.05)


def test_a_thin_handle_is_nowhere_flat():
    """A cylinder of 1.5 cm under a cup of 1.2 cm: its sides are 4 mm lower than its top."""
    points = plate(0.0, 0.0, 0.6, width_m=0.03, length_m=0.16)
    points[:, 2] += 0.015 - np.sqrt(np.maximum(0.015 ** 2 - points[:, 0] ** 2, 0))
    narrow = Gripper(cup_radius_m=0.01, margin_m=0.001)
    [option] = choose(*found(points), gripper=narrow).options
    assert option.reason.startswith('it is nowhere flat: ')


def test_tilt_counts_from_where_the_gripper_comes():
    """The camera looks at 40° on a level plate; the gripper comes from above."""
    tilt = math.radians(40)
    plates = found(plate(0.0, 0.0, 1.0, tilt_rad=tilt))
    above = Gripper(approach=(-2 * math.sin(tilt), 0.0, -2 * math.cos(tilt)))
    assert choose(*plates, gripper=above).best.place.tilt_rad == pytest.approx(0, abs=1e-3)


def test_what_is_nowhere_flat():
    points = plate(0.0, 0.0, 1.0)
    points[:, 2] += np.random.default_rng(0).normal(0, 0.005, len(points))
    [option] = choose(*found(points)).options
    assert option.reason.startswith('it is nowhere flat: ')


def test_what_has_no_pose_or_a_poor_one():
    instances, points, labels = found(plate(0.0, 0.0, 1.0), plate(0.2, 0.0, 1.0))
    poor = replace(instances[1].pose, covariance=np.eye(6) * 0.05 ** 2)
    choice = choose([replace(instances[0], pose=None), replace(instances[1], pose=poor)], points,
                    labels)
    assert choice.best is None
    assert [one.reason for one in choice.options] == [
        'it has no trustworthy pose', 'its position is known to 50 mm only']


def test_a_pose_that_is_not_of_the_points():
    """Of a plate of 8 cm, 2 cm and a tenth of its length are allowed: 2.8 cm."""
    [instance], points, labels = found(plate(0.0, 0.0, 1.0))
    for off, chosen in ((0.027, True), (0.029, False), (0.05, False)):
        pose = replace(instance.pose, position=np.array((off, 0.0, 1.0)))
        choice = choose([replace(instance, pose=pose)], points, labels)
        assert (choice.best is not None) == chosen
    assert choice.options[0].reason == 'its pose is 50 mm from the middle of its points'


def test_stray_points_do_not_make_a_pose_wrong():
    """A border of one in eight lies 40 cm behind and moves their mean by 5 cm."""
    [instance], points, labels = found(plate(0.0, 0.0, 1.0))
    points[points[:, 0] > 0.031, 2] += 0.4
    assert choose([instance], points, labels).best is not None


def test_where_it_failed_it_is_tried_elsewhere():
    plates = found(plate(0.0, 0.0, 1.0, width_m=0.2))
    first = choose(*plates).best.place.position
    second = choose(*plates, avoid=[first]).best.place.position
    assert 0.015 <= np.linalg.norm(second - first) < 0.03
    few = np.arange(-0.1, 0.11, 0.01)
    everywhere = [np.array((x, y, 1.0)) for x in few for y in few]
    [option] = choose(*plates, avoid=everywhere).options
    assert option.reason == 'its places have failed before'


def test_nothing_there():
    assert choose([], np.zeros((0, 3)), np.zeros(0, int)).best is None


def test_an_object_without_points():
    instances, points, labels = found(plate(0.0, 0.0, 1.0))
    choice = choose(instances, points[:0], labels[:0])
    assert choice.best is None and 'no place on it' in choice.options[0].reason


def test_the_order_of_objects_changes_nothing():
    instances, points, labels = found(plate(-0.1, 0.0, 1.0), plate(0.1, 0.0, 1.0))
    one, other = (choose(given, points, labels) for given in (instances, instances[::-1]))
    assert one.best == one.options[0] and other.best.instance == one.best.instance


@pytest.mark.parametrize('approach', [(0.0, 0.0, 0.0), (0.0, 1.0), (math.nan, 0.0, 1.0)])
def test_no_direction_is_refused(approach):
    with pytest.raises(ValueError, match='expected three numbers that are a direction'):
        Gripper(approach=approach)


@pytest.mark.parametrize('radius_m', [0.0, -0.01, math.nan, math.inf])
def test_a_cup_of_no_size_is_refused(radius_m):
    with pytest.raises(ValueError, match=f'cup_radius_m is {radius_m}, expected metres above 0'):
        Gripper(cup_radius_m=radius_m)


@pytest.mark.parametrize('point, words', [
    ((math.nan, 0.0, 1.0), r'1 of 1681 points are not finite or .* x, y, z = \[nan, 0.0, 1.0\]'),
    ((0.0, 0.0, 0.0), r'1 of 1681 points are .* x, y, z = \[0.0, 0.0, 0.0\]; leave them'),
    ((0.0, 0.0, -1.0), r'1 of 1681 points are .*not before the camera')])
def test_points_that_are_none_are_refused(point, words):
    instances, points, labels = found(plate(0.0, 0.0, 1.0))
    points[7] = point
    with pytest.raises(ValueError, match=words):
        choose(instances, points, labels)


def test_points_without_a_label_each_are_refused():
    """An image of points, say, or the labels of all pixels with the points of some."""
    instances, points, labels = found(plate(0.0, 0.0, 1.0))
    for some, of_them in ((points[None], labels), (points, labels[1:]), (points[:, :2], labels)):
        with pytest.raises(ValueError, match=r'expected \(N, 3\) and \(N,\)'):
            choose(instances, some, of_them)
    with pytest.raises(ValueError, match='labels are float64, expected whole numbers'):
        choose(instances, points, labels * 1.0)
