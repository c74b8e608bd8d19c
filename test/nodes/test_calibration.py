# SPDX-License-Identifier: Apache-2.0
"""
What a camera_info says of an image: compared with rays that OpenCV projects and undistorts.

Not verified here: that the node hands it over; see test_bad_input.py.
"""

import cv2
from discinst_ros.geometry.camera import deproject
from discinst_ros.instances import Intrinsics
from discinst_ros.nodes.calibration import (
    check_undistorted,
    intrinsics_from_msg,
    intrinsics_to_msg,
    TOLERATED_DISTORTION_PX,
)
from discinst_ros.nodes.image_conversions import MessageError
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header

K = (600.0, 0.0, 320.0, 0.0, 610.0, 236.0, 0.0, 0.0, 1.0)
P = (550.0, 0.0, 310.0, 0.0, 0.0, 560.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def info(d=(0.0,) * 5, *, model='plumb_bob', **given):
    return CameraInfo(width=640, height=480, k=K, p=P, d=list(d), distortion_model=model, **given)


def test_round_trip():
    intrinsics = Intrinsics(600.0, 610.0, 319.5, 239.0, 640, 480)
    assert intrinsics_from_msg(intrinsics_to_msg(intrinsics, Header())) == intrinsics


def test_zeros_are_refused():
    with pytest.raises(MessageError, match='fx is 0.0') as caught:
        intrinsics_from_msg(CameraInfo(width=640, height=480))
    assert caught.value.kind == 'camera_info not calibrated'


@pytest.mark.parametrize('binning', [1, 2])
def test_a_region_sees_what_the_whole_image_sees_there(binning):
    """Points of the region, through its own intrinsics, lie where those of the whole image do."""
    point = np.array((0.05, -0.03, 0.7))
    whole = cv2.projectPoints(point[None], np.zeros(3), np.zeros(3), np.reshape(K, (3, 3)),
                              None)[0].ravel()
    region = RegionOfInterest(x_offset=200, y_offset=120, width=320, height=160)
    found = intrinsics_from_msg(info(roi=region, binning_x=binning, binning_y=binning))
    found = found.scaled_to(320 // binning, 160 // binning)
    u, v = (whole - (200, 120) + 0.5) / binning - 0.5
    assert found.fx * point[0] / point[2] + found.cx == pytest.approx(u)
    assert found.fy * point[1] / point[2] + found.cy == pytest.approx(v)
    depth = np.full((160 // binning, 320 // binning), 0.7, np.float32)
    assert np.linalg.norm(deproject(depth, found) - point, axis=-1).min() < 0.002


@pytest.mark.parametrize('across, down', [(2, 1), (0, 2), (3, 2)])
def test_pixels_are_binned_as_many_across_as_it_says_and_as_many_down(across, down):
    """Of 643×481 pixels the last ones are no full bin, and so no pixel of the image."""
    msg = info(binning_x=across, binning_y=down)
    msg.width, msg.height = 643, 481
    across = max(across, 1)
    found = intrinsics_from_msg(msg)
    assert (found.width, found.height) == (643 // across, 481 // down)
    u, v = (np.array((500.0, 400.0)) + 0.5) / (across, down) - 0.5
    assert (u - found.cx) / found.fx == pytest.approx((500.0 - K[2]) / K[0])
    assert (v - found.cy) / found.fy == pytest.approx((400.0 - K[5]) / K[4])


def test_the_rectified_image_has_the_camera_of_p():
    distorted = info((-0.3, 0.1, 0.0, 0.0, 0.0))
    rectified = intrinsics_from_msg(distorted, rectified=True)
    assert (rectified.fx, rectified.fy, rectified.cx, rectified.cy) == (550, 560, 310, 240)
    assert intrinsics_from_msg(distorted).fx == 600


def test_rectified_without_p_is_refused():
    msg = info((-0.3, 0.1, 0.0, 0.0, 0.0))
    msg.p = [0.0] * 12
    with pytest.raises(MessageError, match='fx is 0.0'):
        intrinsics_from_msg(msg, rectified=True)


@pytest.mark.parametrize('d', [(), (0.0,) * 5])
def test_p_counts_without_distortion_as_image_proc_zooms_with_it(d):
    """A point of the rectified image: projected by P, and through what was made of it."""
    point = np.array((0.05, -0.03, 0.7))
    u, v, w = np.reshape(P, (3, 4)) @ (*point, 1.0)
    found = intrinsics_from_msg(info(d), rectified=True)
    assert found.fx * point[0] / point[2] + found.cx == pytest.approx(u / w)
    assert found.fy * point[1] / point[2] + found.cy == pytest.approx(v / w)


@pytest.mark.parametrize('d', [(), (0.0,) * 5])
def test_rectified_without_p_and_distortion_has_the_camera_of_k(d):
    msg = info(d)
    msg.p = [0.0] * 12
    found = intrinsics_from_msg(msg, rectified=True)
    assert (found.fx, found.fy, found.cx, found.cy) == (600, 610, 320, 236)


@pytest.mark.parametrize('place, name', [(0, 'fx'), (4, 'fy')])
@pytest.mark.parametrize('value', [1e-300, 1.0, 1e6, 1e300])
def test_a_focal_length_that_no_camera_has_is_refused(place, name, value):
    msg = info()
    msg.k[place] = value
    with pytest.raises(MessageError, match=f'{name} is .* for an image of 640 pixels') as caught:
        intrinsics_from_msg(msg)
    assert caught.value.kind == 'camera_info not calibrated'


def test_a_principal_point_that_no_camera_has_is_refused():
    msg = info()
    msg.k[5] = -1e300
    with pytest.raises(MessageError, match=r'cy is -1e\+300'):
        intrinsics_from_msg(msg)


@pytest.mark.parametrize('angle_deg', [0.1, 177.0])
def test_telescopes_and_the_widest_lenses_are_cameras(angle_deg):
    msg = info()
    msg.k[0] = msg.k[4] = 320 / np.tan(np.radians(angle_deg / 2))
    assert intrinsics_from_msg(msg).fx == msg.k[0]


def test_a_small_region_of_a_telescope_is_one():
    msg = info(roi=RegionOfInterest(x_offset=316, y_offset=232, width=8, height=8))
    msg.k[0] = msg.k[4] = 100_000.0
    assert intrinsics_from_msg(msg).fx == 100_000.0


@pytest.mark.parametrize('model, d', [
    ('plumb_bob', (-0.3, 0.1, 0.0, 0.0, 0.0)), ('plumb_bob', (0.0, 0.0, 0.02, 0.0, 0.0)),
    ('rational_polynomial', (0.2, 0.1, 0.0, 0.0, 0.0, 0.3, 0.0, 0.0)),
    ('equidistant', (0.1, 0.0, 0.0, 0.0))])
def test_distortion_is_refused_with_its_size(model, d):
    with pytest.raises(MessageError, match='by [0-9]+ pixels, .* rectified') as caught:
        check_undistorted(info(d, model=model))
    assert caught.value.kind == 'camera_info with distortion'


def test_distortion_is_measured_in_the_corner():
    """k1 alone moves a corner by k1 r³ focal lengths, to first order: and less when undone."""
    msg = info((0.015, 0.0, 0.0, 0.0, 0.0))
    matrix = np.reshape(K, (3, 3))
    corner = cv2.undistortPoints(np.array([[(0.0, 0.0)]]), matrix, np.array(msg.d), P=matrix)
    assert 2 < np.linalg.norm(corner) < TOLERATED_DISTORTION_PX
    check_undistorted(msg)
    check_undistorted(info())
    check_undistorted(info(()))


def test_a_skew_moves_corners_as_a_lens_does():
    """By 0.4 of it: the lower ones are 243 rows below the principal point, 0.4 focal lengths."""
    msg = info()
    msg.k[1] = 5.0
    check_undistorted(msg)
    msg.k[1] = 20.0
    with pytest.raises(MessageError, match='by 8 pixels'):
        check_undistorted(msg)


def test_a_model_that_nobody_knows_is_refused():
    with pytest.raises(MessageError, match="3 coefficients of distortion model 'mystery'"):
        check_undistorted(info((0.1, 0.1, 0.1), model='mystery'))
