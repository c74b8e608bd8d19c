# SPDX-License-Identifier: Apache-2.0
"""Floating-point operations, counted by hand, and of dilated convolutions as they are written."""

from __future__ import annotations

from discinst_ros.benchmark.flops import forward_flops
from discinst_ros.model_config import ModelConfig
from discinst_ros.networks.dilated import DilatedConv2d
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


@pytest.mark.parametrize('dilation', [1, 2, 5])
def test_a_dilated_convolution_by_hand(dilation):
    """A size that no dilation divides, which a CPU pads to one that it does."""
    network = DilatedConv2d(3, 10, 3, dilation=dilation).eval()
    assert forward_flops(network, (1, 3, 23, 37)) == 2 * 10 * 3 * 9 * 23 * 37


@pytest.mark.parametrize('name', ['dilation', 'resnet38'])
def test_a_network_needs_what_it_does_with_plain_convolutions(name, monkeypatch):
    with torch.device('meta'):
        network = ModelConfig(network=name).build().eval()
    image = torch.zeros(1, 3, 72, 88, device='meta')
    monkeypatch.setattr(DilatedConv2d, 'forward', nn.Conv2d.forward)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(image)
    monkeypatch.undo()
    assert forward_flops(network, tuple(image.shape)) == counter.get_total_flops() > 0


class LooksAtValues(nn.Module):
    """Does more where the image is dark, which the meta device cannot tell."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 1, bias=False)

    def forward(self, x):
        return self.layer(self.layer(x)) if x.sum().item() < 1 else self.layer(x)


def test_a_network_that_looks_at_values_is_counted_where_it_is():
    network = LooksAtValues().eval()
    assert forward_flops(network, (1, 3, 4, 5)) == 2 * (2 * 3 * 3 * 4 * 5)


def test_the_network_stays_where_and_as_it_is():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).eval()
    before = {name: (one, one.clone()) for name, one in network.state_dict(keep_vars=True).items()}
    forward_flops(network, (1, 3, 8, 8))
    for name, one in network.state_dict(keep_vars=True).items():
        assert one is before[name][0] and torch.equal(one, before[name][1])
