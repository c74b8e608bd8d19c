# SPDX-License-Identifier: Apache-2.0
"""
Weights of VGG-16 by torchvision's names, compared with VGG-16 written out here.

The networks are narrowed to one in sixteen of the channels, so that a test takes no seconds. Not
verified here: that the file torchvision offers has these names and shapes, and what the weights
are good for.
"""

import pickle

from discinst_ros.model_config import ModelConfig
from discinst_ros.networks import build_network, NetworkError, vgg
from discinst_ros.networks.vgg_weights import load_vgg16
from discinst_ros.training.task import EmbeddingTask
import pytest
from safetensors.torch import save_file
import torch
from torch import nn

WIDTHS = [4, 4, 'M', 8, 8, 'M', 16, 16, 16, 'M', 32, 32, 32, 'M', 32, 32, 32, 'M']


def torchvisions(batch_norm, side=7):
    """VGG-16 as torchvision builds it, a sixteenth as wide, with weights of no special kind."""
    torch.manual_seed(3)
    layers, channels = [], 3
    for width in WIDTHS:
        if width == 'M':
            layers.append(nn.MaxPool2d(2))
            continue
        norm = [nn.BatchNorm2d(width)] if batch_norm else []
        layers += [nn.Conv2d(channels, width, 3, padding=1), *norm, nn.ReLU()]
        channels = width
    network = nn.Module()
    network.features = nn.Sequential(*layers)
    network.classifier = nn.Sequential(nn.Linear(32 * side ** 2, 256), nn.ReLU(), nn.Dropout(),
                                       nn.Linear(256, 256), nn.ReLU(), nn.Dropout(),
                                       nn.Linear(256, 10))
    for name, tensor in network.state_dict().items():
        if 'running_var' in name:
            tensor.uniform_(0.5, 2)
        elif tensor.is_floating_point():
            nn.init.normal_(tensor, std=0.3)
    return network.eval()


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setattr(vgg, 'STAGES', tuple(
        tuple(width // 16 for width in widths) for widths in vgg.STAGES))
    monkeypatch.setattr('discinst_ros.networks.segnet.STAGES', vgg.STAGES)
    whole = nn.Conv2d.__init__

    def narrowed(self, before, after, *args, **kwargs):
        sizes = {512: 32, 4096: 256, 64: 4}
        whole(self, sizes.get(before, before), sizes.get(after, after), *args, **kwargs)

    monkeypatch.setattr(nn.Conv2d, '__init__', narrowed)


def build(name, in_channels=3):
    torch.manual_seed(4)
    return build_network(name, embedding_dim=3, num_classes=2, in_channels=in_channels).eval()


def written(tmp_path, state, name='vgg.pth'):
    path = tmp_path / name
    (save_file if name.endswith('safetensors') else torch.save)(state, path)
    return path


@pytest.fixture
def segnet():
    # Its decoder starts with 64 channels in number only: 4 here.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('discinst_ros.networks.segnet.stage', _scaled(vgg.stage))
        return build('segnet')


def _scaled(stage):
    def scaled(before, widths, **kwargs):
        return stage(min(before, 4) if before == 64 else before,
                     tuple(4 if width == 64 else width for width in widths), **kwargs)
    return scaled


@pytest.mark.parametrize('batch_norm', [False, True])
@pytest.mark.parametrize('name', ['segnet', 'dilation'])
def test_the_trunk_computes_what_vgg_does(name, batch_norm, tmp_path, segnet):
    """Up to the fourth pooling, where Dilation leaves VGG-16."""
    theirs = torchvisions(batch_norm)
    network = segnet if name == 'segnet' else build(name)
    taken, fresh = load_vgg16(network, written(tmp_path, theirs.state_dict()))
    assert taken[0] == '13 convolutions'
    assert fresh == {'segnet': ['decoder', 'head'],
                     'dilation': ['scores', 'context', 'head']}[name]
    image = ours = torch.randn(1, 3, 32, 32)
    number = 4  # stages
    ends = [at for at, layer in enumerate(theirs.features) if isinstance(layer, nn.MaxPool2d)]
    with torch.inference_mode():
        for stage in list(network.encoder)[:number]:
            ours = nn.functional.max_pool2d(stage(ours), 2)
        expected = theirs.features[:ends[number - 1] + 1](image)
    torch.testing.assert_close(ours, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


def test_fully_connected_layers_become_convolutions(tmp_path):
    theirs, network = torchvisions(False), build('dilation')
    taken, _ = load_vgg16(network, written(tmp_path, theirs.state_dict(), 'vgg.safetensors'))
    assert taken == ['13 convolutions', 'fc6', 'fc7']
    features = torch.randn(1, 32, 7, 7)
    spread = torch.zeros(1, 32, 25, 25)
    spread[..., ::4, ::4] = features  # the taps of a kernel of 7 with dilation 4
    with torch.inference_mode():
        ours = network.fc7(network.fc6(spread))[0, :, 12, 12]
        expected = theirs.classifier[:6](features.flatten())
    torch.testing.assert_close(ours, expected, rtol=1e-3, atol=1e-3)


def test_input_channels(tmp_path):
    theirs = torchvisions(False)
    path, first = written(tmp_path, theirs.state_dict()), theirs.features[0].weight
    five = build('dilation', 5)
    _, fresh = load_vgg16(five, path)
    assert fresh[0] == 'input channels 4 to 5 (small)'
    assert torch.equal(five.encoder[0][0].weight[:, :3], first)
    assert 0 < five.encoder[0][0].weight[:, 3:].std() < 0.2 * first.std()
    grey = build('dilation', 1)
    load_vgg16(grey, path)
    image = torch.randn(1, 1, 6, 6)
    torch.testing.assert_close(grey.encoder[0][0](image),
                               theirs.features[0](image.expand(1, 3, 6, 6)))
    with pytest.raises(NetworkError, match='2 input channels, expected 1, 3 or more'):
        load_vgg16(build('dilation', 2), path)


@pytest.mark.parametrize('spoil, words', [
    (lambda state: state.pop('features.5.bias'), "has no 'features.5.bias'"),
    (lambda state: state.pop('features.28.weight'), 'has 12 convolutions .* VGG-16 has 13'),
    (lambda state: state.update({'features.2.weight': torch.zeros(8, 4, 3, 3),
                                 'features.2.bias': torch.zeros(8)}),
     "has 8x4x3x3 as 'features.2', VGG-16 4x4x3x3"),
    (lambda state: state.update({'features.2.bias': torch.zeros(1)}),
     "has 1 as 'features.2.bias', and its convolution 4 channels"),
    (lambda state: state.update({'classifier.0.weight': torch.zeros(256, 32)}),
     "has 256x32 as 'classifier.0.weight', VGG-16 256x1568"),
    (lambda state: state.update({'epoch': 3}), 'holds no state dictionary')])
def test_wrong_files(spoil, words, tmp_path):
    state = dict(torchvisions(False).state_dict())
    spoil(state)
    with pytest.raises(NetworkError, match=words) as caught:
        load_vgg16(build('dilation'), written(tmp_path, state))
    assert str(tmp_path) in str(caught.value) and '\n' not in str(caught.value)


def test_batch_norm_of_another_size(tmp_path):
    state = dict(torchvisions(True).state_dict())
    state['features.4.running_mean'] = torch.zeros(3)
    with pytest.raises(NetworkError, match="has 3 as 'features.4.running_mean'"):
        load_vgg16(build('segnet'), written(tmp_path, state))


def test_no_weights_at_all(tmp_path):
    path = tmp_path / 'vgg.pth'
    with pytest.raises(NetworkError, match='does not exist'):
        load_vgg16(build('dilation'), path)
    with pytest.raises(NetworkError, match='ENet has no VGG-16 in it'):
        load_vgg16(build('enet'), written(tmp_path, torchvisions(False).state_dict()))


@pytest.mark.parametrize('content, words', [
    (b'', 'cannot be read as weights: it is damaged or of another kind; give a state dictionary'),
    (b'no pickle', 'cannot be read as weights'),
    (b'just a text file\n' * 40, 'cannot be read as weights'),
    (pickle.dumps({}, protocol=4), 'cannot be read as weights'),
    (b'PK\x03\x04', 'cannot be read as weights')])
@pytest.mark.parametrize('name', ['vgg.pth', 'vgg.safetensors'])
def test_files_of_another_kind(content, words, name, tmp_path, recwarn):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(NetworkError, match=words) as caught:
        load_vgg16(build('dilation'), path)
    assert len(str(caught.value)) < 130 + len(str(path)) and '\n' not in str(caught.value)
    assert not recwarn.list


def test_a_whole_model_is_refused(tmp_path):
    with pytest.raises(NetworkError, match='more than weights, such as a whole model; save the'):
        load_vgg16(build('dilation'), written(tmp_path, nn.Linear(1, 1)))


def test_setting_of_the_training(tmp_path, caplog):
    path = written(tmp_path, torchvisions(False).state_dict())
    caplog.set_level('INFO')
    EmbeddingTask(ModelConfig(network='dilation'), trunk=str(path))
    line, = (record.getMessage() for record in caplog.records)
    assert line == (f"trunk from '{path}': 13 convolutions, fc6, fc7; freshly initialised: "
                    'scores, context, head')
    with pytest.raises(ValueError, match='model.trunk is .* and model.start_from .*; give one'):
        EmbeddingTask(ModelConfig(network='dilation'), trunk=str(path), start_from='x')
