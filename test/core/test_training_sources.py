# SPDX-License-Identifier: Apache-2.0
"""Which sample comes when: shares, order, seeds, and what each of several processes takes."""

from dataclasses import replace

import cv2
from discinst_ros.data.sample import Sample
from discinst_ros.scenes import draw_scene, FIRST_TRAINING_SEED
from discinst_ros.training.data_module import InstanceData
from discinst_ros.training.sources import DrawnScenes, Mixture, Shuffled
from discinst_ros.training.stream import EvenBatches, SampleStream, StreamBatches
import numpy as np
import pytest
import torch


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


def test_processes_load_after_opencv_has_run_in_threads():
    """A forked process that inherits a pool of threads without the threads waits for ever."""
    cv2.setNumThreads(2)
    cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.float32), (0, 0), 3)
    data = InstanceData('sticks', width=64, height=48, batch_size=2, workers=1)
    assert next(iter(data.train_dataloader()))['image'].shape == (2, 48, 64, 3)
