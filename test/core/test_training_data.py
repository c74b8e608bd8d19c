# SPDX-License-Identifier: Apache-2.0
"""Samples for training: their rules, their size, their order, and what is held out."""

from dataclasses import replace
import re

import cv2
from discinst_ros.data.augment import Augmentation
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import Sample
from discinst_ros.geometry.camera import deproject
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.model_config import ModelConfig
from discinst_ros.scenes import draw_scene, FIRST_TRAINING_SEED
from discinst_ros.training.batch import network_input, to_tensors, without_classes
from discinst_ros.training.data_module import InstanceData
from discinst_ros.training.errors import TrainingError
from discinst_ros.training.instance_watch import InstanceWatch
from discinst_ros.training.sizing import crop_to, reduce_to
from discinst_ros.training.sources import DrawnScenes, Mixture, Shuffled
from discinst_ros.training.stream import EvenBatches, SampleStream, StreamBatches
from discinst_ros.training.whole_images import run_on_whole
import numpy as np
import pytest
import torch
from torch.utils.data import default_collate


class Listed:
    """A dataset of little images whose only pixel value is their index."""

    class_names = ('background', 'object')

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return Sample(f'{index}', np.full((32, 32, 3), index, np.uint8),
                      np.ones((32, 32), np.int32))


@pytest.fixture
def folder(tmp_path):
    """Five labelled images of three sizes."""
    for number, size in enumerate([(64, 48), (96, 72), (40, 48), (64, 48), (64, 48)]):
        sample = draw_scene('sticks', number, *size)
        write_sample(tmp_path / 'images', replace(sample, name=f'image {number}', depth=None))
    return str(tmp_path / 'images')


def test_classes_of_ignored_pixels():
    labels = np.array([[-1, -1, 0, 3]], np.int32)
    classes = np.array([[2, 0, 1, 2]], np.uint8)
    sample = Sample('s', np.zeros((1, 4, 3), np.uint8), labels, classes)
    assert to_tensors(sample, num_classes=3)['classes'].tolist() == [[2, -1, 1, 2]]
    assert to_tensors(without_classes(sample))['classes'].tolist() == [[1, -1, 0, 1]]
    assert to_tensors(replace(sample, classes=None))['classes'].tolist() == [[-1, -1, 0, 1]]


@pytest.mark.parametrize('labels, classes, words', [
    (None, None, 'has no labels'),
    ([[1, 0]], [[0, 0]], 'instance 1 has pixels of class 0'),
    ([[1, 0]], [[3, 0]], 'has class 3, the data names 3 classes, 0 to 2')])
def test_samples_that_cannot_be_trained_on(labels, classes, words):
    sample = Sample('s', np.zeros((1, 2, 3), np.uint8),
                    None if labels is None else np.array(labels, np.int32),
                    None if classes is None else np.array(classes, np.uint8))
    with pytest.raises(ValueError, match=words):
        to_tensors(sample, num_classes=3)


def test_reduced_as_the_node_does():
    sample = draw_scene('sticks', 2, 128, 64)
    small = reduce_to(sample, 64, 48)
    assert small.image.shape == (48, 64, 3)
    averages = sample.image[:64].reshape(32, 2, 64, 2, 3).mean((1, 3))
    inner = np.abs(small.image[1:31, 1:63] - averages[1:31, 1:63].astype(int))
    assert inner.mean() < 20  # the same picture; its filter is wider than 2x2
    assert np.array_equal(small.labels[:32], sample.labels[1::2, 1::2])
    assert (small.labels[32:] == -1).all()
    assert (to_tensors(small)['classes'][32:] == -1).all()


def test_smaller_images_stay_as_they_are():
    sample = draw_scene('sticks', 2, 40, 32)
    padded = reduce_to(sample, 64, 48)
    assert np.array_equal(padded.image[:32, :40], sample.image)
    assert np.array_equal(padded.labels[:32, :40], sample.labels)
    assert (padded.labels[:, 40:] == -1).all() and (padded.labels[32:] == -1).all()


def test_crops_are_windows():
    rows, columns = np.mgrid[:50, :60].astype(np.int32)
    sample = Sample('s', np.stack([rows, columns, rows], -1).astype(np.uint8), rows * 60 + columns)
    middle = crop_to(sample, 40, 32, None)
    assert middle.labels[0, 0] == 9 * 60 + 10
    corners = set()
    for seed in range(30):
        window = crop_to(sample, 40, 32, np.random.default_rng(seed))
        top, left = divmod(int(window.labels[0, 0]), 60)
        assert np.array_equal(window.image, sample.image[top:top + 32, left:left + 40])
        assert np.array_equal(window.labels, sample.labels[top:top + 32, left:left + 40])
        corners.add((top, left))
    assert len(corners) > 20


def coordinates(sample):
    batch = {name: value[None] for name, value in to_tensors(sample).items()}
    return network_input(batch, ModelConfig(coordinates=True))[0, 3:].numpy()


