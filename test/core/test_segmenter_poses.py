# SPDX-License-Identifier: Apache-2.0
"""Depth and camera at the segmenter: the poses they give, and networks that see them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from colour_network import ColourNetwork, CONFIG, three_objects
from discinst_ros.inference import InferenceError, InstanceSegmenter
from discinst_ros.inference.model import Model
from discinst_ros.instances import Intrinsics
import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

CAMERA = Intrinsics(fx=100.0, fy=100.0, cx=39.5, cy=29.5, width=80, height=60)


def segmenter(**settings: Any) -> InstanceSegmenter:
    return InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu', **settings)


def test_poses_by_hand() -> None:
    depth = np.full((60, 80), 0.5, dtype=np.float32)
    depth[44:56, 60:72] = 0.4
    result = segmenter()(three_objects(), depth, CAMERA)
    _, green, blue = (one.pose for one in result.instances)
    assert green is not None and blue is not None
    # columns 25..34 and rows 5..39 at 0.5 m: 10 × 35 pixels of 5 mm
    np.testing.assert_allclose(green.position, ((29.5 - 39.5) * 0.005, (22 - 29.5) * 0.005, 0.5),
                               atol=1e-6)
    np.testing.assert_allclose(green.size, (0.175, 0.05, 0), atol=1e-6)
    np.testing.assert_allclose(blue.position, ((65.5 - 39.5) * 0.004, (49.5 - 29.5) * 0.004, 0.4),
                               atol=1e-6)


def test_depth_and_camera_of_another_resolution_are_scaled() -> None:
    depth = np.full((60, 80), 0.5, dtype=np.float32)
    depth[44:56, 60:72] = 0.4
    at_once = segmenter()(three_objects(), depth, CAMERA)
    large = np.kron(depth, np.ones((2, 2), dtype=np.float32))
    scaled = segmenter()(three_objects(), large, CAMERA.scaled_to(160, 120))
    for one, other in zip(at_once.instances, scaled.instances, strict=True):
        assert one.pose is not None and other.pose is not None
        np.testing.assert_allclose(other.pose.position, one.pose.position, atol=1e-9)
        np.testing.assert_allclose(other.pose.size, one.pose.size, atol=1e-9)


@pytest.mark.parametrize('depth, camera', [
    (None, CAMERA), (np.full((60, 80), 0.5), None), (np.full((60, 80), np.nan), CAMERA),
    (np.zeros((60, 80)), CAMERA), (np.full((60, 80), np.inf), CAMERA)])
def test_without_depth_or_camera_there_are_no_poses(
        depth: npt.NDArray[np.float64] | None, camera: Intrinsics | None) -> None:
    result = segmenter()(three_objects(), depth, camera)
    assert [one.pose for one in result.instances] == [None] * 3


class NearNetwork(ColourNetwork):
    """Foreground where the depth's own channel says that there is depth."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return embeddings and scores."""
        known = (x[:, -1] - 0.5).sign() * 4
        return x[:, :3] * 4.5, torch.stack((torch.zeros_like(known), known), dim=1)


def test_a_network_that_sees_depth_gets_it_as_it_is() -> None:
    one = InstanceSegmenter(NearNetwork(), replace(CONFIG, depth='distance'), 'cpu')
    depth = np.full((120, 160), np.nan)
    depth[20:40, 10:110] = 0.5
    # Drivers' messages hold numbers of NumPy.
    camera = replace(CAMERA, fx=np.float64(CAMERA.fx))
    result = one(three_objects(), depth, camera)
    assert {tuple(map(int, box)) for box in (found.box for found in result.instances)} == {
        (5, 10, 55, 20), (25, 10, 35, 20)}


@pytest.mark.parametrize('depth, camera, said', [
    (None, CAMERA, 'this image has no depth'), (None, None, 'no depth'),
    (np.full((60, 80), 0.5), None, 'has no intrinsics; give both, or take weights that see')])
def test_a_network_that_sees_depth_is_not_run_without(
        depth: npt.NDArray[np.float64] | None, camera: Intrinsics | None, said: str) -> None:
    one = InstanceSegmenter(NearNetwork(), replace(CONFIG, depth='distance'), 'cpu')
    with pytest.raises(InferenceError, match=said):
        one(three_objects(), depth, camera)


def test_semantics_may_see_depth_where_the_embedding_does_not() -> None:
    other = Model(NearNetwork(), replace(CONFIG, depth='distance'))
    one = segmenter(semantics=other)
    depth = np.full((60, 80), np.nan)
    depth[50:, :] = 0.5
    assert [found.box for found in one(three_objects(), depth, CAMERA).instances] == [
        (0, 50, 80, 60), (60, 50, 72, 56)]


def test_depth_is_not_changed() -> None:
    depth = np.zeros((60, 80), dtype=np.float32)
    segmenter()(three_objects(), depth, CAMERA)
    assert not depth.any()


@pytest.mark.parametrize('depth, said', [
    ([[1.0]], 'expected a numpy array, got list'),
    (np.zeros((60, 80), np.uint16),
     'expected HxW float metres, got 60x80 uint16; divide millimetres by 1000'),
    (np.zeros((60, 80, 1)), 'got 60x80x1 float64'),
    (np.zeros((45, 80)), 'depth is 80x45 and the image 80x60: another aspect'),
    (np.zeros((120, 140)), 'depth is 140x120 and the image 80x60'),
    (np.zeros((61, 80)), 'depth is 80x61 and the image 80x60'),
    (np.full((60, 80), 612.0), 'half of it is 612 m away or more, as millimetres are'),
])
def test_bad_depth_is_refused(depth: Any, said: str) -> None:
    with pytest.raises(InferenceError, match=said):
        segmenter()(three_objects(), depth, CAMERA)


def test_far_depth_of_less_than_half_of_an_image_may_be_true() -> None:
    depth = np.full((60, 80), 0.5)
    depth[:24] = 612.0
    assert len(segmenter()(three_objects(), depth, CAMERA).instances) == 3


def test_a_camera_of_another_aspect_is_refused() -> None:
    with pytest.raises(InferenceError, match='of a 160x90 image, the image is 80x60'):
        segmenter()(three_objects(), intrinsics=replace(CAMERA, width=160, height=90))
