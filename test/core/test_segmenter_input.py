# SPDX-License-Identifier: Apache-2.0
"""What the segmenter is given, as it may be and as it is refused; the network is a stub."""

from __future__ import annotations

from typing import Any
import warnings

from colour_network import ColourNetwork, CONFIG, three_objects
from discinst_ros.inference import InferenceError, InstanceSegmenter
from discinst_ros.model_config import ModelConfig
import numpy as np
import pytest
import torch
from torch import Tensor


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
        InstanceSegmenter(Broken(), CONFIG, 'cpu')(three_objects())


def test_an_image_that_cannot_be_written_to_is_read() -> None:
    image = three_objects()
    image.setflags(write=False)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert len(segmenter()(image).instances) == 3


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
        segmenter(bandwidth=0)(three_objects())
