# SPDX-License-Identifier: Apache-2.0
"""The network that a training starts with: what it is made of, and whose weights it has."""

from __future__ import annotations

import logging

from discinst_ros.checkpoint import load_checkpoint
from discinst_ros.model_config import ModelConfig
from discinst_ros.networks.vgg_weights import load_vgg16
from discinst_ros.resources import find_shipped
from discinst_ros.training.transfer import take_weights
from torch import nn

_log = logging.getLogger(__name__)


def starting_network(config: ModelConfig, *, start_from: str | None, trunk: str | None,
                     dropout: float | None, checkpoint_gradients: bool, compiled: bool
                     ) -> nn.Module:
    """
    Build a network and say whose weights it starts with; the parameters are those of the task.

    :raises ValueError: for weights that cannot be used, and settings that contradict.
    """
    network = config.build()
    if trunk is not None:
        _take_trunk(network, trunk, start_from)
    if start_from is not None:
        checkpoint = load_checkpoint(find_shipped(start_from))
        fresh = take_weights(network, config, checkpoint)
        _log.info("weights from '%s'; freshly initialised: %s", checkpoint.path,
                  ', '.join(fresh) or 'nothing')
    if dropout is not None:
        for module in network.modules():
            if isinstance(module, nn.modules.dropout._DropoutNd):
                module.p = dropout
    if checkpoint_gradients:
        _checkpoint_gradients(network, config.network, compiled=compiled)
    return network


def _take_trunk(network: nn.Module, trunk: str, start_from: str | None) -> None:
    """
    Start from a VGG-16 and say what was taken.

    :raises ValueError: where other weights would take its place, or it cannot be used.
    """
    if start_from is not None:
        raise ValueError(f"model.trunk is '{trunk}' and model.start_from '{start_from}', which "
                         'would replace it; give one of them')
    taken, fresh = load_vgg16(network, trunk)
    _log.info("trunk from '%s': %s; freshly initialised: %s", trunk, ', '.join(taken),
              ', '.join(fresh))


def _checkpoint_gradients(network: nn.Module, name: str, *, compiled: bool) -> None:
    """
    Let a network trade time for memory.

    :raises ValueError: where it cannot.
    """
    if compiled:
        raise ValueError('model.compiled and model.checkpoint_gradients are both true; the '
                         'compiler decides by itself what to compute twice: give one of them')
    if not hasattr(network, 'checkpoint_gradients'):
        raise ValueError(f"model.checkpoint_gradients is true and the network '{name}' has no "
                         "attribute 'checkpoint_gradients' to set; leave it out")
    setattr(network, 'checkpoint_gradients', True)  # noqa: B010 - mypy knows modules as tensors
