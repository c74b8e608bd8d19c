# SPDX-License-Identifier: Apache-2.0
"""Which object is chosen and where, on objects made of points."""

from dataclasses import replace
import math

from discinst_ros.instances import Instance
from discinst_ros.picking import choose, Gripper
from discinst_ros.picking.choose import BELOW_M
from discinst_ros.picking.cover import covered_shares
from discinst_ros.picking.progress import Outcome, Patience, Progress
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


# Progress

FULL = found(plate(-0.1, 0.0, 1.0, width_m=0.034, length_m=0.034),
             plate(0.1, 0.0, 1.0, width_m=0.034, length_m=0.034))
NOTHING = [], np.zeros((0, 3)), np.zeros(0, int)


def progress(**patience):
    return Progress(Gripper(), Patience(**patience))


def test_empty_when_enough_frames_in_a_row_say_so():
    bin_ = progress(confirm_frames=2)
    assert bin_.look(*NOTHING) is None
    assert bin_.look(*FULL).instance.label == 1
    assert bin_.look(*NOTHING) is None
    assert bin_.look(*NOTHING) == Outcome.EMPTY


def test_what_is_scored_too_low_is_no_object():
    """It is neither picked nor does it keep the bin from being empty, and the end tells of it."""
    instances, points, labels = FULL
    scored = [replace(one, score=score) for one, score in zip(instances, (0.09, 0.1), strict=True)]
    bin_ = progress(confirm_frames=1, min_score=0.1)
    assert bin_.look(scored, points, labels).instance.label == 2
    assert bin_.look(scored[:1], points, labels) == Outcome.EMPTY
    assert bin_.sentence(Outcome.EMPTY) == (
        'the bin is empty: 0 lifted in 0 tries; 1 left out, of a score below 0.1')
    assert progress().look(scored[:1], points, labels).instance.label == 1


@pytest.mark.parametrize('score', [math.nan, math.inf])
def test_a_score_that_is_no_number_empties_no_bin(score):
    instances, points, labels = FULL
    bin_ = progress(confirm_frames=1, min_score=0.1)
    assert bin_.look([replace(one, score=score) for one in instances], points, labels) is not None
    assert bin_.sentence(Outcome.EMPTY) == 'the bin is empty: 0 lifted in 0 tries'


@pytest.mark.parametrize('pattern, outcome', [
    ('uue', Outcome.CANNOT_BE_EMPTIED), ('ue', Outcome.CANNOT_BE_EMPTIED),
    ('uueee', Outcome.EMPTY), ('eeuuu', Outcome.CANNOT_BE_EMPTIED)])
def test_frames_that_disagree_are_not_looked_at_for_ever(pattern, outcome):
    """Empty and what cannot be picked in turn: fifteen frames without a pick are enough."""
    unseen, points, labels = [Instance(4, 1, 0.9, (0, 0, 1, 1), 9)], *NOTHING[1:]
    bin_ = progress(confirm_frames=3)
    said = [bin_.look(unseen if kind == 'u' else [], points, labels)
            for kind in (pattern * 15)[:15]]
    first = next(count for count, one in enumerate(said, 1) if one is not None)
    assert first == (15 if len(pattern) < 5 else 5)
    assert said[first - 1] == outcome
    if first == 15:
        assert bin_.sentence(outcome) == (
            'the bin cannot be emptied: 0 lifted in 0 tries; 15 frames disagree whether anything '
            'is left; object 4: it has no trustworthy pose')


def test_a_pick_begins_the_count_of_frames_anew():
    bin_ = progress(confirm_frames=2)
    for _ in range(20):
        assert bin_.look(*NOTHING) is None
        assert bin_.look(*FULL).instance.label == 1


def test_frames_of_no_use_are_not_in_a_row():
    bin_ = progress(confirm_frames=2)
    bin_.look(*FULL)
    bin_.succeeded()
    said = []
    for _ in range(10):
        said.append(bin_.look(*NOTHING))
        bin_.interrupted()
    assert said == [None] * 9 + [Outcome.CANNOT_BE_EMPTIED]
    assert bin_.sentence(said[-1]) == ('the bin cannot be emptied: 1 lifted in 1 tries; 10 frames '
                                       'disagree whether anything is left')


