# SPDX-License-Identifier: Apache-2.0
"""
ENet against its paper's table, and its pooling against PyTorch's own.

Not verified here: accuracy after training (see test_training.py and the weights' card).
"""

from discinst_ros.networks import build_network, NetworkError
from discinst_ros.networks.pooling import max_pool_phase, max_unpool_phase
import pytest
import torch
from torch.nn import functional


def enet(**changes):
    torch.manual_seed(0)
    settings = {'embedding_dim': 8, 'num_classes': 2, **changes}
    return build_network('enet', **settings).eval()


def test_parameters_of_the_trunk():
    """Table 2 of De Brabandere et al. gives 0.36 million; the head is not part of the trunk."""
    network = enet()
    head = sum(p.numel() for p in network.head.parameters())
    trunk = sum(p.numel() for p in network.parameters()) - head
    assert 349_000 <= trunk <= 371_000
    assert head == 16 * 10 * 9 + 10


def test_resolutions_of_the_paper():
    """Table 1 of the ENet paper, for a 512×512 input."""
    network = enet()
    expected = {'initial': (16, 256), 'stage1': (64, 128), 'stage2': (128, 64),
                'stage3': (128, 64), 'stage4': (64, 128), 'stage5': (16, 256)}
    seen = {}
    for name in expected:
        network.get_submodule(name).register_forward_hook(
            lambda _, __, output, name=name: seen.update({name: tuple(output.shape[1:])}))
    with torch.inference_mode():
        network(torch.zeros(1, 3, 512, 512))
    assert seen == {name: (c, side, side) for name, (c, side) in expected.items()}


@pytest.mark.parametrize('height, width', [(1, 1), (7, 5), (8, 8), (61, 93), (240, 320)])
def test_any_size_comes_back(height, width):
    embeddings, logits = enet(in_channels=5)(torch.randn(2, 5, height, width))
    assert embeddings.shape == (2, 8, height, width)
    assert logits.shape == (2, 2, height, width)
    assert torch.isfinite(embeddings).all()
    assert torch.isfinite(logits).all()


def test_padding_repeats_the_border():
    """An odd-sized image gives what the same image gives when it is extended by hand."""
    network, image = enet(), torch.randn(1, 3, 30, 45)
    extended = functional.pad(image, (0, 3, 0, 2), mode='replicate')
    with torch.inference_mode():
        for cut, whole in zip(network(image), network(extended)):
            assert torch.equal(cut, whole[..., :30, :45])


@pytest.mark.parametrize('ties', [False, True])
def test_pooling_equals_pytorchs(ties):
    x = torch.randn(2, 3, 10, 14)
    if ties:
        x = x.round()
    values, phase = max_pool_phase(x)
    expected, index = functional.max_pool2d(x, 2, return_indices=True)
    assert torch.equal(values, expected)
    assert torch.equal(max_unpool_phase(values, phase),
                       functional.max_unpool2d(expected, index, 2))


def test_gradients_reach_every_parameter():
    network = enet().train()
    embeddings, logits = network(torch.randn(2, 3, 32, 32))
    (embeddings.square().mean() + logits.square().mean()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


@pytest.mark.parametrize('channels', [{'in_channels': 5},
                                      {'in_channels': 10, 'branch_channels': 5}])
def test_compiles_whole_and_gives_the_same_gradients(channels):
    """Graph and gradients; not what a C++ compiler makes of them, which takes minutes."""
    network = enet(**channels)
    compiled = torch.compile(network, backend='aot_eager', fullgraph=True)
    image, gradients = torch.randn(2, channels['in_channels'], 16, 24), []
    for run in (network, compiled):
        network.zero_grad()
        sum(one.square().mean() for one in run(image)).backward()
        gradients.append([p.grad.clone() for p in network.parameters()])
    assert sum(one.abs().sum() for one in gradients[0]) > 0
    torch.testing.assert_close(*gradients)


def test_unknown_name_names_the_nearest():
    with pytest.raises(ValueError, match="'ennet' is not known; did you mean 'enet'"):
        build_network('ennet', embedding_dim=8, num_classes=2)


def test_too_many_channels():
    with pytest.raises(NetworkError, match='in_channels is 16, expected 1 to 15'):
        enet(in_channels=16)


def test_branch_of_other_channels():
    network = enet(in_channels=20, branch_channels=15).train()
    embeddings, logits = network(torch.randn(2, 20, 33, 40))
    assert embeddings.shape == (2, 8, 33, 40) and logits.shape[2:] == (33, 40)
    (embeddings.square().mean() + logits.square().mean()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())
    for in_channels, branch_channels in ((20, 4), (4, 4), (20, 16)):
        with pytest.raises(ValueError, match='_channels is .*, expected'):
            enet(in_channels=in_channels, branch_channels=branch_channels)


def test_other_networks_have_no_branch():
    with pytest.raises(ValueError, match="network 'segnet' has no branch for depth, which enet"):
        build_network('segnet', embedding_dim=8, num_classes=2, in_channels=8, branch_channels=5)


@pytest.mark.cuda
def test_cuda_equals_cpu():
    network, image = enet(), torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        on_cpu = network(image)
        on_gpu = network.cuda()(image.cuda())
    for a, b in zip(on_cpu, on_gpu):
        # Convolutions may run in tf32 there: 10 bits of mantissa through 30 layers.
        torch.testing.assert_close(b.cpu(), a, rtol=0.02, atol=0.02)
