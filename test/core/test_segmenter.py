# SPDX-License-Identifier: Apache-2.0
"""The composition, checked through a network whose output is known for every pixel."""

from __future__ import annotations

from dataclasses import replace
import math
from pathlib import Path
from typing import Any

from colour_network import BLUE, ColourNetwork, CONFIG, GREEN, RED, three_objects
from discinst_ros.checkpoint import CheckpointError, save_checkpoint
from discinst_ros.inference import InstanceSegmenter
from discinst_ros.inference.regions import to_label_image
from discinst_ros.model_config import ModelConfig
import numpy as np
import pytest
import torch

#: The stub gives the score 4 to the class of a lit pixel, 0 to the background.
CERTAIN = 1 / (1 + math.exp(-4))


def segmenter(device: str = 'cpu', config: ModelConfig = CONFIG, **settings: Any
              ) -> InstanceSegmenter:
    return InstanceSegmenter(ColourNetwork(), config, device, **settings)


# What comes out

@pytest.mark.parametrize('device', ['cpu', pytest.param('cuda', marks=pytest.mark.cuda)])
def test_every_field_of_the_result(device: str) -> None:
    image = three_objects()
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
    one, other = (segmenter()(three_objects()) for _ in range(2))
    np.testing.assert_array_equal(one.label_image, other.label_image)
    assert one.instances == other.instances


def test_a_view_that_is_not_contiguous_is_an_image_too() -> None:
    flipped = three_objects()[:, ::-1]
    np.testing.assert_array_equal(segmenter()(flipped).label_image,
                                  segmenter()(three_objects()).label_image[:, ::-1])


def test_the_bandwidth_is_the_checkpoints_unless_given() -> None:
    assert segmenter().bandwidth == 1.0
    assert segmenter(config=replace(CONFIG, bandwidth=1.5)).bandwidth == 1.5
    wide = segmenter(bandwidth=6.0)
    # all colours are within 6 of each other
    assert len(wide(three_objects()).instances) == 1


def test_min_pixels_is_passed_on() -> None:
    assert [one.pixel_count for one in segmenter(min_pixels=145)(three_objects()).instances] == [
        400, 350]


def test_a_large_image_is_worked_on_smaller_and_labelled_at_its_size() -> None:
    image = np.kron(three_objects(), np.ones((4, 4, 1), dtype=np.uint8))
    result = segmenter(config=replace(CONFIG, long_side_px=80))(image)
    assert result.label_image.shape == (240, 320)
    np.testing.assert_array_equal(
        result.label_image, np.kron(segmenter()(three_objects()).label_image, np.ones((4, 4))))
    assert [(one.box, one.pixel_count) for one in result.instances][2] == (
        (240, 176, 288, 224), 16 * 144)


def test_warm_up_takes_any_size() -> None:
    segmenter().warm_up(31, 17)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_autocast_around_it_is_no_trouble(dtype: torch.dtype) -> None:
    with torch.autocast('cpu', dtype=dtype):
        assert len(segmenter()(three_objects()).instances) == 3


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
