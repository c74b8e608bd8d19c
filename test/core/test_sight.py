# SPDX-License-Identifier: Apache-2.0
"""Whether a frame without objects shows an empty bin, or no bin."""

from discinst_ros.geometry.workspace import Workspace
from discinst_ros.picking.sight import Sight
import numpy as np
import pytest

PIXELS = 10_000


def plane(distance_m: float, count: int = PIXELS) -> np.ndarray:
    points = np.zeros((count, 3), np.float32)
    points[:, 2] = distance_m
    return points


def test_a_floor_is_seen_also_when_what_lay_on_it_is_gone():
    sight = Sight(Workspace((-1, 1, -1, 1, 0.5, 1)))
    for distance_m in (0.65, 0.7, 0.8, 0.62):
        assert sight.fault(plane(distance_m), PIXELS) == ''


@pytest.mark.parametrize('count, seen', [(0, False), (50, False), (999, False), (1000, True)])
def test_a_tenth_of_the_pixels_must_have_depth(count, seen):
    fault = Sight().fault(plane(0.8, count), PIXELS)
    assert (fault == '') is seen
    assert seen or fault == f'{count} of {PIXELS} pixels have depth'


def test_points_must_lie_in_the_workspace():
    sight = Sight(Workspace((-1, 1, -1, 1, 0.5, 1)))
    assert sight.fault(plane(0.25), PIXELS) == f'0 of {PIXELS} points lie in the workspace'
    mostly_outside = np.concatenate([plane(0.8, 99), plane(0.25, PIXELS - 99)])
    assert sight.fault(mostly_outside, PIXELS).startswith('99 of')
    mostly_outside = np.concatenate([plane(0.8, 100), plane(0.25, PIXELS - 100)])
    assert sight.fault(mostly_outside, PIXELS) == ''


def test_without_a_workspace_what_is_suddenly_near_is_before_the_camera():
    sight = Sight()
    assert sight.fault(plane(0.8), PIXELS) == ''
    assert sight.fault(plane(0.47), PIXELS) == (
        'half of the points are within 0.47 m, before they were within 0.80 m')
    assert sight.fault(plane(0.49), PIXELS) == ''
    assert sight.fault(plane(0.8), PIXELS) == ''
