# SPDX-License-Identifier: Apache-2.0
"""
The hand-over between the executor and the worker: the newest frame wins.

Not verified here: how long real work takes.
"""

import queue
import threading
import time

from discinst_ros.nodes.frame_sync import Frame
from discinst_ros.nodes.frame_worker import FrameWorker
from node_process import PATIENCE_S
import pytest


def frame(number):
    return Frame(number, 0.0, None)


def test_newest_frame_wins_and_the_displaced_one_is_returned():
    begun, go_on, done = queue.Queue(), threading.Event(), queue.Queue()

    def work(one):
        begun.put(one.stamp_ns)
        assert go_on.wait(PATIENCE_S)
        done.put(one.stamp_ns)

    worker = FrameWorker(work, min_period_s=lambda: 0.0)
    assert worker.offer(frame(1)) is None
    assert begun.get(timeout=PATIENCE_S) == 1
    second = frame(2)
    assert worker.offer(second) is None
    assert worker.offer(frame(3)) is second
    go_on.set()
    assert [done.get(timeout=PATIENCE_S), done.get(timeout=PATIENCE_S)] == [1, 3]
    assert worker.stop()


def test_stop_waits_for_the_frame_in_work_and_forgets_the_next():
    begun, go_on, finished = threading.Event(), threading.Event(), []

    def work(one):
        begun.set()
        assert go_on.wait(PATIENCE_S)
        finished.append(one.stamp_ns)

    worker = FrameWorker(work, min_period_s=lambda: 0.0)
    worker.offer(frame(1))
    assert begun.wait(PATIENCE_S)
    worker.offer(frame(2))
    threading.Timer(0.05, go_on.set).start()
    assert worker.stop()
    assert finished == [1]


def test_stop_while_waiting_for_the_next_period_is_quick():
    done = queue.Queue()
    worker = FrameWorker(lambda one: done.put(one.stamp_ns), min_period_s=lambda: 3600.0)
    worker.offer(frame(1))
    assert done.get(timeout=PATIENCE_S) == 1
    worker.offer(frame(2))
    assert worker.stop()


def test_frames_start_no_faster_than_the_period():
    starts = queue.Queue()
    worker = FrameWorker(lambda _: starts.put(time.monotonic()), min_period_s=lambda: 0.4)
    # Not when the first was begun: its thread may rest before it tells.
    offered = time.monotonic()
    worker.offer(frame(1))
    assert starts.get(timeout=PATIENCE_S)
    worker.offer(frame(2))
    assert starts.get(timeout=PATIENCE_S) - offered >= 0.399
    assert worker.stop()


@pytest.mark.parametrize('first_s', [3600.0, 1e12])
def test_a_shorter_period_counts_at_once(first_s):
    """Also a period longer than any timeout that the system takes does not end the thread."""
    done, period = queue.Queue(), [first_s]
    worker = FrameWorker(lambda one: done.put(one.stamp_ns), min_period_s=lambda: period[0])
    worker.offer(frame(1))
    assert done.get(timeout=PATIENCE_S) == 1
    worker.offer(frame(2))
    with pytest.raises(queue.Empty):
        done.get(timeout=0.3)
    period[0] = 0.0
    assert done.get(timeout=PATIENCE_S) == 2
    assert worker.stop()


@pytest.mark.parametrize('displaced', [False, True])
def test_a_frame_that_somebody_waits_for_does_not_wait_for_the_period(displaced):
    """Nor does a newer one that takes its place."""
    begun, go_on, done = threading.Event(), threading.Event(), queue.Queue()

    def work(one):
        begun.set()
        assert go_on.wait(PATIENCE_S)
        done.put(one.stamp_ns)

    worker = FrameWorker(work, min_period_s=lambda: 3600.0)
    worker.offer(frame(1))
    assert begun.wait(PATIENCE_S)
    worker.offer(frame(2), at_once=True)
    if displaced:
        assert worker.offer(frame(3)) is not None
    go_on.set()
    assert done.get(timeout=PATIENCE_S) == 1
    assert done.get(timeout=PATIENCE_S) == (3 if displaced else 2)
    worker.offer(frame(4))
    with pytest.raises(queue.Empty):
        done.get(timeout=0.3)
    assert worker.stop()
