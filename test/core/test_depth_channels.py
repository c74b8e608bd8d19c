# SPDX-License-Identifier: Apache-2.0
"""Depth as network input against planes whose distance and normal are known."""

from discinst_ros.inference.depth_channels import depth_channels
from discinst_ros.inference.preprocess import to_input
from discinst_ros.model_config import DEPTH_CHANNELS, ModelConfig
import numpy as np
import pytest
import torch

HEIGHT, WIDTH = 48, 64
CAMERA = torch.tensor([[60.0, 55.0, 30.0, 25.0]])
RAYS = torch.stack((((torch.arange(WIDTH) - 30) / 60).expand(HEIGHT, WIDTH),
                    ((torch.arange(HEIGHT) - 25) / 55)[:, None].expand(HEIGHT, WIDTH),
                    torch.ones(HEIGHT, WIDTH)), dim=2)


def plane(normal, distance_m):
    """Return the depth (1×H×W) of the plane of all points p with normal·p = -distance_m."""
    normal = torch.tensor(normal) / torch.tensor(normal).norm()
    return (-distance_m / (RAYS @ normal))[None]


@pytest.mark.parametrize('normal', [(0.0, 0.0, -1.0), (0.5, 0.2, -1.0), (-0.3, -0.6, -1.0)])
@pytest.mark.parametrize('distance_m', [0.4, 2.5])
def test_normal_of_a_plane_is_its_normal(normal, distance_m):
    channels = depth_channels(plane(normal, distance_m), CAMERA, 'normals')
    expected = torch.tensor(normal) / torch.tensor(normal).norm()
    # At the border the window of the average is cut.
    inner = channels[0, 1:4, 3:-3, 3:-3]
    torch.testing.assert_close(inner, expected[:, None, None].expand_as(inner), atol=1e-3, rtol=0)


def test_points_are_those_of_the_camera_in_units_of_the_median():
    depth = plane((0.2, -0.4, -1.0), 0.8)
    x, y, z, known = depth_channels(depth, CAMERA, 'points')[0]
    points = RAYS * depth[0, ..., None] / depth.median()
    torch.testing.assert_close(torch.stack((x, y), dim=2), points[..., :2])
    torch.testing.assert_close(z / z.max(), (points[..., 2] - 1) / (points[..., 2] - 1).max())
    assert known.all()


@pytest.mark.parametrize('encoding', DEPTH_CHANNELS)
def test_scene_of_twice_the_size_looks_the_same(encoding):
    depth = plane((0.2, -0.4, -1.0), 0.8)
    torch.testing.assert_close(depth_channels(2 * depth, CAMERA, encoding),
                               depth_channels(depth, CAMERA, encoding))


@pytest.mark.parametrize('encoding', DEPTH_CHANNELS)
@pytest.mark.parametrize('nothing', [0.0, -1.0, float('nan'), float('inf')])
def test_pixel_without_depth_is_zero_and_changes_no_channel_far_from_it(encoding, nothing):
    depth = plane((0.2, -0.4, -1.0), 0.8)
    whole = depth_channels(depth, CAMERA, encoding)
    depth[0, 20:23, 30:33] = nothing
    holed = depth_channels(depth, CAMERA, encoding)
    assert whole.shape == (1, DEPTH_CHANNELS[encoding], HEIGHT, WIDTH)
    assert (holed[0, :, 20:23, 30:33] == 0).all()
    far = torch.ones(HEIGHT, WIDTH, dtype=torch.bool)
    far[16:27, 26:37] = False
    torch.testing.assert_close(holed[0][:, far], whole[0][:, far], atol=1e-2, rtol=0)
    # A hole of three pixels leaves its surroundings a normal.
    assert (holed[0, -1].sum() == HEIGHT * WIDTH - 9) and (holed[0, :3, 19, 31] != 0).any()


@pytest.mark.parametrize('encoding', DEPTH_CHANNELS)
def test_image_without_any_depth_is_zero(encoding):
    channels = depth_channels(torch.full((2, 5, 7), torch.nan), CAMERA.expand(2, 4), encoding)
    assert channels.isfinite().all() and (channels == 0).all()


def test_images_of_a_batch_do_not_see_each_other():
    near, far = plane((0.2, -0.4, -1.0), 0.8), plane((-0.1, 0.3, -1.0), 3.0)
    cameras = torch.cat((CAMERA, CAMERA * 1.1))
    both = depth_channels(torch.cat((near, far)), cameras, 'normals')
    torch.testing.assert_close(both[:1], depth_channels(near, cameras[:1], 'normals'))
    torch.testing.assert_close(both[1:], depth_channels(far, cameras[1:], 'normals'))


def test_reduced_image_has_the_camera_reduced_with_it():
    config = ModelConfig(depth='normals', long_side_px=32)
    image = torch.zeros(1, HEIGHT, WIDTH, 3, dtype=torch.uint8)
    normal = torch.tensor((0.5, 0.2, -1.0))
    x = to_input(image, config, plane((0.5, 0.2, -1.0), 1.0), CAMERA)
    assert x.shape == (1, config.in_channels, 24, 32)
    inner = x[0, 4:7, 3:-3, 3:-3].mean(dim=(1, 2))
    np.testing.assert_allclose(inner, normal / normal.norm(), atol=5e-3)


def test_network_that_sees_depth_is_not_run_without():
    image = torch.zeros(1, 8, 8, 3, dtype=torch.uint8)
    with pytest.raises(ValueError, match='give depth and intrinsics'):
        to_input(image, ModelConfig(depth='points'))