def test_what_failed_comes_last_and_is_given_up_in_the_end():
    bin_ = progress(confirm_frames=2, tries_per_place=2)
    order = []
    while not isinstance(chosen := bin_.look(*FULL), Outcome):
        if chosen is not None:
            order.append(chosen.instance.label)
            bin_.failed(chosen.place.position)
    assert order == [1, 2, 1, 2] and chosen == Outcome.CANNOT_BE_EMPTIED
    assert bin_.sentence(chosen) == (
        'the bin cannot be emptied: 0 lifted in 4 tries; object 1: its places have failed '
        'before; object 2: its places have failed before')


def test_a_lifted_object_frees_the_others():
    bin_ = progress(tries_per_place=1)
    bin_.failed(bin_.look(*FULL).place.position)
    bin_.failed(bin_.look(*FULL).place.position)
    assert bin_.look(*FULL) is None
    bin_.succeeded()
    assert bin_.look(*FULL).instance.label == 1
    assert bin_.sentence(Outcome.EMPTY) == 'the bin is empty: 1 lifted in 3 tries'


@pytest.mark.parametrize('tries_per_place', [1, 2, 3])
def test_what_failed_stays_last_after_another_was_lifted(tries_per_place):
    """Or each object that comes up would be followed by a try at what nobody can lift."""
    bin_ = progress(tries_per_place=tries_per_place)
    bin_.failed(bin_.look(*FULL).place.position)
    bin_.succeeded()
    assert bin_.look(*FULL).instance.label == 2


def test_a_narrow_object_is_a_last_resort():
    """A plate as wide as the cup and 3 mm leaves half of the margin around it."""
    narrow = plate(0.1, 0.0, 0.9, width_m=0.027, length_m=0.027)
    assert choose(*found(narrow)).best is None
    wide = plate(-0.1, 0.0, 1.0)
    bin_ = progress(tries_per_place=1)
    assert bin_.look(*found(narrow, wide)).instance.label == 2
    assert bin_.look(*found(narrow)).instance.label == 1


def test_an_object_with_many_places_is_given_up_until_another_is_lifted():
    bin_ = progress(tries_per_object=3, confirm_frames=1)
    floor = found(plate(0.0, 0.0, 1.0, width_m=0.4, length_m=0.4))
    for _ in range(3):
        bin_.failed(bin_.look(*floor).place.position)
    assert bin_.look(*floor) == Outcome.CANNOT_BE_EMPTIED
    assert 'object 1: too many picks of it have failed' in bin_.sentence(
        Outcome.CANNOT_BE_EMPTIED)
    bin_.succeeded()
    assert bin_.look(*floor).instance.label == 1


def test_a_bin_that_gives_nothing_is_left():
    """Also where each failure is at another place, of an object that each push moves."""
    bin_ = progress(tries_in_a_row=3, confirm_frames=1)
    for shift in (0.0, 0.2):
        bin_.failed(bin_.look(*found(plate(shift, 0.0, 1.0))).place.position)
    bin_.succeeded()
    for shift in (0.4, 0.6, 0.8):
        bin_.failed(bin_.look(*found(plate(shift, 0.0, 1.0))).place.position)
    assert bin_.look(*found(plate(1.0, 0.0, 1.0))) == Outcome.CANNOT_BE_EMPTIED
    assert bin_.sentence(Outcome.CANNOT_BE_EMPTIED) == (
        'the bin cannot be emptied: 1 lifted in 6 tries; the last 3 failed')


def test_not_for_ever():
    bin_ = progress(max_tries=1)
    assert bin_.look(*FULL) is not None
    bin_.succeeded()
    assert bin_.look(*FULL) == Outcome.TOO_MANY_TRIES


def test_an_object_that_nobody_can_pick_has_to_be_seen_more_than_once():
    bin_ = progress(confirm_frames=2)
    unseen = [Instance(4, 1, 0.9, (0, 0, 1, 1), 9)]
    assert bin_.look(unseen, *NOTHING[1:]) is None
    assert bin_.look(unseen, *NOTHING[1:]) == Outcome.CANNOT_BE_EMPTIED
    assert bin_.sentence(Outcome.CANNOT_BE_EMPTIED).endswith(
        'object 4: it has no trustworthy pose')
