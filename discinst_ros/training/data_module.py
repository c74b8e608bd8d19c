# SPDX-License-Identifier: Apache-2.0
"""The data of a training: any dataset, drawn scenes, or a mixture; held-out images to validate."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import cv2
from discinst_ros.data.augment import Augmentation
from discinst_ros.data.dataset import Dataset
from discinst_ros.training.batch import Batch
from discinst_ros.training.division import divide
from discinst_ros.training.epoch import epoch_place
from discinst_ros.training.errors import TrainingError
from discinst_ros.training.first_look import (
    compare_with_node,
    read_all,
    refuse_without_depth,
    refuse_without_instance,
)
from discinst_ros.training.sources import Endless, Shuffled
from discinst_ros.training.stream import (
    EvenBatches,
    SampleStream,
    Sizing,
    StreamBatches,
)
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader

#: What is trained on unless a recipe says otherwise.
_DRAWN = {'sticks': 0.5, 'shapes': 0.5}


class InstanceData(LightningDataModule):
    """
    Feed labelled images to the trainer.

    :param train: what to train on: a path, a kind of drawn scenes (sticks, shapes, ...), or
        several of them with their shares, as in {sticks: 0.6, my_folder: 0.4}.
    :param val: what to validate with, a path or a kind of drawn scenes; null holds out a part of
        ``train``, or draws scenes that training never draws.
    :param format: of the files: auto finds out.
    :param split: part of the dataset to train on, where it has parts.
    :param val_split: part to validate with; without ``val`` it is a part of ``train``.
    :param options: further arguments of the dataset's reader.
    :param images: use so many images of each path of ``train``, null uses all.
    :param class_agnostic: make one class, 'object', of all classes.
    :param held_out: share of the images of ``train`` to validate with, where nothing else says.
    :param width: of the images the network trains on, pixels.
    :param height: of the images the network trains on, pixels.
    :param sizing: how an image gets this size: 'reduce' as the node does, 'crop' cuts a window
        out of the full resolution.
    :param batch_size: images per step, of each process.
    :param samples_per_epoch: images between two validations, all processes together.
    :param validation_images: most images of a validation; as many drawn scenes.
    :param workers: processes that load; 0 loads in the training process.
    :param augment: how training samples are varied; their size is that above. {} takes the
        defaults, null varies nothing.
    :param depth: give depth, too, for a network that sees it.
    :param seed: of the order of the images, of what is held out and of the augmentation.
    """

    def __init__(self, train: str | dict[str, float] = _DRAWN, val: str | None = None,
                 format: str = 'auto',  # noqa: A002 - the word users know
                 split: str | None = None, val_split: str | None = None,
                 options: dict[str, Any] | None = None, images: int | None = None,
                 class_agnostic: bool = False,
                 held_out: float = 0.2, width: int = 320, height: int = 240,
                 sizing: Sizing = 'reduce', batch_size: int = 8, samples_per_epoch: int = 4000,
                 validation_images: int = 64, workers: int = 1,
                 augment: Augmentation | None = None, depth: bool = False,
                 seed: int = 1) -> None:
        super().__init__()
        for name, value, least in (
                ('width', width, 32), ('height', height, 32), ('batch_size', batch_size, 1),
                ('samples_per_epoch', samples_per_epoch, 1), ('workers', workers, 0),
                ('validation_images', validation_images, 1), ('seed', seed, 0),
                ('images', images, 1)):
            if value is not None and value < least:
                raise ValueError(f'data.{name} is {value}, expected {least} or more')
        if not 0 < held_out < 1:
            raise ValueError(f'data.held_out is {held_out}, expected a share between 0 and 1')
        self.size = (width, height)
        self.sizing: Sizing = sizing
        self.batch_size = batch_size
        self.samples_per_epoch = samples_per_epoch
        self.workers = workers
        self.augment = None if augment is None else _sized(augment, self.size, sizing)
        self.depth = depth
        self.seed = seed
        self.class_agnostic = class_agnostic
        divided = divide(
            {train: 1.0} if isinstance(train, str) else train, val, split=split,
            val_split=val_split, reader={'format': format, **(options or {})}, images=images,
            size=self.size, seed=seed, held_out=held_out, validation_images=validation_images,
            class_agnostic=class_agnostic)
        self.class_names = divided.class_names
        self._sources, self._validated = divided.sources, divided.validated
        self._samples = divided.training
        self._validation = divided.validation
        self._validation_source = divided.validation_source

    def setup(self, stage: str) -> None:
        """
        Look for depth, in a small dataset for an instance, and at the images to validate with.

        :raises TrainingError: where no image to train on has one, or one cannot be used.
        """
        if self.depth:
            refuse_without_depth(self._samples)
        if isinstance(self._samples, Shuffled):
            compare_with_node(self._samples[0], self.size, self.sizing)
            refuse_without_instance(self._samples)
        if self._validation_source is not None:
            read_all(self._stream(self._validation, None), len(self._validation),
                     self._validation_source)

    def train_dataloader(self) -> DataLoader[Batch]:
        """Return what is left of the current epoch."""
        rank, world = self._place()
        first, done, left = epoch_place(self.trainer, self.samples_per_epoch,
                                        self.batch_size * world)
        return self._loader(self._stream(self._samples, self.seed), StreamBatches(
            first=first, done=done, count=left, batch_size=self.batch_size, rank=rank,
            world_size=world))

    def val_dataloader(self) -> DataLoader[Batch]:
        """Return the held-out images, always the same."""
        rank, world = self._place()
        return self._validation_loader(rank, world)

    @property
    def validation_samples(self) -> Dataset:
        """The held-out images as they were read, before they are brought to one size."""
        return self._validation

    def all_validation_images(self) -> DataLoader[Batch]:
        """Return the held-out images, all of them, for one process alone."""
        return self._validation_loader(0, 1)

    def _validation_loader(self, rank: int, world_size: int) -> DataLoader[Batch]:
        return self._loader(self._stream(self._validation, None), EvenBatches(
            len(self._validation), batch_size=self.batch_size, rank=rank, world_size=world_size))

    def _stream(self, samples: Endless, seed: int | None) -> SampleStream:
        return SampleStream(
            samples, self.size, sizing=self.sizing, seed=seed, augment=self.augment,
            depth=self.depth,
            num_classes=None if self.class_agnostic else len(self.class_names))

    def _loader(self, stream: SampleStream,
                batches: StreamBatches | EvenBatches) -> DataLoader[Batch]:
        # OpenCV's threads do not survive the fork, and a process that loads would wait for them
        # for ever: here they end first. Loading is parallel by processes.
        cv2.setNumThreads(1)
        return DataLoader(stream, batch_sampler=batches, num_workers=self.workers)

    def _place(self) -> tuple[int, int]:
        """Return the rank of this process and the number of processes."""
        if self.trainer is None:
            return 0, 1
        return self.trainer.global_rank, self.trainer.world_size

    def state_dict(self) -> dict[str, object]:
        """Remember what a resumed training must have in common with this one."""
        augment = {} if self.augment is None else asdict(self.augment)
        accumulated = 1 if self.trainer is None else self.trainer.accumulate_grad_batches
        return {'seed': self.seed, 'samples_per_epoch': self.samples_per_epoch,
                'images per step': self.batch_size * self._place()[1],
                'trainer.accumulate_grad_batches': accumulated,
                'size': self.size, 'sizing': self.sizing, 'depth': self.depth,
                'augment': bool(augment),
                'data.train': self._sources, 'data.val': self._validated,
                'images to validate with': len(self._validation),
                **{f'augment.{name}': value for name, value in augment.items()}}

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """
        Refuse to go on with other samples.

        :raises TrainingError: naming the setting that differs.
        """
        for name, value in self.state_dict().items():
            before = state_dict.get(name, value)
            if before != value:
                raise TrainingError(f'the training to resume has {name} {before}, now it is '
                                    f'{value}; give the same settings, or start a new training '
                                    'with --model.start_from')


def _sized(augment: Augmentation, size: tuple[int, int], sizing: Sizing) -> Augmentation:
    """
    Return an augmentation that gives images of the size of a batch.

    :raises ValueError: where it says another size itself.
    """
    for name, value in zip(('width', 'height'), size):
        own = getattr(augment, name)
        if own not in (None, value):
            raise ValueError(f'data.augment.{name} is {own} and data.{name} is {value}; leave out '
                             'the first, which follows from the second')
    return replace(augment, width=size[0], height=size[1],
                   full_resolution=augment.full_resolution or sizing == 'crop')
