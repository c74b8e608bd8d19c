# SPDX-License-Identifier: Apache-2.0
"""Networks by import path: they work as ours do, and what is wrong with one is said at once."""

import copy
import pickle
import sys

from discinst_ros.checkpoint import (
    build_from_checkpoint,
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from discinst_ros.inference import InferenceError, InstanceSegmenter
from discinst_ros.model_config import ModelConfig
from discinst_ros.networks import build_network, NetworkError
from discinst_ros.training.cli import main as train
import numpy as np
import own_networks
import pytest
import torch
from torch.nn import functional
from torch.utils.checkpoint import checkpoint


def build(name):
    return build_network(name, embedding_dim=3, num_classes=2, in_channels=5)


@pytest.mark.parametrize('name', ['own_networks:Net', 'own_networks:Coarse',
                                  'own_networks:Outer.Inner'])
@pytest.mark.parametrize('height, width', [(1, 1), (7, 12), (16, 9)])
def test_any_size(name, height, width):
    embeddings, logits = build(name)(torch.randn(2, 5, height, width))
    assert embeddings.shape == (2, 3, height, width) and logits.shape == (2, 2, height, width)


def test_stride_is_padded_around():
    network = build('own_networks:Coarse')
    assert isinstance(network, own_networks.Coarse)
    assert set(network.state_dict()) == {'embed.weight', 'embed.bias', 'head.weight', 'head.bias'}
    image = torch.randn(1, 5, 6, 11)
    padded = functional.pad(image, (0, 1, 0, 2), mode='replicate')
    for ours, theirs in zip(network(image), own_networks.Coarse.forward(network, padded)):
        assert torch.equal(ours, theirs[..., :6, :11])


def test_building_leaves_the_network_ready_to_train():
    assert build('own_networks:Net').training


def test_building_leaves_no_trace_of_the_trial():
    torch.manual_seed(7)
    bare = own_networks.Stateful(embedding_dim=3, num_classes=2, in_channels=5)
    drawn = torch.rand(3)
    torch.manual_seed(7)
    network = build('own_networks:Stateful')
    assert torch.equal(torch.rand(3), drawn)
    for mine, theirs in zip([*network.named_parameters(), *network.norm.named_buffers()],
                            [*bare.named_parameters(), *bare.norm.named_buffers()]):
        assert mine[0] == theirs[0] and torch.equal(mine[1], theirs[1])
    assert network.norm.num_batches_tracked == 0 and network.calls == 2  # in evaluation
    assert network.training and network.norm.training and not network.frozen.training


@pytest.mark.parametrize('name', ['own_networks:Coarse', 'own_networks:Outer.Inner'])
@pytest.mark.parametrize('copied', [
    copy.deepcopy, copy.copy, lambda network: pickle.loads(pickle.dumps(network))])
def test_copies_and_pickles(name, copied):
    network = build(name).eval()
    again = copied(network)
    image = torch.randn(1, 5, 6, 11)
    assert again is not network and not again.training and repr(again) == repr(network)
    assert all(torch.equal(a, b) for a, b in zip(network(image), again(image)))


@pytest.mark.parametrize('name', ['own_networks:Net', 'own_networks:Coarse'])
def test_compiles_whole_and_passes_gradients(name):
    network = build(name)
    compiled = torch.compile(network, backend='aot_eager', fullgraph=True, dynamic=True)
    gradients = []
    for run in (network, compiled):
        image = torch.linspace(0, 1, 2 * 5 * 6 * 11).reshape(2, 5, 6, 11).requires_grad_()
        sum(one.square().sum() for one in run(image)).backward()
        gradients.append(image.grad)
    assert gradients[0].abs().sum() > 0
    torch.testing.assert_close(*gradients)


def test_whole_network_may_be_computed_twice():
    network, image = build('own_networks:Coarse'), torch.randn(1, 5, 6, 11, requires_grad=True)
    once, twice = (torch.autograd.grad(sum(one.sum() for one in run(image)), image)[0] for run in (
        network, lambda x: checkpoint(network, x, use_reentrant=False)))
    torch.testing.assert_close(once, twice)


@pytest.mark.parametrize('name, words', [
    ('no_such_package.net:Net', "'no_such_package.net' .* cannot be imported .* PYTHONPATH"),
    ('own_networks:Nett', "has no class 'Nett'; did you mean 'Net'"),
    ('own_networks:', "has no class ''"),
    (':Net', 'names no network'),
    ('own_networks:function', 'expected a class derived from torch.nn.Module'),
    ('subprocess:Popen', 'expected a class derived from torch.nn.Module'),
    ('own_networks:OtherArguments', 'cannot be built: .*embedding_dim, num_classes and in_chan'),
    ('own_networks:NoArguments', 'unexpected keyword.*; its arguments have to be'),
    ('own_networks:Outer.Inne', "has no class 'Outer.Inne'; did you mean 'Inner'"),
    ('own_networks:WrongInside', 'cannot be built: it raises TypeError: unsupported[^;]*$'),
    ('own_networks:Divides', 'a 1x5x1x1 image, all 0, returns embeddings that are not finite'),
    ('own_networks:OneOutput', 'returns 1x3x1x1 float32, expected .* 1x3x1x1 and 1x2x1x1 float'),
    ('own_networks:Swapped', 'returns 1x2x1x1 float32 and 1x3x1x1 float32, expected'),
    ('own_networks:Integers', 'and 1x2x1x1 int64, expected'),
    ('own_networks:Silent', "1x5x1x1 image, fails: .*; where sizes .* attribute 'stride'"),
    ('own_networks:Magnifies', 'a 1x5x4x4 image, returns 1x3x4x8 float32 and 1x2x4x8 float32, '
                               'expected embeddings and class logits, 1x3x4x4 and 1x2x4x4 float$'),
    ('own_networks:Learns', 'a 2x5x37x51 image in training, returns 2x3x37x51 float32 and .* and '
                            'a scalar float32, expected .* 2x3x37x51 and 2x2x37x51 float'),
    ('own_networks:OneImage', 'a 2x5x37x51 image in training, returns 1x3x37x51 float32 and .* '
                              'expected .* 2x3x37x51 and 2x2x37x51 float$'),
    ('own_networks:Exits', 'a 1x5x1x1 image, fails: SystemExit: bye'),
    ('own_networks:NotBegun', r"'own_networks:NotBegun' has to call super\(\).__init__\(\)$"),
    ('math:pi.x', "the module 'math' has no class 'pi.x'$"),
    ('own_networks:Strides.stride', r"'own_networks:Strides.stride' is tensor\(4\), expected a "
                                    'class derived from torch.nn.Module'),
])
def test_what_is_wrong_is_one_sentence(name, words):
    with pytest.raises(NetworkError, match=words) as caught:
        build(name)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('made_of, seen', [
    (lambda embeddings, logits: {'out': embeddings, 'aux': logits}, 'dict'),
    (lambda *_: None, 'NoneType'), (lambda *_: (), 'nothing'),
    (lambda *_: ('a', 'b'), 'str and str'),
    (lambda embeddings, _: (embeddings,), '1x3x4x4 float32'),
    (lambda embeddings, logits: [embeddings, logits, logits],
     '1x3x4x4 float32 and 1x2x4x4 float32 and 1x2x4x4 float32'),
    (lambda embeddings, logits: (embeddings[..., 0], logits), '1x3x4 float32 and 1x2x4x4 float32'),
    (lambda embeddings, logits: (embeddings[..., :1, :1], logits[..., :1, :1]),
     '1x3x1x1 float32 and 1x2x1x1 float32')])
def test_outputs_that_are_no_pair_of_the_size_given(made_of, seen, monkeypatch):
    monkeypatch.setattr(own_networks.Gives, 'made_of', staticmethod(made_of), raising=False)
    with pytest.raises(NetworkError) as caught:
        build('own_networks:Gives')
    assert str(caught.value) == (
        f"network 'own_networks:Gives', given a 1x5x4x4 image, returns {seen}, expected "
        'embeddings and class logits, 1x3x4x4 and 1x2x4x4 float')


@pytest.mark.parametrize('stride, shown', [
    (torch.tensor(4), 'tensor(4)'), (torch.zeros(2, 2), 'tensor([[0., 0.], [0., 0.]])'),
    ((4, 4), '(4, 4)'), (0, '0'), (4.0, '4.0'), (None, 'None'), ('4', "'4'")])
def test_stride_that_is_none(stride, shown, monkeypatch):
    monkeypatch.setattr(own_networks.Strides, 'stride', stride)
    with pytest.raises(NetworkError) as caught:
        build('own_networks:Strides')
    assert str(caught.value) == (f"network 'own_networks:Strides' has the stride {shown}, "
                                 'expected pixels, an int of 1 or more')


@pytest.mark.parametrize('error, words', [
    (RuntimeError('libfoo.so is\nmissing'), 'RuntimeError: libfoo.so is missing'),
    (KeyError('k'), "KeyError: 'k'"), (AssertionError(), 'AssertionError'),
    (SystemExit('bye'), 'SystemExit: bye')])
def test_a_constructor_may_raise_anything(error, words, monkeypatch):
    monkeypatch.setattr(own_networks.Raises, 'error', error)
    with pytest.raises(NetworkError) as caught:
        build('own_networks:Raises')
    assert str(caught.value) == ("network 'own_networks:Raises' cannot be built: it raises "
                                 f'{words}')


@pytest.mark.parametrize('code, words', [
    ("raise RuntimeError('CUDA extension missing')", 'RuntimeError: CUDA extension missing'),
    ('undefined_name', "NameError: name 'undefined_name' is not defined"),
    ("{}['k']", "KeyError: 'k'"),
    ("raise ValueError('no')", 'ValueError: no'),
    ("raise SystemExit('bye')", 'SystemExit: bye'),
    ('def f(:', 'SyntaxError: invalid syntax')])
def test_a_module_may_raise_anything(code, words, tmp_path, monkeypatch):
    (tmp_path / 'bad_net_module.py').write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(NetworkError) as caught:
        build('bad_net_module:Net')
    assert str(caught.value).startswith(
        "the module 'bad_net_module' of the network 'bad_net_module:Net' cannot be imported: it "
        f'raises {words}')
    assert '\n' not in str(caught.value)


def test_checkpoint_of_a_network_that_cannot_be_built(tmp_path):
    path = tmp_path / 'raises.safetensors'
    save_checkpoint(path, own_networks.Net(embedding_dim=8, num_classes=2, in_channels=3),
                    ModelConfig(network='own_networks:Raises'))
    with pytest.raises(CheckpointError, match="cannot be used here: network 'own_networks:Raises' "
                                              'cannot be built: it raises RuntimeError: libfoo'):
        build_from_checkpoint(load_checkpoint(path))


@pytest.mark.parametrize('name, seen, cause', [
    ('Small', "1x3x48x79 image, fails: KeyError: 'no\\\\nroom'; where sizes", KeyError),
    ('SmallCoarse', '1x3x48x80 image, fails: AssertionError: too wide$', AssertionError)])
def test_failure_at_a_size_not_tried_is_one_sentence(name, seen, cause):
    config = ModelConfig(network=f'own_networks:{name}')
    segmenter = InstanceSegmenter(config.build(), config, 'cpu')
    assert segmenter(np.zeros((48, 40, 3), np.uint8)).label_image.shape == (48, 40)
    with pytest.raises(NetworkError, match=f"network 'own_networks:{name}', given a {seen}"
                       ) as caught:
        segmenter(np.zeros((48, 79, 3), np.uint8))
    assert isinstance(caught.value.__cause__, cause)


def test_full_memory_while_it_is_tried(monkeypatch):
    monkeypatch.setattr(own_networks.Gives, 'made_of', full_gpu, raising=False)
    with pytest.raises(NetworkError, match='the memory of the GPU is full .trying network'):
        build('own_networks:Gives')


def full_gpu(*_):
    raise torch.cuda.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 GiB')


def test_unknown_name_without_a_near_one_lists_them():
    with pytest.raises(NetworkError, match='choose one of enet, segnet, dilation, resnet38'):
        build('transformer')


def test_checkpoint_of_an_own_network(tmp_path, monkeypatch):
    config = ModelConfig(network='own_networks:Coarse', embedding_dim=3)
    path = tmp_path / 'own.safetensors'
    network = config.build().eval()
    save_checkpoint(path, network, config)
    image = torch.randn(1, 3, 9, 6)
    again = build_from_checkpoint(load_checkpoint(path))
    assert all(torch.equal(a, b) for a, b in zip(network(image), again(image)))
    # On another machine, where the module is not installed:
    monkeypatch.delitem(sys.modules, 'own_networks')
    monkeypatch.setattr(sys, 'path', [])
    with pytest.raises(CheckpointError, match="own.safetensors' cannot be used here: the module "
                                              "'own_networks'"):
        InstanceSegmenter.from_checkpoint(path, 'cpu')


def test_train_command_with_an_own_network(tmp_path):
    assert train(['--trainer.max_steps', '2', '--trainer.accelerator', 'cpu', '--data.workers',
                  '0', '--trainer.enable_progress_bar', 'false', '--data.width', '48',
                  '--data.height', '40', '--data.batch_size', '2', '--data.samples_per_epoch', '4',
                  '--data.validation_images', '2', '--out', str(tmp_path),
                  '--model.config.network', 'own_networks:Coarse']) == 0
    segmenter = InstanceSegmenter.from_checkpoint(tmp_path / 'best.safetensors', 'cpu')
    assert segmenter(np.zeros((11, 15, 3), np.uint8)).label_image.shape == (11, 15)


# A GPU that is full: said by a network here, as torch says it.

def test_full_gpu_in_the_segmenter():
    config = ModelConfig(network='own_networks:Full')
    network = config.build()
    segmenter = InstanceSegmenter(network, config, 'cpu')
    with pytest.raises(InferenceError, match='an image of 80x48.*long_side_px') as caught:
        segmenter(np.zeros((48, 80, 3), np.uint8))
    assert '\n' not in str(caught.value)
    assert network.big() is None  # nothing keeps the tensors of the failed call
    assert segmenter(np.zeros((48, 40, 3), np.uint8)).label_image.shape == (48, 40)


def test_full_gpu_in_training(tmp_path, capsys):
    assert train(['--trainer.max_steps', '2', '--trainer.accelerator', 'cpu', '--data.workers',
                  '0', '--trainer.enable_progress_bar', 'false', '--data.width', '64',
                  '--data.height', '40', '--data.batch_size', '2', '--out', str(tmp_path),
                  '--model.config.network', 'own_networks:Full']) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith('train: the memory of the GPU is full (2 images of 64x40)')
    for setting in ('batch_size', 'width', 'checkpoint_gradients', 'precision'):
        assert setting in said
