# SPDX-License-Identifier: Apache-2.0
"""
Which camera_info an image gets, and when it waits for it.

Not verified here: that the node hands images and infos over; see test_camera_info_order.py.
"""

import threading
import time
from types import SimpleNamespace

from discinst_ros.nodes import camera_infos
from discinst_ros.nodes.camera_infos import CameraInfos
from discinst_ros.nodes.frame_sync import CAPACITY
import pytest

#: Who waits so long fails; no machine that is busy elsewhere takes half of it for nothing.
LONG_S = 60.0
#: What is waited for in vain.
SHORT_S = 0.2


class Clock:
    """A steady clock that stands still until it is told."""

    def __init__(self):
        self.now_s = 0.0

    def monotonic(self):
        return self.now_s


@pytest.fixture
def clock(monkeypatch):
    """Stop the clock that tells when what arrives; waiting takes real time all the same."""
    clock = Clock()
    monkeypatch.setattr(camera_infos, 'time', SimpleNamespace(monotonic=clock.monotonic))
    return clock


@pytest.fixture
def long_patience(monkeypatch):
    monkeypatch.setattr(camera_infos, 'PATIENCE_S', LONG_S)


def waited(infos, stamp_ns):
    """Return what an image gets, and whether it waited for long."""
    start_s = time.monotonic()
    found = infos.of_image(stamp_ns)
    return found, time.monotonic() - start_s > LONG_S / 2


def later(call, *arguments):
    """Call something in another thread while this one waits."""
    threading.Timer(0.05, call, arguments).start()


@pytest.mark.usefixtures('long_patience')
def test_an_image_waits_for_its_own_and_no_longer(clock):
    infos = CameraInfos()
    infos.add('info 1', 1)
    infos.note_image(2)
    later(infos.add, 'info 2', 2)
    assert waited(infos, 2) == ('info 2', False)
    clock.now_s += LONG_S
    infos.note_image(3)
    later(infos.add, 'info 3', 3)
    assert waited(infos, 3) == ('info 3', False)


@pytest.mark.usefixtures('long_patience')
def test_the_one_of_another_image_does_not_end_the_wait(clock):
    infos = CameraInfos()
    infos.note_image(2)
    later(infos.add, 'info 1', 1)
    threading.Timer(0.2, infos.add, ('info 2', 2)).start()
    assert waited(infos, 2) == ('info 2', False)


@pytest.mark.usefixtures('long_patience')
def test_what_is_there_costs_no_wait():
    infos = CameraInfos()
    infos.add('info 1', 1)
    infos.add('info 2', 2)
    infos.note_image(1)
    assert waited(infos, 1) == ('info 1', False)


def test_one_that_does_not_come_is_waited_for_once_then_the_newest_counts():
    infos, start_s = CameraInfos(), time.monotonic()
    infos.add('info 1', 1)
    infos.note_image(5)
    assert infos.of_image(5) == 'info 1'
    assert time.monotonic() - start_s >= camera_infos.PATIENCE_S - 0.01
    assert not infos.note_image(6)


@pytest.mark.usefixtures('long_patience')
def test_an_image_that_has_waited_elsewhere_waits_no_more(clock):
    infos = CameraInfos()
    infos.add('info 1', 1)
    infos.note_image(5)
    clock.now_s = LONG_S
    assert waited(infos, 5) == ('info 1', False)


@pytest.mark.usefixtures('long_patience')
@pytest.mark.parametrize('every', [2, 3, 30])
def test_a_camera_that_tells_it_now_and_then_costs_no_wait(clock, every):
    infos = CameraInfos()
    for number in range(1, 100):
        clock.now_s += LONG_S
        infos.note_image(number)
        if number % every == 0:
            infos.add(f'info {number}', number)
        elif number > 30:
            newest = number - number % every
            assert waited(infos, number) == (f'info {newest}', False)


@pytest.mark.usefixtures('long_patience')
def test_a_camera_whose_calibration_is_always_late_costs_no_wait(clock):
    """But for the first image, whose patience is nearly over when it is its turn."""
    infos = CameraInfos()
    infos.note_image(1)
    clock.now_s += LONG_S - SHORT_S
    start_s = time.monotonic()
    assert infos.of_image(1) is None
    assert time.monotonic() - start_s >= SHORT_S - 0.01
    for number in range(2, 20):
        clock.now_s += 1.1 * LONG_S
        infos.add(f'info {number - 1}', number - 1)
        clock.now_s += 2 * LONG_S
        infos.note_image(number)
        assert waited(infos, number) == (f'info {number - 1}', False)


@pytest.mark.usefixtures('long_patience')
def test_one_that_is_lost_now_and_then_changes_nothing(clock):
    infos = CameraInfos()
    for number in range(1, 40):
        clock.now_s += LONG_S
        infos.note_image(number)
        if number % 4:
            infos.add(f'info {number}', number)
    clock.now_s += LONG_S
    assert infos.note_image(50)
    later(infos.add, 'info 50', 50)
    assert waited(infos, 50) == ('info 50', False)


def test_an_image_that_nobody_noted_gets_the_newest_at_once():
    infos = CameraInfos()
    assert infos.of_image(1) is None
    infos.add('info 1', 1)
    infos.add('info 2', 2)
    assert infos.of_image(9) == 'info 2'


def test_what_is_kept_is_bounded():
    infos = CameraInfos()
    for number in range(CAPACITY + 1):
        infos.add(f'info {number}', number)
    assert infos.of_image(0) == f'info {CAPACITY}'
    assert infos.of_image(1) == 'info 1'


def test_a_latched_one_that_comes_again_is_not_the_newest():
    infos = CameraInfos()
    infos.add('info 1', 1)
    infos.add('info 2', 2)
    infos.add('info 1', 1, latched=True)
    assert infos.of_image(9) == 'info 2'
    infos.add('another', 1, latched=True)
    assert infos.of_image(9) == 'another'


def test_one_of_an_earlier_stamp_is_the_newest_where_a_recording_starts_again():
    infos = CameraInfos()
    infos.add('info 1', 1)
    infos.add('info 2', 2)
    infos.add('info 1', 1)
    assert infos.of_image(9) == 'info 1'
