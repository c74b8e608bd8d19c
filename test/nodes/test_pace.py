# SPDX-License-Identifier: Apache-2.0
"""A rate that is not held is said."""

from discinst_ros.nodes.pace import Pace
import pytest


@pytest.mark.parametrize('period_s, warnings', [(0.2, 0), (0.24, 0), (0.5, 2)])
def test_warns_where_images_are_too_few(period_s, warnings):
    now, said = [100.0], []
    pace = Pace(5.0, lambda: now[0])
    for _ in range(int(45 / period_s)):
        pace.count(said.append)
        now[0] += period_s
    assert len(said) == warnings
    assert all(text.startswith('2 images per second instead of 5: ') for text in said)


def test_a_clock_that_begins_anew_is_no_reason():
    now, said = [100.0], []
    pace = Pace(5.0, lambda: now[0])
    for _ in range(2):
        for _ in range(200):
            pace.count(said.append)
            now[0] += 0.2
        now[0] = 1.0
    assert not said


def test_a_pause_is_not_counted():
    now, said = [100.0], []
    pace = Pace(5.0, lambda: now[0])
    for _ in range(10):
        for _ in range(30):
            pace.count(said.append)
            now[0] += 0.2
        pace.pause()
        now[0] += 15
    assert not said
