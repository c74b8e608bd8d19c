# SPDX-License-Identifier: Apache-2.0
"""What was tried and what is left: when a bin is empty, and when it is given up."""

from dataclasses import replace
import math

from discinst_ros.instances import Instance
from discinst_ros.picking import choose, Gripper
from discinst_ros.picking.progress import Outcome, Patience, Progress
import numpy as np
from picking_scenes import found, plate
import pytest

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
