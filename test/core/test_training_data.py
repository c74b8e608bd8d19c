# SPDX-License-Identifier: Apache-2.0
"""Data and settings that cannot be trained with, or not gone on with: each is told."""

from dataclasses import replace
import re

from discinst_ros.data.augment import Augmentation
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import Sample
from discinst_ros.scenes import draw_scene
from discinst_ros.training.data_module import InstanceData
from discinst_ros.training.errors import TrainingError
from discinst_ros.training.instance_watch import InstanceWatch
import numpy as np
import pytest
import torch


@pytest.mark.parametrize('settings, words', [
    ({'train': {'sticks': 0.0}}, 'not all 0'),
    ({'train': {'sticks': float('inf'), 'shapes': 1.0}}, 'expected finite shares'),
    ({'train': 'stiks'}, 'neither a folder nor'),
    ({'held_out': 1.5}, 'data.held_out is 1.5'),
    ({'width': 8}, 'data.width is 8'),
    ({'val': 'sticks', 'val_split': 'val'}, "data.val 'sticks' is drawn and has no parts"),
    ({'train': 'tote'}, 'too few to hold one out')])
def test_settings_that_cannot_be(settings, words):
    with pytest.raises(ValueError, match=words):
        InstanceData(**settings)


def test_data_without_instances_is_noticed(tmp_path):
    for number in range(4):
        sample = draw_scene('sticks', number, 48, 40)
        write_sample(tmp_path, replace(sample, depth=None, labels=np.zeros_like(sample.labels)))
    data = InstanceData(train=str(tmp_path), workers=0)
    with pytest.raises(TrainingError, match='none of the 3 images to train on has an instance'):
        data.setup('fit')


def test_network_that_sees_depth_has_to_be_shown_some(tmp_path):
    InstanceData('sticks', depth=True, width=64, height=48).setup('fit')
    for number in range(2):
        write_sample(tmp_path, replace(draw_scene('sticks', number, 64, 48), depth=None))
    with pytest.raises(TrainingError, match='config.depth is given and none of 20 images has'):
        InstanceData(str(tmp_path), depth=True, width=64, height=48).setup('fit')


def test_first_epoch_has_to_show_an_instance():
    class Alone:
        strategy = type('Strategy', (), {'reduce': staticmethod(lambda tensor, **_: tensor)})

    module = torch.nn.Linear(1, 1)
    module.device = 'cpu'
    empty, full = ({'labels': torch.full((1, 2, 2), value)} for value in (0, 3))
    watch = InstanceWatch()
    watch.on_train_batch_end(None, module, None, empty, 0)
    with pytest.raises(TrainingError, match='a whole epoch have no instance'):
        watch.on_train_epoch_end(Alone, module)
    watch.on_train_batch_end(None, module, None, full, 1)
    watch.on_train_epoch_end(Alone, module)


def test_resuming_with_other_samples_is_refused():
    data = InstanceData(workers=0, batch_size=4)
    data.load_state_dict(data.state_dict())
    with pytest.raises(TrainingError, match='images per step 4, now it is 8'):
        InstanceData(workers=0, batch_size=8).load_state_dict(data.state_dict())
    varied = InstanceData(workers=0, batch_size=4, augment=Augmentation())
    varied.load_state_dict(varied.state_dict())
    with pytest.raises(TrainingError, match='augment True, now it is False'):
        data.load_state_dict(varied.state_dict())
    with pytest.raises(TrainingError, match=r'augment.scale \(0.75, 1.35\), now it is \(1, 2\)'):
        InstanceData(workers=0, batch_size=4, augment=Augmentation(scale=(1, 2))
                     ).load_state_dict(varied.state_dict())


def test_a_folder_may_move_and_its_share_may_not_change(tmp_path):
    for place in ('here/parts', 'there/parts', 'there/others'):
        for seed in range(4):
            write_sample(tmp_path / place, draw_scene('sticks', seed, 48, 40))
    here, there, others = (str(tmp_path / place)
                           for place in ('here/parts', 'there/parts', 'there/others'))
    before = InstanceData({here: 3.0, 'sticks': 1.0}, workers=0).state_dict()
    InstanceData({there: 0.75, 'sticks': 0.25}, workers=0).load_state_dict(before)
    for other in ({there: 0.5, 'sticks': 0.5}, {there: 0.75, 'shapes': 0.25},
                  {others: 0.75, 'sticks': 0.25}, {there: 1.0}):
        with pytest.raises(TrainingError, match=r'data.train sticks 0.25, parts 0.75 \(4 images'):
            InstanceData(other, workers=0).load_state_dict(before)


def test_a_folder_that_has_grown_is_another_training(tmp_path):
    """What is held out follows from the number of images, so the scores would be others."""
    for seed in range(4):
        write_sample(tmp_path, draw_scene('sticks', seed, 48, 40))
    before = InstanceData(str(tmp_path), workers=0).state_dict()
    InstanceData(str(tmp_path), workers=0).load_state_dict(before)
    write_sample(tmp_path, draw_scene('sticks', 4, 48, 40))
    with pytest.raises(TrainingError, match=r'\S+ 1 \(4 images\), now it is .*\(5 images'):
        InstanceData(str(tmp_path), workers=0).load_state_dict(before)


def test_what_is_validated_with_may_not_change(tmp_path):
    """Of many images as few are validated with either way, and others are trained on."""
    for place in ('parts', 'val', 'others'):
        for seed in range(10):
            write_sample(tmp_path / place, draw_scene('sticks', seed, 48, 40))

    def data(**settings):
        return InstanceData(str(tmp_path / 'parts'), workers=0, validation_images=2, **settings)

    before = data(held_out=0.2).state_dict()
    data(held_out=0.2).load_state_dict(before)
    with pytest.raises(TrainingError, match='data.val a share of 0.2 held out, now it is a share '
                                            'of 0.5 held out; give the same settings'):
        data(held_out=0.5).load_state_dict(before)
    own = data(val=str(tmp_path / 'val'))
    data(val=str(tmp_path / 'val'), held_out=0.5).load_state_dict(own.state_dict())  # unused
    with pytest.raises(TrainingError, match='has data.val val, now it is others'):
        data(val=str(tmp_path / 'others')).load_state_dict(own.state_dict())
    before.pop('data.val')  # as states were written that did not know of it
    data(held_out=0.5).load_state_dict(before)


@pytest.mark.parametrize('given', [
    {'split': 'train'}, {'images': 5}, {'options': {'count': 5}}, {'format': 'coco'}])
def test_what_only_files_have_is_refused_of_drawn_scenes(given):
    name = next(iter(given))
    name = 'options.count' if name == 'options' else name
    with pytest.raises(ValueError, match=f'data.{name} is '):
        InstanceData('sticks', **given)


@pytest.mark.parametrize('shape, words', [
    ((64, 64), 'data.width 48 and data.height 48 fit'), ((64, 48), 'data.height 48 fit'),
    ((40, 48), None), ((27, 48), None),
    ((32, 36), 'images of 36x32 do not fill 48x40 .*; data.width 36 and data.height 32 fit')])
def test_what_the_node_sees_otherwise_is_told(tmp_path, caplog, shape, words):
    labels = np.ones(shape, np.int32)
    for name in 'ab':
        write_sample(tmp_path, Sample(name, np.zeros((*shape, 3), np.uint8), labels))
    with caplog.at_level('INFO', logger='discinst_ros'):
        InstanceData(str(tmp_path), width=48, height=40, workers=0).setup('fit')
    told = [one for one in caplog.messages if 'the node' in one]
    assert len(told) == (words is not None)
    assert all(re.search(words, one) for one in told)
