# SPDX-License-Identifier: Apache-2.0
"""
Gradient checkpointing: the same gradients, statistics counted once, less kept.

Memory is what torch keeps for the backward pass, counted tensor by tensor; what a whole training
step takes is in docs/networks.md.
"""

import copy

from discinst_ros.model_config import ModelConfig
from discinst_ros.networks import build_network
from discinst_ros.networks.recompute import recomputed
from discinst_ros.networks.resnet38 import Block
from discinst_ros.networks.vgg import stage
from discinst_ros.training.task import EmbeddingTask
import pytest
import torch
from torch import nn


def kept_bytes(function):
    """Return the size of the distinct storages that wait for the backward pass."""
    seen = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = function()
    return result, sum(seen.values())


def enets():
    torch.manual_seed(0)
    plain = build_network('enet', embedding_dim=4, num_classes=2)
    other = copy.deepcopy(plain)
    other.checkpoint_gradients = True
    return plain, other


def test_gradients_and_statistics_are_the_same():
    """With dropout, which has to draw the same again, and batch norm, which has to count once."""
    image = torch.randn(2, 3, 40, 56)
    results = []
    for network in enets():
        torch.manual_seed(1)
        embeddings, logits = network(image)
        (embeddings.square().mean() + logits.sin().mean()).backward()
        results.append((embeddings, {name: one.grad for name, one in network.named_parameters()},
                        dict(network.named_buffers())))
    (first, gradients, buffers), (second, again, counted) = results
    assert torch.equal(first, second)
    for name, gradient in gradients.items():
        torch.testing.assert_close(again[name], gradient, rtol=1e-4, atol=1e-6)
    assert all(torch.equal(counted[name], value) for name, value in buffers.items())
    assert counted['stage5.extension.0.1.num_batches_tracked'] == 1


def test_less_is_kept():
    image = torch.randn(2, 3, 96, 128)
    (_, plain), (_, other) = (kept_bytes(lambda network=network: network(image))
                              for network in enets())
    assert other < 0.5 * plain


@pytest.mark.parametrize('module, channels', [
    (stage(4, (8, 8), batch_norm=True, dilation=2), 4),
    (Block(8, (4, 8, 16), dilations=(1, 4), dropout=0.3), 8)])
def test_parts_of_the_big_networks(module, channels):
    other, image = copy.deepcopy(module), torch.randn(2, channels, 9, 11)
    results = []
    for one, run in ((module, nn.Module.__call__), (other, recomputed)):
        torch.manual_seed(1)
        x = image.clone().requires_grad_()
        run(one, x).square().sum().backward()
        results.append((x.grad, one.state_dict()))
    torch.testing.assert_close(results[0][0], results[1][0])
    assert all(torch.equal(results[1][1][name], value)
               for name, value in results[0][1].items())


def test_frozen_batch_norm_stays_frozen():
    task = EmbeddingTask(ModelConfig(), freeze_batch_norm=True, checkpoint_gradients=True)
    before = {name: value.clone() for name, value in task.network.named_buffers()}
    sum(one.sum() for one in task.network(torch.randn(1, 3, 16, 16))).backward()
    assert all(torch.equal(before[name], value) for name, value in task.network.named_buffers())


@pytest.mark.parametrize('network', ['enet', 'segnet'])
def test_setting_of_the_training(network):
    with torch.device('meta'):
        task = EmbeddingTask(ModelConfig(network=network), checkpoint_gradients=True)
    assert task.network.checkpoint_gradients


def test_settings_that_do_not_go_together():
    with pytest.raises(ValueError, match='compiled and model.checkpoint_gradients are both true'):
        EmbeddingTask(compiled=True, checkpoint_gradients=True)
    with pytest.raises(ValueError, match="network 'own_networks:Net' has no attribute"):
        EmbeddingTask(ModelConfig(network='own_networks:Net'), checkpoint_gradients=True)


def test_dropout_of_the_training_is_that_of_every_network():
    with torch.device('meta'):
        task = EmbeddingTask(ModelConfig(network='resnet38'), dropout=0.0)
    found = [one.p for one in task.network.modules() if isinstance(one, nn.Dropout)]
    assert found == [0.0, 0.0]
