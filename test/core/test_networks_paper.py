# SPDX-License-Identifier: Apache-2.0
"""
The big networks against the tables of their papers, and what all four have in common.

The layers stand here once more, as (kernel, channels in, channels out), written from the papers;
the parameters of the table are counted by hand formula, not by the code. Weights are on the meta
device where only their number matters. Learning is tried in test_networks_learn.py.
"""

from discinst_ros.networks import build_network, NETWORKS
from discinst_ros.networks.dilated import DilatedConv2d
from discinst_ros.networks.upsampling import LearnedUpsampling
from discinst_ros.networks.vgg import stage
import pytest
import torch
from torch import nn
from torch.nn import functional

#: Table 2 of De Brabandere et al., millions.
PAPER = {'enet': 0.36, 'segnet': 29.4, 'dilation': 134.3, 'resnet38': 124.0}
#: VGG-16, column D of its Table 1.
VGG = [(3, 3, 64), (3, 64, 64), (3, 64, 128), (3, 128, 128), (3, 128, 256), (3, 256, 256),
       (3, 256, 256), (3, 256, 512), (3, 512, 512), (3, 512, 512), (3, 512, 512), (3, 512, 512),
       (3, 512, 512)]
#: SegNet's decoder without its last convolution, Figure 2: the encoder in a mirror.
DECODER = [(3, 512, 512)] * 3 + [
    (3, 512, 512), (3, 512, 512), (3, 512, 256), (3, 256, 256), (3, 256, 256), (3, 256, 128),
    (3, 128, 128), (3, 128, 64), (3, 64, 64)]
#: ResNet-38, Figure 2: each block's convolutions, then its shortcut where channels change.
RESNET = ([(3, 3, 64)]
          + [(3, 64, 128), (3, 128, 128), (1, 64, 128)] + [(3, 128, 128)] * 4
          + [(3, 128, 256), (3, 256, 256), (1, 128, 256)] + [(3, 256, 256)] * 4
          + [(3, 256, 512), (3, 512, 512), (1, 256, 512)] + [(3, 512, 512)] * 10
          + [(3, 512, 512), (3, 512, 1024), (1, 512, 1024)]
          + [(3, 1024, 512), (3, 512, 1024)] * 2
          + [(1, 1024, 512), (3, 512, 1024), (1, 1024, 2048), (1, 1024, 2048)]
          + [(1, 2048, 1024), (3, 1024, 2048), (1, 2048, 4096), (1, 2048, 4096)]
          + [(3, 4096, 512)])


def weights(layers):
    return sum(kernel ** 2 * before * after for kernel, before, after in layers)


def outputs(layers):
    return sum(after for *_, after in layers)


def by_hand(network, channels):
    """Count all parameters for D + K output channels; batch norm has two for each channel."""
    scores = {'segnet': 9 * 64 * channels + channels,
              'dilation': 4096 * channels + channels,
              'resnet38': 9 * 512 * channels + channels}[network]
    upsampling = 16 ** 2 * channels ** 2 + channels
    if network == 'segnet':
        return weights(VGG + DECODER) + 2 * outputs(VGG + DECODER) + scores
    if network == 'dilation':
        connected = [(7, 512, 4096), (1, 4096, 4096)]
        context = 7 * (9 * channels ** 2 + channels) + channels ** 2 + channels
        front = VGG + connected
        return weights(front) + outputs(front) + scores + context + upsampling
    # Norms in front: of the input of each block, and of each of its later convolutions.
    norms = (64 + 128 + 4 * 128) + (128 + 256 + 4 * 256) + (256 + 512 + 10 * 512) + (
        512 + 512 + 2 * (1024 + 512)) + (1024 + 512 + 1024) + (2048 + 1024 + 2048) + (4096 + 512)
    return weights(RESNET) + 2 * norms + scores + upsampling


def on_meta(name, **changes):
    with torch.device('meta'):
        return build_network(name, **{'embedding_dim': 8, 'num_classes': 2, **changes})


def count(module):
    return sum(one.numel() for one in module.parameters())


@pytest.mark.parametrize('name', PAPER)
@pytest.mark.parametrize('classes', [2, 9])
def test_parameters_of_the_trunk(name, classes):
    network = on_meta(name, num_classes=classes)
    assert count(network) - count(network.head) == pytest.approx(PAPER[name] * 1e6, rel=0.03)


@pytest.mark.parametrize('name', ['segnet', 'dilation', 'resnet38'])
@pytest.mark.parametrize('classes', [2, 9])
def test_parameters_by_hand(name, classes):
    assert count(on_meta(name, num_classes=classes)) == by_hand(name, 8 + classes)


@pytest.mark.parametrize('name', NETWORKS)
@pytest.mark.parametrize('channels', [1, 3, 5])
@pytest.mark.parametrize('height, width', [(1, 1), (31, 33), (97, 130)])
def test_any_size_and_channels_come_back(name, channels, height, width):
    embeddings, logits = on_meta(name, in_channels=channels)(
        torch.empty(2, channels, height, width, device='meta'))
    assert embeddings.shape == (2, 8, height, width)
    assert logits.shape == (2, 2, height, width)


@pytest.mark.parametrize('name', ['segnet', 'dilation', 'resnet38'])
def test_no_channels(name):
    with pytest.raises(ValueError, match='in_channels is 0, expected 1 or more'):
        on_meta(name, in_channels=0)


