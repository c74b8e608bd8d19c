# SPDX-License-Identifier: Apache-2.0
"""The composition, checked through a network whose output is known for every pixel."""

from __future__ import annotations

from dataclasses import replace
import math
from pathlib import Path
from typing import Any
import warnings

from colour_network import BLUE, ColourNetwork, CONFIG, GREEN, RED
from discinst_ros.checkpoint import CheckpointError, save_checkpoint
from discinst_ros.inference import InferenceError, InstanceSegmenter
from discinst_ros.inference.model import Model
from discinst_ros.inference.regions import to_label_image
from discinst_ros.instances import Intrinsics
from discinst_ros.model_config import ModelConfig
import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

CAMERA = Intrinsics(fx=100.0, fy=100.0, cx=39.5, cy=29.5, width=80, height=60)
#: The stub gives the score 4 to the class of a lit pixel, 0 to the background.
CERTAIN = 1 / (1 + math.exp(-4))


def picture() -> npt.NDArray[np.uint8]:
    """Return 60×80 with a red bar that a green one cuts in two, and a blue square."""
    image = np.zeros((60, 80, 3), dtype=np.uint8)
    image[10:20, 5:55] = RED
    image[5:40, 25:35] = GREEN
    image[44:56, 60:72] = BLUE
    return image


def segmenter(device: str = 'cpu', config: ModelConfig = CONFIG, **settings: Any
              ) -> InstanceSegmenter:
    return InstanceSegmenter(ColourNetwork(), config, device, **settings)


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_class_scores_that_are_not_finite_are_refused(value: float) -> None:
    """They would read as background: an empty scene."""
    class Broken(ColourNetwork):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            embeddings, scores = super().forward(x)
            scores[0, 1, 3, 5] = value
            return embeddings, scores

    with pytest.raises(InferenceError, match='class scores: 1 of 9600 values are NaN or inf'):
        InstanceSegmenter(Broken(), CONFIG, 'cpu')(picture())


def test_an_image_that_cannot_be_written_to_is_read() -> None:
    image = picture()
    image.setflags(write=False)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert len(segmenter()(image).instances) == 3


# What comes out

@pytest.mark.parametrize('device', ['cpu', pytest.param('cuda', marks=pytest.mark.cuda)])
def test_every_field_of_the_result(device: str) -> None:
    image = picture()
    result = segmenter(device)(image)
    expected = np.zeros((60, 80), dtype=np.uint16)
    for label, colour in enumerate((RED, GREEN, BLUE), start=1):  # the largest first
        expected[(image == colour).all(axis=2)] = label
    assert result.label_image.dtype == np.uint16
    np.testing.assert_array_equal(result.label_image, expected)
    assert [(one.label, one.class_id, one.box, one.pixel_count, one.pose)
            for one in result.instances] == [
        (1, 1, (5, 10, 55, 20), 400, None), (2, 1, (25, 5, 35, 40), 350, None),
        (3, 1, (60, 44, 72, 56), 144, None)]
    for one in result.instances:
        # tightness 1: every pixel lies on its mean; float32 sums of 400 pixels
        assert one.score == pytest.approx(CERTAIN, abs=1e-5)
        assert (type(one.label), type(one.class_id), type(one.score)) == (int, int, float)
    assert list(result.timings_s) == ['preprocess', 'network', 'clustering', 'poses']
    assert all(seconds >= 0 for seconds in result.timings_s.values())


def test_nothing_in_view() -> None:
    result = segmenter()(np.zeros((48, 64, 3), dtype=np.uint8))
    assert result.instances == () and not result.label_image.any()
    assert result.label_image.shape == (48, 64)


def test_the_same_image_gives_the_same_result() -> None:
    one, other = (segmenter()(picture()) for _ in range(2))
    np.testing.assert_array_equal(one.label_image, other.label_image)
    assert one.instances == other.instances


def test_a_view_that_is_not_contiguous_is_an_image_too() -> None:
    flipped = picture()[:, ::-1]
    np.testing.assert_array_equal(segmenter()(flipped).label_image,
                                  segmenter()(picture()).label_image[:, ::-1])


def test_the_bandwidth_is_the_checkpoints_unless_given() -> None:
    assert segmenter().bandwidth == 1.0
    assert segmenter(config=replace(CONFIG, bandwidth=1.5)).bandwidth == 1.5
    wide = segmenter(bandwidth=6.0)
    # all colours are within 6 of each other
    assert len(wide(picture()).instances) == 1


def test_min_pixels_is_passed_on() -> None:
    assert [one.pixel_count for one in segmenter(min_pixels=145)(picture()).instances] == [
        400, 350]


