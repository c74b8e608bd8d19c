# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: what is saved comes back, and a wrong or damaged file is refused in a sentence."""

import json

from discinst_ros.checkpoint import (
    build_from_checkpoint,
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from discinst_ros.model_config import ModelConfig
import pytest
from safetensors.torch import load_file, save_file
import torch

CONFIG = ModelConfig(embedding_dim=4, class_names=('background', 'bolt', 'nut'),
                     coordinates=True, delta_v=0.4, delta_d=1.2, bandwidth=0.9, long_side_px=640)


@pytest.fixture
def path(tmp_path):
    torch.manual_seed(0)
    file = tmp_path / 'folder' / 'weights.safetensors'
    save_checkpoint(file, CONFIG.build(), CONFIG)
    return file


def test_round_trip(path):
    checkpoint = load_checkpoint(path)
    assert checkpoint.config == CONFIG
    torch.manual_seed(0)
    expected, image = CONFIG.build().eval(), torch.randn(1, 5, 16, 24)
    network = build_from_checkpoint(checkpoint)
    assert not network.training
    for a, b in zip(network(image), expected(image)):
        assert torch.equal(a, b)


def test_a_path_from_the_home_folder(path, monkeypatch):
    """No shell resolves it where it follows a := or an =."""
    monkeypatch.setenv('HOME', str(path.parent.parent))
    assert load_checkpoint('~/folder/weights.safetensors').path == path


def test_the_home_folder_of_nobody():
    with pytest.raises(CheckpointError, match="checkpoint '~nobody-is-called-so/a' is in a home"):
        load_checkpoint('~nobody-is-called-so/a')


def test_weights_that_are_nan_are_refused_at_once(path):
    """Each image would be refused otherwise, as if something were wrong with it."""
    state = load_checkpoint(path).state_dict
    name = next(name for name, tensor in state.items() if tensor.is_floating_point())
    state[name].view(-1)[0] = float('nan')
    settings = {'format': 1, 'class_names': ['background', 'bolt', 'nut']}
    save_file(state, path, {'discinst_ros': json.dumps(settings)})
    with pytest.raises(CheckpointError, match=f"NaN \\(1 of {len(state)} tensors, '{name}'"):
        load_checkpoint(path)


def test_a_mask_may_be_infinite(path):
    """Networks of one's own keep such: attention is kept off by -inf."""
    state = load_checkpoint(path).state_dict | {'mask': torch.full((2, 2), -torch.inf)}
    settings = {'format': 1, 'class_names': ['background', 'bolt', 'nut']}
    save_file(state, path, {'discinst_ros': json.dumps(settings)})
    assert load_checkpoint(path).state_dict['mask'].isinf().all()


def test_nothing_but_the_file_is_left(path):
    assert [file.name for file in path.parent.iterdir()] == ['weights.safetensors']


def test_bandwidth_default():
    assert ModelConfig(delta_v=0.4, delta_d=1.0).clustering_bandwidth == pytest.approx(0.8)
    assert CONFIG.clustering_bandwidth == pytest.approx(0.9)


def rewrite(path, **changes):
    """Save the file again with other settings in its metadata."""
    settings = {'format': 1, 'network': 'enet', 'embedding_dim': 4, 'coordinates': True,
                'class_names': ['background', 'bolt', 'nut'], **changes}
    save_file(load_file(path), path, {'discinst_ros': json.dumps(settings)})


def spoil(path, how):
    whole = path.read_bytes()
    if how == 'missing':
        path.unlink()
    elif how == 'empty':
        path.write_bytes(b'')
    elif how == 'truncated':
        path.write_bytes(whole[:len(whole) // 2])
    elif how == 'other file':
        path.write_bytes(b'\x89PNG' + bytes(200))
    elif how == 'other program':
        save_file({'weight': torch.zeros(3)}, path)
    elif how == 'no json':
        save_file(load_file(path), path, {'discinst_ros': '{'})
    elif how == 'newer':
        rewrite(path, format=2)
    elif how == 'unknown setting':
        rewrite(path, colour='red')
    elif how == 'bad setting':
        rewrite(path, delta_v=-1)
    elif how == 'no json of the training':
        settings = {'format': 1, 'class_names': ['background', 'bolt']}
        save_file(load_file(path), path, {'discinst_ros': json.dumps(settings),
                                          'discinst_ros.training': '{oops'})


@pytest.mark.parametrize('how, words', [
    ('missing', 'does not exist'), ('empty', 'damaged'), ('truncated', 'damaged'),
    ('other file', 'damaged'), ('other program', 'not written by discinst_ros'),
    ('no json', 'unreadable configuration'), ('newer', 'format 2'),
    ('unknown setting', 'colour'), ('bad setting', 'delta_v'),
    ('no json of the training', 'unreadable configuration'),
])
def test_bad_files(path, how, words):
    spoil(path, how)
    with pytest.raises(CheckpointError, match=words) as caught:
        load_checkpoint(path)
    assert str(path) in str(caught.value)
    assert '\n' not in str(caught.value)


def test_the_state_of_a_training_is_no_checkpoint(tmp_path):
    torch.save({'global_step': 3}, tmp_path / 'last.ckpt')
    with pytest.raises(CheckpointError, match='it is for --resume; give the .safetensors file'):
        load_checkpoint(tmp_path / 'last.ckpt')


@pytest.mark.parametrize('changes, words', [
    ({'network': 'ennet'}, "did you mean 'enet'"),
    ({'embedding_dim': 6}, 'size mismatch'),
    ({'coordinates': False}, 'size mismatch'),
])
def test_weights_of_another_network(path, changes, words):
    rewrite(path, **changes)
    with pytest.raises(CheckpointError, match=words) as caught:
        build_from_checkpoint(load_checkpoint(path))
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('settings', [
    {'embedding_dim': 0}, {'class_names': ('background',)}, {'delta_v': 2.0}, {'bandwidth': 0.0},
    {'delta_d': float('inf')},
    {'long_side_px': 4}, {'long_side_px': 'wide'}, {'long_side_px': 64.5}, {'bandwidth': 'wide'},
    {'bandwidth': True}, {'score_weights': 3}, {'score_weights': {'bias': 'x'}},
    {'score_weights': {'bias': float('nan')}}])
def test_impossible_settings(settings):
    (name, value), = settings.items()
    with pytest.raises(ValueError, match=name) as caught:
        ModelConfig(**settings)
    assert (repr(list(value)) if name == 'class_names' else str(value)) in str(caught.value)


@pytest.mark.parametrize('changes', [
    {'embedding_dim': 'many'}, {'embedding_dim': 8.0}, {'embedding_dim': True}, {'network': None},
    {'network': 5}, {'coordinates': 'yes'}, {'std': None}, {'std': [0.2, 0.2, 0.0]},
    {'mean': [0.5, 0.5]}, {'mean': [0.5, float('nan'), 0.5]}, {'class_names': 'ab'},
    {'class_names': ['background', 1]}, {'bandwidth': float('nan')}, {'delta_v': None}])
def test_settings_of_another_type_are_refused_by_name(path, changes):
    rewrite(path, **changes)
    with pytest.raises(CheckpointError, match=f'invalid configuration: .*{next(iter(changes))}'):
        load_checkpoint(path)


def test_weights_that_two_names_share_are_kept(tmp_path):
    network = torch.nn.ModuleDict({'one': torch.nn.Linear(3, 3)})
    network['other'] = network['one']
    save_checkpoint(tmp_path / 'weights.safetensors', network, CONFIG)
    state = load_checkpoint(tmp_path / 'weights.safetensors').state_dict
    for name in ('one.weight', 'other.weight'):
        assert torch.equal(state[name], network['one'].weight)
