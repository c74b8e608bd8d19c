# SPDX-License-Identifier: Apache-2.0
"""What is trained on and what is held out: never the same image, never two of one heap."""

from dataclasses import replace

from discinst_ros.data.folder import write_sample
from discinst_ros.scenes import draw_scene
from discinst_ros.training.data_module import InstanceData
import pytest
import torch


@pytest.fixture
def folder(tmp_path):
    """Five labelled images of three sizes."""
    for number, size in enumerate([(64, 48), (96, 72), (40, 48), (64, 48), (64, 48)]):
        sample = draw_scene('sticks', number, *size)
        write_sample(tmp_path / 'images', replace(sample, name=f'image {number}', depth=None))
    return str(tmp_path / 'images')


def test_own_folder_is_divided_and_brought_to_one_size(folder):
    data = InstanceData(train=folder, held_out=0.4, width=64, height=48, batch_size=2, workers=0,
                        samples_per_epoch=6)
    data.setup('fit')
    batches = list(data.train_dataloader())
    assert [tuple(batch['image'].shape) for batch in batches] == [(2, 48, 64, 3)] * 3
    assert all(batch['labels'].dtype == torch.int64 for batch in batches)
    held_out = {sample.name for sample in (data._validation[k] for k in range(2))}
    trained = {data._samples[number].name for number in range(30)}
    assert len(held_out) == 2 and len(trained) == 3 and not held_out & trained
    again = InstanceData(train=folder, held_out=0.4, workers=0)
    assert {again._validation[k].name for k in range(2)} == held_out
    assert sum(len(batch['image']) for batch in data.val_dataloader()) == 2


@pytest.mark.parametrize('file', ['heaps.json', 'heaps-0-truth.json'])
def test_pictures_of_one_heap_are_held_out_together(tmp_path, file):
    for number in range(12):
        write_sample(tmp_path, replace(draw_scene('sticks', number, 48, 40),
                                       name=f'heaps-{number}', depth=None))
    (tmp_path / file).write_text('{"options": {"views": 3}}')
    data = InstanceData(str(tmp_path), held_out=0.5, workers=0)

    def heaps(samples, count):
        return {int(samples[k].name.rpartition('-')[2]) // 3 for k in range(count)}

    held = heaps(data._validation, len(data._validation))
    trained = heaps(data._samples, len(data._samples.indices))
    assert len(data._validation) == 6 and held | trained == {0, 1, 2, 3} and not held & trained
    few = InstanceData(str(tmp_path), held_out=0.1, workers=0)
    assert len(few._validation) == 3 and len(few._samples.indices) == 9
    (tmp_path / file).write_text('{"options": {"views": 12}}')
    with pytest.raises(ValueError, match='12 images of one heap, too few to hold one out'):
        InstanceData(str(tmp_path), workers=0)


def test_heaps_of_several_folders_are_several(tmp_path):
    for part in ('a', 'b'):
        for number in range(2):
            write_sample(tmp_path / part, replace(draw_scene('sticks', number, 48, 40),
                                                  name=f'heaps-{number}', depth=None))
        (tmp_path / part / 'heaps.json').write_text('{"options": {"views": 2}}')
    data = InstanceData(str(tmp_path), workers=0, images=4)
    assert len({data._validation[k].name.partition('-')[0] for k in range(2)}) == 1


def test_validation_with_data_of_its_own(folder):
    data = InstanceData(train=folder, val='sticks', validation_images=3, workers=0, width=64,
                        height=48)
    assert len(data._samples.indices) == 5
    assert [data._validation[k].name for k in range(3)] == ['sticks-0', 'sticks-1', 'sticks-2']
    mixed = InstanceData(train={folder: 0.5, 'sticks': 0.5}, workers=0, width=64, height=48)
    assert mixed._validation[0].name.startswith('image')  # own images are what it is for


def test_validation_takes_few_of_many(folder):
    data = InstanceData(train='sticks', val=folder, validation_images=2, workers=0)
    assert [data._validation[k].name for k in range(2)] == ['image 0', 'image 4']


@pytest.fixture
def parts(tmp_path):
    """Return the path of a dataset with the splits train and val, two images each."""
    for seed, split in enumerate(['train', 'train', 'val', 'val']):
        write_sample(tmp_path / 'parts' / split, draw_scene('sticks', seed, 48, 40))
    return str(tmp_path / 'parts')


@pytest.mark.parametrize('settings, words', [
    ({'val_split': 'val'}, "data.val_split is 'val' and data.split is not given, so val would be "
     'trained on; give --data.split train'),
    ({'val': '{}', 'val_split': 'val'}, 'data.split is not given, so val would be trained on'),
    ({'split': 'val', 'val_split': 'val'}, "are both 'val', .*; give --data.split train"),
    ({'val': '{}/../parts', 'split': 'train', 'val_split': 'train'}, "are both 'train', .*; give "
     'another --data.split'),
    ({'val': '{}'}, 'which is trained on; give another folder'),
    ({'val': '{}', 'split': 'train'}, 'which is trained on; give another folder'),
    ({'val': '{}/val'}, "lies in data.train '.*parts' and would be trained on; give --data.split"),
    ({'val': '{}/val', 'split': 'val'}, 'would be trained on')])
def test_what_is_trained_on_validates_nothing(parts, settings, words):
    given = {name: value.format(parts) for name, value in settings.items()}
    with pytest.raises(ValueError, match=words):
        InstanceData(parts, workers=0, **given)


@pytest.mark.parametrize('settings', [
    {'split': 'train', 'val_split': 'val'}, {'val': '{}', 'split': 'train', 'val_split': 'val'},
    {'val': '{}/val', 'split': 'train'}, {'val': 'sticks'}])
def test_parts_that_are_kept_apart(parts, settings):
    given = {name: value.format(parts) for name, value in settings.items()}
    data = InstanceData(parts, workers=0, **given)
    held = {data._validation[k].name.rpartition('-')[2] for k in range(2)}
    assert held == ({'0', '1'} if settings.get('val') == 'sticks' else {'2', '3'})
