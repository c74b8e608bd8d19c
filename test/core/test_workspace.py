# SPDX-License-Identifier: Apache-2.0
"""Which objects a workspace leaves, pixels and entries together."""

import math

from discinst_ros.geometry.workspace import EVERYWHERE, Workspace
from discinst_ros.instances import Instance, Instances, ObjectPose
import numpy as np
import pytest

BIN = Workspace((-0.3, 0.3, -0.2, 0.2, 0.4, 1.2))


def at(label, *position):
    pose = position and ObjectPose(np.array(position), np.array((0.0, 0.0, 0.0, 1.0)),
                                   np.array(position), np.full(3, 0.1), np.eye(6))
    return Instance(label, 1, 0.5, (0, 0, 1, 1), 2, pose or None)


def image_of(*instances):
    labels = np.array([[0, *(one.label for one in instances)]] * 2, np.uint16)
    evidence = np.arange(len(instances), dtype=np.float32)[:, None]
    return Instances(labels, instances, {'poses': 0.1}, evidence)


def test_what_is_outside_on_any_side_goes_and_what_is_on_the_border_stays():
    seen = image_of(at(1, 0.0, 0.0, 0.8), at(2, 0.31, 0.0, 0.8), at(3, 0.3, -0.2, 1.2),
                    at(5, 0.0, -0.21, 0.8), at(6, 0.0, 0.0, 0.39), at(9, -0.29, 0.19, 0.41))
    left = BIN.crop(seen)
    assert [one.label for one in left.instances] == [1, 3, 9]
    assert left.label_image.tolist() == [[0, 1, 0, 3, 0, 0, 9]] * 2
    assert left.evidence.tolist() == [[0], [2], [5]]
    assert left.timings_s == seen.timings_s


def test_what_has_no_pose_stays():
    assert [one.label for one in BIN.crop(image_of(at(4), at(7, 0.0, 0.0, 3.0))).instances] == [4]


def test_nothing_left_is_an_answer():
    left = BIN.crop(image_of(at(1, 0.0, 0.0, 2.0)))
    assert left.instances == () and not left.label_image.any()
    assert left.label_image.shape == (2, 2)


def test_without_bounds_nothing_changes():
    seen = image_of(at(1, 1e9, -1e9, 0.0))
    assert Workspace().crop(seen) is seen
    assert Workspace((-math.inf, math.inf, -math.inf, math.inf, 0.0, 1.0)).crop(seen) is seen


@pytest.mark.parametrize('bounds, words', [
    ((0.0, 1.0), 'workspace has 2 numbers, expected six: x_min'),
    ((0.0, 1.0, 0.5, -0.5, 0.0, 1.0), 'from y 0.5 to -0.5, expected the smaller number first'),
    ((0.0, 1.0, 0.0, 1.0, 1.0, 1.0), 'from z 1.0 to 1.0'),
    ((math.nan, 1.0, *EVERYWHERE[2:]), 'from x nan to 1.0')])
def test_what_is_no_box_is_refused(bounds, words):
    with pytest.raises(ValueError, match=words):
        Workspace(bounds)