def test_coordinates_are_those_of_the_whole_image():
    """As the node has them, which is never shown a window or a border that is filled up."""
    sample = draw_scene('sticks', 2, 60, 50)
    whole = coordinates(sample)
    np.testing.assert_allclose(whole[0, 7], np.linspace(-1, 1, 60), atol=1e-6)
    np.testing.assert_allclose(coordinates(reduce_to(sample, 96, 64))[:, :50, :60], whole,
                               atol=1e-6)
    middle = coordinates(crop_to(sample, 40, 32, None))
    np.testing.assert_allclose(middle, whole[:, 9:41, 10:50], atol=1e-6)
    narrow = coordinates(crop_to(sample, 40, 64, None))
    np.testing.assert_allclose(narrow[:, :50], whole[:, :, 10:50], atol=1e-6)


@pytest.mark.parametrize('depth', [None, 'normals'])
def test_held_out_images_are_run_as_the_node_runs_them(depth):
    """Images of two sizes, of which none fills the batch."""
    torch.manual_seed(0)
    config = ModelConfig(coordinates=True, depth=depth, long_side_px=96)
    network = config.build().eval()
    samples = [draw_scene('sticks', 2, *size) for size in ((64, 48), (80, 56), (64, 48))]
    batch = default_collate([to_tensors(reduce_to(sample, 96, 72), depth=depth is not None)
                             for sample in samples])
    segmenter = InstanceSegmenter(network, config, 'cpu')
    with torch.inference_mode():
        found = run_on_whole(network, batch, config)
    for sample, embeddings, scores in zip(samples, *found):
        rows, columns = sample.labels.shape
        seen = segmenter.look(sample.image, sample.depth, sample.intrinsics)
        torch.testing.assert_close(embeddings[:, :rows, :columns], seen.embeddings)
        assert torch.equal(scores.argmax(0)[:rows, :columns], seen.classes)
        assert not scores[:, rows:].any() and not embeddings[:, :, columns:].any()


def test_depth_and_camera_go_with_the_image():
    """The point that a pixel sees stays what it was."""
    sample = draw_scene('sticks', 2, 128, 64)
    numbers = np.arange(64 * 128, dtype=np.int32).reshape(64, 128)
    points = deproject(sample.depth, sample.intrinsics).reshape(-1, 3)
    sample = replace(sample, labels=numbers)
    half_a_pixel = 0.51 * sample.depth.max() / sample.intrinsics.fx
    for seen, tolerance in (
            (crop_to(sample, 64, 48, np.random.default_rng(3)), 1e-6),
            # Of four pixels the one at the lower right is taken, half a pixel off their middle.
            (reduce_to(sample, 64, 48), half_a_pixel)):
        assert (seen.intrinsics.width, seen.intrinsics.height) == (64, 48)
        inside = seen.labels >= 0
        assert np.isnan(seen.depth[~inside]).all() and inside.sum() >= 64 * 32
        np.testing.assert_allclose(deproject(seen.depth, seen.intrinsics)[inside],
                                   points[seen.labels[inside]], atol=tolerance)


def test_tensors_of_depth():
    sample = draw_scene('sticks', 2, 64, 48)
    camera = sample.intrinsics
    tensors = to_tensors(sample, depth=True)
    assert np.array_equal(tensors['depth'].numpy(), sample.depth, equal_nan=True)
    assert tensors['camera'].tolist() == pytest.approx(
        [camera.fx, camera.fy, camera.cx, camera.cy])
    without = to_tensors(replace(sample, depth=None, intrinsics=None), depth=True)
    assert without['depth'].isnan().all() and without['camera'].isfinite().all()
    assert 'depth' not in to_tensors(sample)
    with pytest.raises(ValueError, match='has depth and no camera'):
        to_tensors(replace(sample, intrinsics=None), depth=True)


def test_every_pass_has_every_image_once_in_an_order_of_its_own():
    samples = Shuffled(Listed(20), range(3, 15), seed=5)
    passes = [[samples[12 * turn + k].name for k in range(12)] for turn in range(3)]
    for names in passes:
        assert sorted(map(int, names)) == list(range(3, 15))
    assert len(set(map(tuple, passes))) == 3
    again = Shuffled(Listed(20), range(3, 15), seed=5)
    assert [again[k].name for k in range(12, 24)] == passes[1]


def test_drawn_kinds_in_their_shares():
    only = DrawnScenes({'sticks': 0.0, 'shapes': 1.0}, (64, 48), 5)
    assert np.array_equal(only[2].image, draw_scene('shapes', 7, 64, 48).image)
    both = DrawnScenes({'sticks': 0.75, 'shapes': 0.25}, (32, 32), 0)
    names = [both[number].name for number in range(120)]
    # 90 of 120 expected, standard deviation 4.7.
    assert 76 <= sum(name.startswith('sticks') for name in names) <= 104


def test_mixture_in_its_shares():
    first, second = Shuffled(Listed(1), [0], 0), Shuffled(Listed(2), [1], 0)
    names = [Mixture([first, second], [3, 1], seed=1)[k].name for k in range(400)]
    assert abs(names.count('0') - 300) < 35  # four standard deviations


