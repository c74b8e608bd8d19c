# SPDX-License-Identifier: Apache-2.0
"""
Which images get which depth, and which get none.

Not verified here: that the node feeds it and says what is missing; see test_perception_node.py
and test_bad_input.py.
"""

from discinst_ros.nodes.frame_sync import CAPACITY, FrameSync, PATIENCE_S
import pytest

MS = 1_000_000


def make(use_depth='auto', slop_s=0.02):
    return FrameSync(slop_s=slop_s, use_depth=use_depth)


def add(sync, stamp_ms, now_s=0.0, offered=True):
    return sync.add_image(f'image {stamp_ms}', round(stamp_ms * MS), now_s, depth_offered=offered)


def add_depth(sync, stamp_ms):
    return sync.add_depth(f'depth {stamp_ms}', round(stamp_ms * MS))


def test_image_alone_where_nobody_offers_depth():
    frame = add(make(), 5, now_s=3.0, offered=False)
    assert (frame.image, frame.depth, frame.stamp_ns, frame.received_s) == (
        'image 5', None, 5 * MS, 3.0)


def test_never_ignores_depth():
    assert add(make('never'), 5).depth is None


@pytest.mark.parametrize('depth_first', [False, True])
def test_pair_by_stamp(depth_first):
    sync = make()
    if depth_first:
        assert add_depth(sync, 100) is None
        frame = add(sync, 100)
    else:
        assert add(sync, 100) is None
        frame = add_depth(sync, 100)
    assert (frame.image, frame.depth) == ('image 100', 'depth 100')


@pytest.mark.parametrize('offset_ms, paired', [(19, True), (-19, True), (21, False), (-21, False)])
def test_slop_decides(offset_ms, paired):
    sync = make()
    add(sync, 100)
    assert (add_depth(sync, 100 + offset_ms) is not None) == paired


def test_depth_of_the_image_before_is_not_taken_while_the_right_one_may_come():
    # 60 Hz: neighbours are 16.7 ms apart, nearer than the slop. The image of 33.3 was lost.
    sync = make()
    for stamp_ms in (0, 16.7, 33.3):
        add_depth(sync, stamp_ms)
    assert add(sync, 50) is None
    assert add_depth(sync, 50).depth == 'depth 50'


def test_constant_offset_pairs_at_once():
    # 30 Hz, the depth always 5 ms earlier
    sync = make()
    for start_ms in (0, 33, 67):
        add_depth(sync, start_ms)
        frame = add(sync, start_ms + 5)
        assert frame is not None and frame.depth == f'depth {start_ms}'


def test_depth_that_lags_by_more_than_a_period_finds_its_image():
    sync = make()
    for stamp_ms in (0, 33, 67):
        assert add(sync, stamp_ms) is None
    assert add_depth(sync, 33).image == 'image 33'
    assert sync.take_dropped() == 1
    assert add_depth(sync, 67).image == 'image 67'
    assert sync.take_dropped() == 0


def test_depth_is_used_once():
    sync = make()
    add_depth(sync, 100)
    assert add(sync, 100).depth == 'depth 100'
    assert add(sync, 101) is None


def test_waiting_is_bounded_and_counted():
    sync = make('always')
    for stamp_ms in range(0, 100 * (CAPACITY + 3), 100):
        assert add(sync, stamp_ms) is None
    assert sync.take_dropped() == 3
    assert sync.take_dropped() == 0


def test_depth_that_never_comes_costs_patience_then_images_go_alone():
    sync = make()
    assert add(sync, 0, now_s=0.0) is None
    assert not sync.lacks_depth(0.5)
    frame = add(sync, 100, now_s=PATIENCE_S)
    assert (frame.image, frame.depth) == ('image 100', None)
    assert sync.lacks_depth(PATIENCE_S)
    assert sync.take_dropped() == 1
    assert add(sync, 200, now_s=PATIENCE_S + 0.1).image == 'image 200'


def test_slow_camera_without_its_depth_is_released_by_the_clock():
    sync = make()
    assert add(sync, 0, now_s=0.0) is None
    assert sync.expire(PATIENCE_S - 0.01) is None
    assert sync.expire(PATIENCE_S).image == 'image 0'
    assert sync.expire(PATIENCE_S + 1) is None


def test_depth_that_comes_back_is_waited_for_again():
    sync = make()
    add(sync, 0, now_s=0.0)
    add(sync, 1000, now_s=PATIENCE_S)
    assert add_depth(sync, 1000) is None, 'the image has gone already'
    assert add(sync, 1033, now_s=PATIENCE_S + 0.03) is None
    assert add_depth(sync, 1033).image == 'image 1033'
    assert not sync.lacks_depth(PATIENCE_S + 0.04)


def test_a_pause_of_the_camera_is_no_lack_of_depth():
    sync = make()
    add_depth(sync, 0)
    add(sync, 0, now_s=0.0)
    assert add(sync, 60_000, now_s=60.0) is None
    assert not sync.lacks_depth(60.0)
    assert add_depth(sync, 60_000).depth == 'depth 60000'


def test_always_never_lets_an_image_go_alone():
    sync = make('always')
    assert add(sync, 0, now_s=0.0, offered=False) is None
    assert sync.expire(100.0) is None
    assert sync.lacks_depth(100.0)


def test_unsynchronised_depth_is_measured():
    sync = make()
    add_depth(sync, 50)
    add(sync, 101, now_s=0.0)
    assert sync.nearest_miss_s() == pytest.approx(0.051)


def test_clock_that_starts_anew_does_not_stop_the_output():
    sync = make()
    for stamp_ms in (100_000, 100_033):
        add(sync, stamp_ms)
        add_depth(sync, stamp_ms)
    add(sync, 100_067)
    for stamp_ms in (5, 38, 71):
        assert add(sync, stamp_ms) is None
        frame = add_depth(sync, stamp_ms)
        assert (frame.image, frame.depth) == (f'image {stamp_ms}', f'depth {stamp_ms}')