def test_a_large_image_is_worked_on_smaller_and_labelled_at_its_size() -> None:
    image = np.kron(picture(), np.ones((4, 4, 1), dtype=np.uint8))
    result = segmenter(config=replace(CONFIG, long_side_px=80))(image)
    assert result.label_image.shape == (240, 320)
    np.testing.assert_array_equal(
        result.label_image, np.kron(segmenter()(picture()).label_image, np.ones((4, 4))))
    assert [(one.box, one.pixel_count) for one in result.instances][2] == (
        (240, 176, 288, 224), 16 * 144)


def test_warm_up_takes_any_size() -> None:
    segmenter().warm_up(31, 17)


# Classes

def test_classes_come_from_the_scores_and_split_clusters() -> None:
    config = replace(CONFIG, class_names=('background', 'part', 'blue'))
    both = InstanceSegmenter(ColourNetwork(classes=3), config, 'cpu')
    assert both.class_names == ('background', 'part', 'blue')
    result = both(picture())
    assert sorted((one.class_id, one.pixel_count) for one in result.instances) == [
        (1, 350), (1, 400), (2, 144)]


def test_semantics_of_a_second_network_are_used_instead() -> None:
    config = replace(CONFIG, class_names=('background', 'part', 'blue'))
    with_semantics = segmenter(semantics=Model(ColourNetwork(2.0, 3), config))
    assert with_semantics.class_names == ('background', 'part', 'blue')
    result = with_semantics(picture())
    assert [(one.class_id, one.pixel_count) for one in result.instances] == [
        (1, 400), (1, 350), (2, 144)]
    # scores 0, 2 and -2 in red
    assert result.instances[0].score == pytest.approx(
        math.exp(2) / (1 + math.exp(2) + math.exp(-2)), abs=1e-5)


def test_semantics_may_see_the_image_at_another_size() -> None:
    config = replace(CONFIG, class_names=('background', 'part', 'blue'), long_side_px=40)
    result = segmenter(semantics=Model(ColourNetwork(2.0, 3), config))(picture())
    assert [one.class_id for one in result.instances] == [1, 1, 2]
    assert result.label_image.shape == (60, 80)


# Poses

def test_poses_by_hand() -> None:
    depth = np.full((60, 80), 0.5, dtype=np.float32)
    depth[44:56, 60:72] = 0.4
    result = segmenter()(picture(), depth, CAMERA)
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
    at_once = segmenter()(picture(), depth, CAMERA)
    large = np.kron(depth, np.ones((2, 2), dtype=np.float32))
    scaled = segmenter()(picture(), large, CAMERA.scaled_to(160, 120))
    for one, other in zip(at_once.instances, scaled.instances, strict=True):
        assert one.pose is not None and other.pose is not None
        np.testing.assert_allclose(other.pose.position, one.pose.position, atol=1e-9)
        np.testing.assert_allclose(other.pose.size, one.pose.size, atol=1e-9)


@pytest.mark.parametrize('depth, camera', [
    (None, CAMERA), (np.full((60, 80), 0.5), None), (np.full((60, 80), np.nan), CAMERA),
    (np.zeros((60, 80)), CAMERA), (np.full((60, 80), np.inf), CAMERA)])
def test_without_depth_or_camera_there_are_no_poses(
        depth: npt.NDArray[np.float64] | None, camera: Intrinsics | None) -> None:
    result = segmenter()(picture(), depth, camera)
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
    result = one(picture(), depth, camera)
    assert {tuple(map(int, box)) for box in (found.box for found in result.instances)} == {
        (5, 10, 55, 20), (25, 10, 35, 20)}


@pytest.mark.parametrize('depth, camera, said', [
    (None, CAMERA, 'this image has no depth'), (None, None, 'no depth'),
    (np.full((60, 80), 0.5), None, 'has no intrinsics; give both, or take weights that see')])
def test_a_network_that_sees_depth_is_not_run_without(
        depth: npt.NDArray[np.float64] | None, camera: Intrinsics | None, said: str) -> None:
    one = InstanceSegmenter(NearNetwork(), replace(CONFIG, depth='distance'), 'cpu')
    with pytest.raises(InferenceError, match=said):
        one(picture(), depth, camera)


def test_semantics_may_see_depth_where_the_embedding_does_not() -> None:
    other = Model(NearNetwork(), replace(CONFIG, depth='distance'))
    one = segmenter(semantics=other)
    depth = np.full((60, 80), np.nan)
    depth[50:, :] = 0.5
    assert [found.box for found in one(picture(), depth, CAMERA).instances] == [
        (0, 50, 80, 60), (60, 50, 72, 56)]


def test_depth_is_not_changed() -> None:
    depth = np.zeros((60, 80), dtype=np.float32)
    segmenter()(picture(), depth, CAMERA)
    assert not depth.any()


# Bad input