@pytest.mark.parametrize('name, shapes', [
    ('segnet', {'encoder.0': (64, 64), 'encoder.4': (512, 4), 'decoder.4': (512, 4),
                'decoder.1': (64, 32), 'decoder.0': (64, 64)}),
    ('dilation', {'encoder.2': (256, 16), 'encoder.3': (512, 8), 'encoder.4': (512, 8),
                  'fc6': (4096, 8), 'fc7': (4096, 8), 'context': (10, 8), 'head': (10, 64)}),
    ('resnet38', {'b1': (64, 64), 'b2': (128, 32), 'b3': (256, 16), 'b4': (512, 8),
                  'b5': (1024, 8), 'b6': (2048, 8), 'b7': (4096, 8), 'top': (512, 8)})])
def test_resolutions_of_the_papers(name, shapes):
    """For a 64×64 input."""
    network, seen = on_meta(name), {}
    for layer in shapes:
        module = network.get_submodule(layer)
        module = module[-1] if layer in ('b2', 'b3', 'b4', 'b5') else module
        module.register_forward_hook(
            lambda _, __, output, layer=layer: seen.update({layer: tuple(output.shape[1:])}))
    network(torch.empty(1, 3, 64, 64, device='meta'))
    assert seen == {layer: (c, side, side) for layer, (c, side) in shapes.items()}


def test_dilations_of_resnet38():
    """B5 doubles the dilation where its stride was, B6 once more."""
    network = on_meta('resnet38')
    found = {name: sorted({one.dilation[0] for one in network.get_submodule(name).modules()
                           if isinstance(one, nn.Conv2d) and one.kernel_size == (3, 3)})
             for name in ('b4', 'b5.0', 'b5.1', 'b6', 'b7')}
    assert found == {'b4': [1], 'b5.0': [1, 2], 'b5.1': [2], 'b6': [4], 'b7': [4]}


@pytest.fixture(scope='module')
def segnet():
    torch.manual_seed(0)
    return build_network('segnet', embedding_dim=4, num_classes=2).eval()


def test_padding_repeats_the_border(segnet):
    """An odd-sized image gives what the same image gives when it is extended by hand."""
    for height, width in torch.randint(1, 70, (3, 2)).tolist():
        image = torch.randn(1, 3, height, width)
        extended = functional.pad(image, (0, -width % 32, 0, -height % 32), mode='replicate')
        with torch.inference_mode():
            for cut, whole in zip(segnet(image), segnet(extended)):
                assert torch.equal(cut, whole[..., :height, :width])


def test_embeddings_differ_at_the_start(segnet):
    """Where all are the same, the loss has no direction in which to push them apart."""
    with torch.inference_mode():
        embeddings, _ = segnet.train()(torch.randn(2, 3, 64, 64))
    segnet.eval()
    assert embeddings.std(dim=(0, 2, 3)).min() > 0.05


def test_bf16(segnet):
    image = torch.randn(1, 3, 32, 40)
    with torch.inference_mode(), torch.autocast('cpu', torch.bfloat16):
        embeddings, logits = segnet(image)
    with torch.inference_mode():
        exact, _ = segnet(image)
    assert embeddings.shape == (1, 4, 32, 40) and torch.isfinite(logits).all()
    # 8 bits of mantissa through 26 layers
    assert (embeddings.float() - exact).std() < 0.2 * exact.std()


@pytest.mark.parametrize('dilation, kernel', [(1, 3), (2, 3), (4, 7), (16, 3)])
def test_dilated_convolution_equals_pytorchs(dilation, kernel):
    layer = DilatedConv2d(3, 5, kernel, dilation=dilation).double()
    x = torch.randn(2, 3, 11, 7, dtype=torch.float64, requires_grad=True)
    expected = functional.conv2d(x, layer.weight, layer.bias, dilation=dilation,
                                 padding=dilation * (kernel // 2))
    torch.testing.assert_close(layer(x), expected)
    ours, = torch.autograd.grad(layer(x).square().sum(), x)
    theirs, = torch.autograd.grad(expected.square().sum(), x)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize('height, width', [(1, 1), (3, 5)])
def test_upsampling_starts_as_bilinear(height, width):
    x = torch.randn(2, 6, height, width)
    torch.testing.assert_close(LearnedUpsampling(6, 8)(x), functional.interpolate(
        x, scale_factor=8, mode='bilinear', align_corners=False))


def test_context_starts_by_changing_nothing():
    """Equation 4 of Yu and Koltun, for scores above 0; torch fills the rest as fast as it can."""
    with pytest.MonkeyPatch.context() as patch:
        # The front end's 134 million numbers are of no interest here.
        patch.setattr('discinst_ros.networks.dilation.DilatedConv2d.reset_parameters',
                      lambda _: None)
        patch.setattr('discinst_ros.networks.dilation.initialise', lambda _: None)
        network = build_network('dilation', embedding_dim=3, num_classes=2)
    scores = torch.rand(1, 5, 9, 13)
    assert torch.equal(network.context(scores), scores)
    expected = functional.interpolate(scores, scale_factor=8, mode='bilinear') - 1
    torch.testing.assert_close(network.head(network.context(scores)), expected)


def test_stage_of_vgg():
    layers = stage(3, (64, 64), batch_norm=False, dilation=2)
    assert [type(one) for one in layers] == [DilatedConv2d, nn.ReLU] * 2
    assert layers[2].dilation == (2, 2) and layers[2].bias is not None
    assert layers(torch.zeros(1, 3, 5, 7)).shape == (1, 64, 5, 7)
