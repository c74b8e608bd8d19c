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


def add_depth(sync, stamp_ms, now_s=0.0):
    return sync.add_depth(f'depth {stamp_ms}', round(stamp_ms * MS), now_s)


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
    assert add_depth(sync, 1000, PATIENCE_S + 0.01) is None, 'the image has gone already'
    assert add(sync, 1033, now_s=PATIENCE_S + 0.03) is None
    assert add_depth(sync, 1033, PATIENCE_S + 0.04).image == 'image 1033'
    assert not sync.lacks_depth(PATIENCE_S + 0.04)


@pytest.mark.parametrize('use_depth', ['auto', 'always'])
@pytest.mark.parametrize('depth_first', [False, True])
def test_images_that_nobody_wants_tell_that_depth_is_back(use_depth, depth_first):
    sync = make(use_depth)
    add(sync, 0, now_s=0.0)
    sync.expire(PATIENCE_S + 0.1)
    sync.note_image(2000 * MS, 2.0)
    assert sync.lacks_depth(2.0)
    if depth_first:
        add_depth(sync, 3010, 3.0)
        assert sync.lacks_depth(3.0)
        sync.note_image(3000 * MS, 3.1)
    else:
        sync.note_image(3000 * MS, 3.0)
        assert sync.lacks_depth(3.0)
        assert add_depth(sync, 3010, 3.1) is None
    assert not sync.lacks_depth(3.1)
    assert add(sync, 5000, now_s=5.0) is None, 'the next that is wanted waits for its depth'
    assert add_depth(sync, 5000, 5.1).image == 'image 5000'


def test_images_that_nobody_wants_tell_that_depth_is_late_and_how_near():
    sync = make()
    add(sync, 0, now_s=0.0)
    add(sync, 1000, now_s=PATIENCE_S)
    sync.note_image(2000 * MS, 2.0)
    add_depth(sync, 2050, 2.1)
    assert sync.nearest_miss_s() == pytest.approx(0.05)
    add_depth(sync, 2000, 3.5)
    assert sync.late_s() == pytest.approx(1.5)
    assert sync.lacks_depth(3.5)


def test_an_image_that_waits_while_depth_comes_back_is_released_by_the_clock():
    sync = make()
    add(sync, 0, now_s=0.0, offered=False)
    assert add(sync, 500, now_s=0.5) is None
    assert add_depth(sync, 0, 0.6) is None
    assert sync.expire(0.6 + PATIENCE_S).image == 'image 500'


def test_depth_of_another_time_that_has_no_stamp_either_is_not_back():
    sync = make()
    add_depth(sync, 0, 0.0)
    assert add(sync, 0, now_s=0.0).depth is not None
    add_depth(sync, 0, 0.1)
    add(sync, 33, now_s=0.2, offered=False)
    sync.note_image(0, 9.0)
    assert sync.lacks_depth(9.0)


def test_a_publisher_of_depth_that_starts_again_is_noted_while_nobody_wants_images():
    sync = make()
    add_depth(sync, 0)
    assert add(sync, 0).depth is not None
    add(sync, 33, now_s=0.03, offered=False)
    sync.note_image(66 * MS, 0.06)
    add_depth(sync, 66, 0.07)
    assert not sync.lacks_depth(0.08)


def test_where_depth_is_not_missed_images_that_nobody_wants_change_nothing():
    sync = make()
    sync.note_image(0, 0.0)
    assert add_depth(sync, 0, 0.1) is None
    assert sync.nearest_miss_s() is None
    assert add(sync, 10, now_s=0.2).depth == 'depth 0'


def test_a_pause_of_the_camera_is_no_lack_of_depth():
    sync = make()
    add_depth(sync, 0)
    add(sync, 0, now_s=0.0)
    assert add(sync, 60_000, now_s=60.0) is None
    assert not sync.lacks_depth(60.0)
    assert add_depth(sync, 60_000, 60.0).depth == 'depth 60000'


def test_always_never_lets_an_image_go_alone():
    sync = make('always')
    assert add(sync, 0, now_s=0.0, offered=False) is None
    assert sync.expire(100.0) is None
    assert sync.lacks_depth(100.0)


