# SPDX-License-Identifier: Apache-2.0
"""Which frames a planner looks at, by their stamps; that it does so over DDS is in test/nodes."""

from discinst_ros.picking.fresh import Freshness

S = 1_000_000_000


def test_frames_from_before_the_pick_was_over_are_old():
    frames = Freshness(5 * S)
    assert not frames.is_new(5 * S) and not frames.is_new(4 * S)
    assert frames.why == 'the newest was taken 0.000 s before the last pick was over'
    assert frames.is_new(5 * S + 1)
    frames.begin(6 * S)
    assert frames.why == '' and not frames.is_new(5 * S + 1)
    assert frames.why == 'the newest was taken 1.000 s before the last pick was over'


def test_a_frame_that_comes_again_confirms_nothing():
    frames = Freshness(0)
    for stamp in (2, 3):
        assert frames.is_new(stamp)
        frames.look(stamp)
    assert not frames.is_new(3) and not frames.is_new(2)
    assert frames.why == 'the newest was looked at before, and comes again'
    assert (frames.looked, frames.old) == (2, 2)


def test_one_stamp_from_the_future_does_not_stop_those_after_it():
    frames = Freshness(0)
    frames.look(3600 * S)
    assert frames.is_new(S)
