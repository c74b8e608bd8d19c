# SPDX-License-Identifier: Apache-2.0
"""
Box, then mask: a network that sees one true box at a time and says which pixels are its object's.

It is how Mask R-CNN (He et al., arXiv 1703.06870) separates objects, with the search for boxes
left out: the true ones are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from discinst_ros.benchmark.occlusion_crops import crop, uncrop, Window
from discinst_ros.inference.preprocess import to_input
from discinst_ros.inference.regions import label_regions, Region
from discinst_ros.model_config import ModelConfig
from discinst_ros.training.batch import Batch
from discinst_ros.training.sources import Endless
import numpy as np
import numpy.typing as npt
import torch
from torch import nn, Tensor
from torch.utils.data import Dataset

#: What is trained of the network, noted in its checkpoint: the classes, which are the mask.
BOX_TRAINING: Literal['semantics'] = 'semantics'


def box_config(side_px: int) -> ModelConfig:
    """Return the configuration of the network; its embedding stays untrained and unused."""
    return ModelConfig(embedding_dim=1, coordinates=True, long_side_px=side_px)


def true_boxes(labels: npt.NDArray[np.int32]) -> list[Region]:
    """Return a region with its tight box for each label (H×W) above 0."""
    return label_regions(np.maximum(labels, 0).astype(np.uint16))


class BoxCrops(Dataset[Batch]):
    """
    Batches of boxes by step: some of all boxes of the scenes that belong to the step.

    :param scenes: by number; step n has those from n · ``scenes_per_step`` on.
    :param scenes_per_step: as many as a step of the other training has images.
    :param boxes_per_step: how many are drawn of them; one may come twice where they are fewer.
    :param side_px: of the square that is seen of each.
    :param steps: of the training.
    :param seed: of the choice.
    """

    def __init__(self, scenes: Endless, *, scenes_per_step: int, boxes_per_step: int,
                 side_px: int, steps: int, seed: int) -> None:
        self._scenes = scenes
        self._scenes_per_step = scenes_per_step
        self._boxes_per_step = boxes_per_step
        self._side_px = side_px
        self._steps = steps
        self._seed = seed

    def __len__(self) -> int:
        """Return the number of steps."""
        return self._steps

    def __getitem__(self, step: int, /) -> Batch:
        """
        Return the batch of a step; the mask of the box's own object is class 1.

        :raises IndexError: behind the last step.
        """
        range(self._steps)[step]
        first = step * self._scenes_per_step
        samples = [self._scenes[first + place] for place in range(self._scenes_per_step)]
        boxes = [(sample, region) for sample in samples if sample.labels is not None
                 for region in true_boxes(sample.labels)]
        rng = np.random.default_rng((self._seed, step))
        count = self._boxes_per_step
        chosen = rng.choice(len(boxes), count, replace=count > len(boxes))
        images, masks = [], []
        for sample, region in (boxes[index] for index in chosen):
            window = Window.around(region.box)
            images.append(crop(sample.image, window, self._side_px))
            own = (sample.labels == region.label).astype(np.float32)
            masks.append(crop(own, window, self._side_px) >= 0.5)
        mask = torch.from_numpy(np.stack(masks)).long()
        return {'image': torch.from_numpy(np.stack(images)), 'labels': mask, 'classes': mask}


@dataclass(frozen=True)
class BoxMasks:
    """Find the masks of given boxes."""

    network: nn.Module
    config: ModelConfig

    @torch.inference_mode()
    def __call__(self, image: npt.NDArray[np.uint8],
                 boxes: list[tuple[int, int, int, int]]) -> npt.NDArray[np.float32]:
        """
        Return how probable each pixel belongs to each box's object, N×H×W float32.

        :param image: H×W×3 uint8.
        :param boxes: x0, y0, x1, y1 in pixels, half-open; one or more.
        """
        height, width = image.shape[:2]
        side = self.config.long_side_px
        assert side is not None, 'of box_config'
        windows = [Window.around(box) for box in boxes]
        squares = torch.from_numpy(np.stack([crop(image, window, side) for window in windows]))
        scores: Tensor = self.network.eval()(to_input(squares, self.config))[1]
        probability = scores.float().softmax(dim=1)[:, 1].numpy()
        return np.stack([uncrop(square, window, width, height)
                         for square, window in zip(probability, windows)])


def to_labels(probability: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """
    Give each pixel to the box that is surest of it, to none where all say less than a half.

    :param probability: N×H×W, one or more boxes.
    :return: H×W, box n as n + 1.
    """
    best = probability.argmax(axis=0)
    return np.where(probability.max(axis=0) > 0.5, best + 1, 0).astype(np.int32)