@pytest.mark.parametrize('image, said', [
    (None, 'expected a numpy array, got NoneType'),
    (np.zeros((60, 80, 3), np.float32), 'expected HxWx3 uint8 RGB, got 60x80x3 float32'),
    (np.zeros((60, 80), np.uint8), 'got 60x80 uint8'),
    (np.zeros((60, 80, 4), np.uint8), 'got 60x80x4 uint8'),
    (np.zeros((0, 80, 3), np.uint8), 'got 0x80x3 uint8'),
])
def test_bad_images_are_refused(image: Any, said: str) -> None:
    with pytest.raises(InferenceError, match=f'^image: .*{said}'):
        segmenter()(image)


@pytest.mark.parametrize('depth, said', [
    ([[1.0]], 'expected a numpy array, got list'),
    (np.zeros((60, 80), np.uint16), 'expected HxW float metres, got 60x80 uint16'),
    (np.zeros((60, 80, 1)), 'got 60x80x1 float64'),
    (np.zeros((45, 80)), 'depth is 80x45 and the image 80x60: another aspect'),
    (np.zeros((120, 140)), 'depth is 140x120 and the image 80x60'),
    (np.zeros((61, 80)), 'depth is 80x61 and the image 80x60'),
])
def test_bad_depth_is_refused(depth: Any, said: str) -> None:
    with pytest.raises(InferenceError, match=said):
        segmenter()(picture(), depth, CAMERA)


def test_a_camera_of_another_aspect_is_refused() -> None:
    with pytest.raises(InferenceError, match='of a 160x90 image, the image is 80x60'):
        segmenter()(picture(), intrinsics=replace(CAMERA, width=160, height=90))


@pytest.mark.parametrize('name, said', [
    ('banana', "device 'banana' is not known"), ('cuda:99', "device 'cuda:99' is not there"),
    ('meta', "device 'meta' is not supported")])
def test_devices_that_are_not_there_are_refused(name: str, said: str) -> None:
    with pytest.raises(InferenceError, match=said):
        segmenter(name)


def test_auto_takes_a_gpu_where_there_is_one() -> None:
    assert segmenter('auto').device.type == ('cuda' if torch.cuda.is_available() else 'cpu')


def test_zero_is_a_value_and_not_the_default() -> None:
    assert segmenter(min_pixels=0).min_pixels == 0
    with pytest.raises(ValueError, match='bandwidth: expected a positive number, got 0'):
        segmenter(bandwidth=0)(picture())


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_autocast_around_it_is_no_trouble(dtype: torch.dtype) -> None:
    with torch.autocast('cpu', dtype=dtype):
        assert len(segmenter()(picture()).instances) == 3


@pytest.mark.parametrize('own, side', [(320, 848), (320, 800), (320, 1024), (512, 640), (7, 3)])
def test_each_pixel_of_the_label_image_comes_from_the_nearest_one(own: int, side: int) -> None:
    labels = torch.arange(own)[None]
    image = to_label_image(labels, 1, side)[0].astype(int)
    centres = (np.arange(side) + 0.5) * own / side
    away = np.abs(centres[:, None] - (np.arange(own) + 0.5))
    np.testing.assert_allclose(away[np.arange(side), image], away.min(axis=1), atol=1e-9)


# From files

def test_a_checkpoint_runs_as_it_was_saved(tmp_path: Path) -> None:
    config = ModelConfig(long_side_px=64)
    torch.manual_seed(0)
    network = config.build().eval()
    save_checkpoint(tmp_path / 'a.safetensors', network, config)
    read = InstanceSegmenter.from_checkpoint(tmp_path / 'a.safetensors', 'cpu', min_pixels=1)
    assert read.config == config and read.class_names == config.class_names
    image = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    one, other = read(image), InstanceSegmenter(network, config, 'cpu', min_pixels=1)(image)
    np.testing.assert_array_equal(one.label_image, other.label_image)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match='none.safetensors. does not exist'):
        InstanceSegmenter.from_checkpoint(tmp_path / 'none.safetensors')


def test_an_output_that_was_not_trained_is_refused(tmp_path: Path) -> None:
    config = ModelConfig(embedding_dim=2)
    network = config.build()
    paths = {}
    for kind in ('all', 'embedding', 'semantics'):
        paths[kind] = tmp_path / f'{kind}.safetensors'
        save_checkpoint(paths[kind], network, config, training={'train_only': kind})
    read = InstanceSegmenter.from_checkpoint
    with pytest.raises(CheckpointError, match='trained for embedding alone .* class scores are of '
                       r'no use; .*\(--semantics\)'):
        read(paths['embedding'], 'cpu')
    with pytest.raises(CheckpointError, match='embedding is of no use; give it as semantics'):
        read(paths['semantics'], 'cpu')
    with pytest.raises(CheckpointError, match='give another as semantics'):
        read(paths['embedding'], 'cpu', paths['embedding'])
    assert read(paths['embedding'], 'cpu', paths['semantics']).class_names == config.class_names
    read(paths['embedding'], 'cpu', classes_given=True)
    read(paths['all'], 'cpu', paths['all'])