def _run(sync, *, rate_hz, depth_lag_s=0.0, image_lag_s=0.0, seconds=5.0):
    """Let a camera run; return its frames and how many images it took."""
    count = round(seconds * rate_hz)
    events = sorted(
        [(k / rate_hz + image_lag_s, 1, k) for k in range(count)]
        + [(k / rate_hz + depth_lag_s, 0, k) for k in range(count)])
    frames = []
    for now_s, is_image, k in events:
        frames.append(sync.expire(now_s))
        frames.append(add(sync, 1000 * k / rate_hz, now_s) if is_image
                      else add_depth(sync, 1000 * k / rate_hz, now_s))
    return [frame for frame in frames if frame is not None], count


@pytest.mark.parametrize('use_depth', ['auto', 'always'])
@pytest.mark.parametrize('rate_hz', [10, 30, 90])
@pytest.mark.parametrize('lag', ['depth_lag_s', 'image_lag_s'])
@pytest.mark.parametrize('lag_s', [0.2, 0.8])
def test_any_lag_within_the_patience_pairs(use_depth, rate_hz, lag, lag_s):
    sync = make(use_depth)
    frames, count = _run(sync, rate_hz=rate_hz, **{lag: lag_s})
    # the time between two depth images is known from the second one on
    assert len(frames) >= count - 1
    assert all(frame.depth == frame.image.replace('image', 'depth') for frame in frames[1:])
    assert sync.late_s() is None


def test_an_image_that_waits_when_an_earlier_one_gets_its_depth_is_released_by_the_clock():
    sync = make()
    add(sync, 0, now_s=0.0)
    add(sync, 33, now_s=0.033)
    assert add_depth(sync, 0, 0.05).image == 'image 0'
    assert sync.expire(0.033 + PATIENCE_S - 0.01) is None
    assert sync.expire(0.033 + PATIENCE_S + 0.01).image == 'image 33'


def test_depth_that_is_slower_than_the_images_may_lag_as_much():
    """Every third image has depth, 0.95 s later; those between wait longer, for nothing."""
    sync = make()
    events = sorted([(k / 30, 0, k) for k in range(150)]
                    + [(k / 30 + 0.95, 1, k) for k in range(0, 120, 3)])
    frames = [add_depth(sync, 1000 * k / 30, now_s) if is_depth
              else add(sync, 1000 * k / 30, now_s) for now_s, is_depth, k in events]
    paired = [frame for frame in frames if frame is not None]
    assert len(paired) >= 39
    assert all(frame.depth == frame.image.replace('image', 'depth') for frame in paired)


def test_depth_that_comes_too_late_is_told_and_does_not_stop_the_output():
    sync = make()
    frames, count = _run(sync, rate_hz=30, depth_lag_s=1.5)
    assert all(frame.depth is None for frame in frames)
    # while the first image waited in vain the others did, too
    assert len(frames) >= count - PATIENCE_S * 30 - 1
    assert sync.late_s() == pytest.approx(1.5, abs=0.04)
    assert sync.lacks_depth(6.0)


def test_depth_too_late_for_always_is_told():
    sync = make('always')
    frames, _ = _run(sync, rate_hz=30, depth_lag_s=1.5)
    assert frames == []
    assert sync.late_s() == pytest.approx(1.5, abs=0.04)


def test_depth_of_an_image_that_has_just_gone_is_not_called_late():
    sync = make()
    add(sync, 0, now_s=0.0)
    add(sync, 1000, now_s=PATIENCE_S)
    add_depth(sync, 1000, PATIENCE_S + 0.01)
    assert sync.late_s() is None


def test_depth_whose_publisher_ends_is_missed():
    sync = make()
    add_depth(sync, 0)
    assert add(sync, 0).depth == 'depth 0'
    assert add(sync, 33, now_s=0.03, offered=False).depth is None
    assert sync.lacks_depth(0.04)
    add_depth(sync, 66, 0.06)
    assert add(sync, 66, now_s=0.07).depth == 'depth 66'
    assert not sync.lacks_depth(0.08)


def test_without_stamps_the_newest_depth_counts():
    sync = make()
    for number in range(3):
        sync.add_depth(number, 0, 0.0)
    assert sync.add_image('image', 0, 0.0, depth_offered=True).depth == 2


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
