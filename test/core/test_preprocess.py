# SPDX-License-Identifier: Apache-2.0
"""Network input, against values computed by hand."""

from discinst_ros.inference.preprocess import to_input, working_size
from discinst_ros.model_config import ModelConfig
import pytest
import torch


def test_normalises_by_the_configuration():
    config = ModelConfig(mean=(0.5, 0.0, 1.0), std=(0.5, 1.0, 2.0))
    image = torch.zeros(1, 2, 2, 3, dtype=torch.uint8)
    image[..., 0], image[..., 1], image[..., 2] = 255, 51, 0
    x = to_input(image, config)
    assert x.shape == (1, 3, 2, 2)
    assert x[0, :, 1, 1].tolist() == pytest.approx([1.0, 0.2, -0.5])


def test_coordinates_run_from_border_to_border():
    x = to_input(torch.zeros(2, 3, 5, 3, dtype=torch.uint8), ModelConfig(coordinates=True))
    assert x.shape == (2, 5, 3, 5)
    assert x[1, 3, 0].tolist() == pytest.approx([-1, -0.5, 0, 0.5, 1])
    assert x[1, 4, :, 2].tolist() == pytest.approx([-1, 0, 1])


@pytest.mark.parametrize('limit, size, expected', [
    (None, (480, 640), (480, 640)), (320, (480, 640), (240, 320)), (320, (640, 360), (320, 180)),
    (320, (100, 200), (100, 200)), (32, (2, 3000), (1, 32))])
def test_working_size(limit, size, expected):
    assert working_size(*size, ModelConfig(long_side_px=limit)) == expected


def test_reduction_averages():
    """Halving a checkerboard gives grey, not one of its colours."""
    image = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    image[:, ::2, ::2], image[:, 1::2, 1::2] = 255, 255
    config = ModelConfig(long_side_px=32, mean=(0, 0, 0), std=(1, 1, 1))
    x = to_input(image, config)
    assert x.shape == (1, 3, 32, 32)
    assert torch.allclose(x[..., 4:-4, 4:-4], torch.tensor(0.5), atol=1e-5)
