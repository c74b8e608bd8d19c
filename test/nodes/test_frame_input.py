# SPDX-License-Identifier: Apache-2.0
"""
What is known of an image, by what came with it.

Not verified here: what each broken message is refused with; see test_image_conversions.py and
test_calibration.py.
"""

from discinst_ros.instances import Intrinsics
from discinst_ros.nodes.calibration import intrinsics_to_msg
from discinst_ros.nodes.frame_input import frame_input
from discinst_ros.nodes.frame_sync import Frame
from discinst_ros.nodes.image_conversions import depth_to_msg, image_to_msg
import numpy as np
import pytest
from std_msgs.msg import Header

IMAGE = image_to_msg(np.zeros((4, 6, 3), np.uint8), Header())
DEPTH = depth_to_msg(np.ones((4, 6), np.float32), Header())
EMPTY = depth_to_msg(np.full((4, 6), np.nan, np.float32), Header())
INFO = intrinsics_to_msg(Intrinsics(5.0, 5.0, 2.5, 1.5, 6, 4), Header())


@pytest.mark.parametrize(('depth', 'info', 'seen'), [
    (DEPTH, INFO, 'with depth'),
    (None, INFO, 'without depth'),
    (None, None, 'without depth'),
    (DEPTH, None, 'without depth that can be used (no camera_info)'),
    (EMPTY, INFO, 'without depth that can be used (depth without values)')])
def test_what_is_missing_is_said(depth, info, seen):
    reported = []
    data = frame_input(Frame(0, 0.0, IMAGE, depth), info, reported.append)
    assert data.seen == seen
    assert (data.depth is None) == (data.intrinsics is None) == (seen != 'with depth')
    assert len(reported) == ('(' in seen)


@pytest.mark.parametrize(('share', 'said', 'kept'), [
    (0.02, [], True), (0.2, ['stray depth'], True), (1.0, ['stray depth'], False)])
def test_stray_pixels_are_left_out_and_told_where_they_are_many(share, said, kept):
    """Of noise alone nothing is left, so that the image is seen without depth."""
    rng = np.random.default_rng(0)
    depth = np.full((60, 90), 0.8, np.float32)
    strays = rng.random(depth.shape) < share
    depth[strays] = 0.2 * 1.2 ** rng.integers(0, 20, strays.sum())
    strays &= depth != np.float32(0.8)
    image = image_to_msg(np.zeros((60, 90, 3), np.uint8), Header())
    info = intrinsics_to_msg(Intrinsics(75.0, 75.0, 44.5, 29.5, 90, 60), Header())
    reported = []
    data = frame_input(Frame(0, 0.0, image, depth_to_msg(depth, Header())), info,
                       reported.append)
    assert [error.kind for error in reported] == said
    if kept:
        assert np.isnan(data.depth[strays]).mean() > 0.9
        # what strays shut in on all sides is one, too
        assert (data.depth[~strays] == np.float32(0.8)).mean() > 0.99
    else:
        assert data.seen == 'without depth that can be used (stray depth)'