def test_training_never_draws_held_out_scenes_nor_those_of_another_seed():
    data = InstanceData(workers=0, width=32, height=32)
    name = data._samples[0].name
    assert int(name.rpartition('-')[2]) >= FIRST_TRAINING_SEED
    held_out = [int(data._validation[k].name.rpartition('-')[2]) for k in range(64)]
    assert max(held_out) < FIRST_TRAINING_SEED
    assert InstanceData(workers=0, width=32, height=32, seed=2)._samples[0].name != name


def test_numbers_of_two_processes_are_those_of_one():
    settings = {'first': 7, 'done': 2, 'count': 3}
    one = list(StreamBatches(**settings, batch_size=4))
    two = [list(StreamBatches(**settings, batch_size=2, rank=rank, world_size=2))
           for rank in (0, 1)]
    assert [a + b for a, b in zip(*two)] == one
    assert one[0] == [28, 29, 30, 31]
    assert len(StreamBatches(**settings, batch_size=4)) == 5  # with those done before


@pytest.mark.parametrize('count, world_size, batch_size', [
    (64, 1, 8), (5, 2, 4), (3, 2, 1), (7, 3, 2), (2, 2, 8)])
def test_processes_validate_equally_often(count, world_size, batch_size):
    parts = [list(EvenBatches(count, batch_size=batch_size, rank=rank, world_size=world_size))
             for rank in range(world_size)]
    assert len({len(part) for part in parts}) == 1
    assert all(batch for part in parts for batch in part)
    assert sorted(k for part in parts for batch in part for k in batch) == list(range(count))


def test_more_processes_than_images_to_validate_with():
    with pytest.raises(ValueError, match='2 images to validate with and 3 processes'):
        EvenBatches(2, batch_size=1, world_size=3)


def test_augmentation_follows_from_seed_and_number():
    def brighter(sample, rng, *, other):
        return replace(sample, image=sample.image + np.uint8(rng.integers(100)),
                       labels=other().labels)

    def stream(seed):
        return SampleStream(DrawnScenes({'sticks': 1}, (48, 40), 0), (48, 40), num_classes=2,
                            seed=seed, augment=brighter)

    one, again, another = stream(1)[3], stream(1)[3], stream(2)[3]
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one['image'], another['image'])
    plain = draw_scene('sticks', 3, 48, 40)
    assert not np.array_equal(one['labels'], plain.labels)


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


@pytest.mark.parametrize('settings, words', [
    ({'train': {'sticks': 0.0}}, 'not all 0'),
    ({'train': 'stiks'}, 'neither a folder nor'),
    ({'held_out': 1.5}, 'data.held_out is 1.5'),
    ({'width': 8}, 'data.width is 8'),
    ({'val': 'sticks', 'val_split': 'val'}, "data.val 'sticks' is drawn and has no parts"),
    ({'train': 'tote'}, 'too few to hold one out')])
def test_settings_that_cannot_be(settings, words):
    with pytest.raises(ValueError, match=words):
        InstanceData(**settings)


def test_sources_with_other_classes():
    class Parts(Listed):
        class_names = ('background', 'nut', 'bolt')

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('discinst_ros.training.division.open_dataset',
                      lambda source, **_: Parts(9))
        assert InstanceData(train='nuts').class_names == Parts.class_names
        with pytest.raises(ValueError, match='different classes'):
            InstanceData(train={'nuts': 1.0, 'sticks': 1.0})
        merged = InstanceData(train={'nuts': 1.0, 'sticks': 1.0}, class_agnostic=True)
        assert merged.class_names == ('background', 'object')


def test_data_without_instances_is_noticed(tmp_path):
    for number in range(4):
        sample = draw_scene('sticks', number, 48, 40)
        write_sample(tmp_path, replace(sample, depth=None, labels=np.zeros_like(sample.labels)))
    data = InstanceData(train=str(tmp_path), workers=0)
    with pytest.raises(TrainingError, match='none of the 3 images to train on has an instance'):
        data.setup('fit')


def test_network_that_sees_depth_has_to_be_shown_some(folder):
    InstanceData('sticks', depth=True, width=64, height=48).setup('fit')
    with pytest.raises(TrainingError, match='config.depth is given and none of 20 images has'):
        InstanceData(folder, depth=True, width=64, height=48).setup('fit')


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


def test_processes_load_after_opencv_has_run_in_threads():
    """A forked process that inherits a pool of threads without the threads waits for ever."""
    cv2.setNumThreads(2)
    cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.float32), (0, 0), 3)
    data = InstanceData('sticks', width=64, height=48, batch_size=2, workers=1)
    assert next(iter(data.train_dataloader()))['image'].shape == (2, 48, 64, 3)


def test_a_folder_that_has_grown_is_another_training(tmp_path):
    """What is held out follows from the number of images, so the scores would be others."""
    for seed in range(4):
        write_sample(tmp_path, draw_scene('sticks', seed, 48, 40))
    before = InstanceData(str(tmp_path), workers=0).state_dict()
    InstanceData(str(tmp_path), workers=0).load_state_dict(before)
    write_sample(tmp_path, draw_scene('sticks', 4, 48, 40))
    with pytest.raises(TrainingError, match=r'images by source .* 4}, now it is .* 5}'):
        InstanceData(str(tmp_path), workers=0).load_state_dict(before)


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
