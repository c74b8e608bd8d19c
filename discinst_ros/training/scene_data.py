# SPDX-License-Identifier: Apache-2.0
"""Drawn scenes as training data: never the same scene twice, drawn while the network learns."""

from __future__ import annotations

from typing import TypeAlias

import cv2
from discinst_ros.data.sample import Sample
from discinst_ros.scenes import draw_scene, FIRST_TRAINING_SEED, SCENE_KINDS
from lightning.pytorch import LightningDataModule
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

Batch: TypeAlias = dict[str, Tensor]


def to_tensors(sample: Sample) -> Batch:
    """
    Return a labelled sample as tensors.

    :return: ``image`` H×W×3 uint8, ``labels`` H×W int64 and ``classes`` H×W int64, -1 = ignore.
    :raises ValueError: where the sample has no labels.
    """
    if sample.labels is None:
        raise ValueError(f"sample '{sample.name}' has no labels; it cannot be trained on")
    labels = sample.labels.astype(np.int64)
    classes = np.sign(labels) if sample.classes is None else sample.classes.astype(np.int64)
    return {'image': torch.from_numpy(sample.image), 'labels': torch.from_numpy(labels),
            'classes': torch.from_numpy(np.where(labels < 0, -1, classes))}


class DrawnScenes(Dataset[Batch]):
    """
    A range of seeds; the seed also decides the kind of scene.

    :param first: first seed.
    :param count: number of scenes.
    :param shares: relative frequency of each kind.
    :param size: width and height in pixels.
    """

    def __init__(self, first: int, count: int, shares: dict[str, float],
                 size: tuple[int, int]) -> None:
        self.first = first
        self.count = count
        self.kinds = list(shares)
        weight = np.array(list(shares.values()), float)
        self.limits = np.cumsum(weight / weight.sum())
        self.size = size

    def __len__(self) -> int:
        """Return the number of scenes."""
        return self.count

    def __getitem__(self, index: int) -> Batch:
        """Draw one scene."""
        seed = self.first + index
        pick = np.random.default_rng(seed).random()
        kind = self.kinds[int(np.searchsorted(self.limits[:-1], pick))]
        return to_tensors(draw_scene(kind, seed, *self.size))


class SceneData(LightningDataModule):
    """
    Feed drawn scenes to the trainer.

    :param sticks: share of crossing-stick scenes.
    :param shapes: share of mixed-shape scenes.
    :param width: of the images, pixels.
    :param height: of the images, pixels.
    :param batch_size: images per step.
    :param scenes_per_epoch: scenes between two validations.
    :param validation_scenes: held-out scenes per validation.
    :param workers: processes that draw; 0 draws in the training process.
    """

    def __init__(self, sticks: float = 0.5, shapes: float = 0.5, width: int = 320,
                 height: int = 240, batch_size: int = 8, scenes_per_epoch: int = 4000,
                 validation_scenes: int = 64, workers: int = 1) -> None:
        super().__init__()
        self.shares = dict(zip(SCENE_KINDS, (sticks, shapes), strict=True))
        if min(sticks, shapes) < 0 or sticks + shapes <= 0:
            raise ValueError(f'sticks {sticks} and shapes {shapes}: expected shares of 0 or more, '
                             'not both 0')
        self.size = (width, height)
        self.batch_size = batch_size
        self.scenes_per_epoch = scenes_per_epoch
        self.validation_scenes = validation_scenes
        self.workers = workers

    def train_dataloader(self) -> DataLoader[Batch]:
        """Return the scenes of the current epoch; each epoch has seeds of its own."""
        epoch = self.trainer.current_epoch if self.trainer else 0
        first = FIRST_TRAINING_SEED + epoch * self.scenes_per_epoch
        return self._loader(DrawnScenes(first, self.scenes_per_epoch, self.shares, self.size))

    def val_dataloader(self) -> DataLoader[Batch]:
        """Return the held-out scenes, always the same."""
        return self._loader(DrawnScenes(0, self.validation_scenes, self.shares, self.size))

    def _loader(self, dataset: DrawnScenes) -> DataLoader[Batch]:
        return DataLoader(dataset, batch_size=self.batch_size, num_workers=self.workers,
                          worker_init_fn=_one_thread, drop_last=False)


def _one_thread(_: int) -> None:
    """Keep OpenCV from starting threads in every drawing process."""
    cv2.setNumThreads(1)
