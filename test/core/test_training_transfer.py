# SPDX-License-Identifier: Apache-2.0
"""Weights of one network for another: what corresponds is taken, the rest is named."""

from dataclasses import replace

from discinst_ros.checkpoint import Checkpoint, CheckpointError, load_checkpoint, save_checkpoint
from discinst_ros.model_config import ModelConfig
from discinst_ros.networks import NETWORKS
from discinst_ros.resources import drawn_checkpoint, find_shipped
from discinst_ros.training.task import EmbeddingTask
from discinst_ros.training.transfer import take_weights
import pytest
import torch

BASE = ModelConfig(embedding_dim=4, class_names=('background', 'nut', 'bolt'))


@pytest.fixture(scope='module')
def given(tmp_path_factory):
    """Return a checkpoint whose weights no fresh network has."""
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp('given') / 'given.safetensors'
    save_checkpoint(path, BASE.build(), BASE)
    return load_checkpoint(path)


def transferred(config, given):
    torch.manual_seed(2)
    network = config.build()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    return before, network.state_dict(), take_weights(network, config, given)


def test_the_same_network_takes_everything(given):
    _, after, fresh = transferred(BASE, given)
    assert fresh == []
    assert all(torch.equal(value, given.state_dict[name]) for name, value in after.items())


def test_other_classes_by_name(given):
    config = replace(BASE, class_names=('background', 'washer', 'nut'))
    before, after, fresh = transferred(config, given)
    assert fresh == ["class 'washer'"]
    for name, axis in (('head.weight', 1), ('head.bias', 0)):
        old, new = given.state_dict[name], after[name]
        for channel, source in ((0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (6, 5)):
            assert torch.equal(new.select(axis, channel), old.select(axis, source))
        assert torch.equal(new.select(axis, 5), before[name].select(axis, 5))
    assert torch.equal(after['stage1.0.extension.0.0.weight'],
                       given.state_dict['stage1.0.extension.0.0.weight'])


def test_another_embedding_dimension(given):
    config = replace(BASE, embedding_dim=6)
    before, after, fresh = transferred(config, given)
    assert fresh == ['embedding']
    assert torch.equal(after['head.bias'][6:], given.state_dict['head.bias'][4:])
    assert torch.equal(after['head.bias'][:6], before['head.bias'][:6])


def test_coordinate_channels(given):
    config = replace(BASE, coordinates=True)
    before, after, fresh = transferred(config, given)
    assert fresh == ['initial.convolution.weight']
    assert torch.equal(after['initial.convolution.weight'], before['initial.convolution.weight'])
    assert torch.equal(after['head.weight'], given.state_dict['head.weight'])


def test_branch_for_depth_beside_the_weights_of_colours(given):
    config = replace(BASE, depth='normals', fusion='branch')
    _, after, fresh = transferred(config, given)
    assert fresh == ['branch_initial', 'branch_down1', 'branch_stage1']
    assert all(torch.equal(after[name], tensor) for name, tensor in given.state_dict.items())


def test_another_architecture(given, monkeypatch):
    monkeypatch.setitem(NETWORKS, 'other', NETWORKS['enet'])
    with pytest.raises(CheckpointError, match="is of the network 'enet', not 'other'"):
        take_weights(BASE.build(), replace(BASE, network='other'), given)
    lacking = dict(list(given.state_dict.items())[:-1])
    with pytest.raises(CheckpointError, match='does not fit the network'):
        take_weights(BASE.build(), BASE, Checkpoint(given.path, BASE, lacking))


def test_what_is_fresh_is_said_in_one_line(given, caplog):
    caplog.set_level('INFO')
    EmbeddingTask(replace(BASE, embedding_dim=5, class_names=('background', 'cup')),
                  start_from=str(given.path))
    line, = (record.getMessage() for record in caplog.records)
    assert line.endswith("given.safetensors'; freshly initialised: embedding, class 'cup'")


def test_shipped_weights_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_shipped('weights/drawn-rgb.safetensors') == drawn_checkpoint()
    assert str(find_shipped('weights/none.safetensors')) == 'weights/none.safetensors'
