# SPDX-License-Identifier: Apache-2.0
"""Which true object a box is of: by hand, on a wall one metre before the camera."""

from __future__ import annotations

from discinst_ros.data.sample import Sample
from discinst_ros.instances import Intrinsics
from discinst_ros.scenes.cell import Box, object_in_box
import numpy as np
import pytest

#: A pixel is one centimetre at one metre, and column 5 is at x = 0.
CAMERA = Intrinsics(100.0, 100.0, 5.0, 1.0, 11, 3)
#: About z, 90 degrees.
QUARTER = (0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5))


def wall(row: list[int]) -> Sample:
    labels = np.tile(np.array(row, np.int32), (CAMERA.height, 1))
    return Sample('x', np.zeros((*labels.shape, 3), np.uint8), labels,
                  depth=np.ones(labels.shape, np.float32), intrinsics=CAMERA)


def box(x: float, length: float, *, y: float = 0.0, z: float = 1.0,
        quaternion: tuple[float, ...] = (0.0, 0.0, 0.0, 1.0)) -> Box:
    return Box(np.array((x, y, z)), np.array(quaternion), np.array((length, 0.05, 0.01)))


@pytest.mark.parametrize('where, expected', [
    (box(0.0, 0.11), 2),  # all of both, 3 columns and 5
    (box(-0.03, 0.05), 1),  # columns 0 to 4: three of the one, one of the other
    (box(-0.015, 0.027), 1),  # columns 2 to 5 by 1.5 mm: two each, of equal ones the first
    (box(-0.05, 0.01), 0),  # column 0 alone, which is the background
    (box(0.0, 0.11, z=0.98), 0),  # 1.5 cm before the wall
    (box(0.0, 0.11, z=0.994), 2),  # 1 mm before it
    (box(-0.03, 0.11), 2), (box(-0.03, 0.11, quaternion=QUARTER), 1),  # turned: 5 cm wide
])
def test_object_with_most_points_inside(where: Box, expected: int) -> None:
    assert object_in_box(wall([0, 1, 1, 1, 2, 2, 2, 2, 2, 0, 0]), where) == expected


def test_point_without_depth_is_not_seen() -> None:
    sample = wall([0, 1, 1, 1, 2, 2, 2, 2, 2, 0, 0])
    sample.depth[:, 5:] = np.nan
    assert object_in_box(sample, box(0.0, 0.11)) == 1
    sample.depth[:] = np.nan
    assert object_in_box(sample, box(0.0, 0.11)) == 0


def test_how_far_a_point_lies_outside() -> None:
    points = np.array([(0.0, 0.0, 1.0), (0.08, 0.0, 1.0), (0.08, 0.065, 1.0)])
    assert np.allclose(box(0.0, 0.1).away_m(points), [0, 0.03, 0.05])
