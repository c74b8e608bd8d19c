# SPDX-License-Identifier: Apache-2.0
"""
How many floating-point operations a network needs, whatever device it runs on.

Counted on torch's meta device, where nothing is computed: on a CPU a dilated convolution is done
on padded parts of the image, and the operations on the padding are none of the network's.
"""

from __future__ import annotations

from itertools import chain

import torch
from torch import nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode


def forward_flops(network: nn.Module, shape: tuple[int, int, int, int]) -> int:
    """
    Count those of a forward pass; a multiplication and an addition are two.

    A network that the meta device cannot run, since what it does depends on values, is counted
    where it is.

    :param network: in evaluation mode; stays as and where it is.
    :param shape: B×C×H×W of its input.
    """
    tensors = {name: one.detach().to('meta') for name, one in
               chain(network.named_parameters(), network.named_buffers())}
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            functional_call(network, tensors, (torch.zeros(shape, device='meta'),))
    except (RuntimeError, TypeError, ValueError):  # as torch says it of code that is not ours
        device = next(chain(network.parameters(), network.buffers()), torch.zeros(0)).device
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(torch.zeros(shape, device=device))
    return int(counter.get_total_flops())
