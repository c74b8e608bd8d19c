# SPDX-License-Identifier: Apache-2.0
"""The embedding fields that clusterings are compared on, and the twins they are tuned on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
from discinst_ros.benchmark.embedding_fields import heap, realistic_field
from discinst_ros.benchmark.options import Size
from discinst_ros.benchmark.peers import Field
from discinst_ros.data.drawn import FIRST_SEED
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.model_config import ModelConfig
from discinst_ros.resources import drawn_checkpoint
from discinst_ros.scenes import draw_scene
import numpy as np
import torch

#: Objects drawn where the pixels grow, and the size where the objects do; both at once are the
#: case that everything else is compared with.
COUNT, SIZE = 20, Size(512, 256)
_CONFIG = ModelConfig()
#: Kinds of fields, by the names that rows bear.
PIXELS, INSTANCES, SCENES = 'pixels', 'instances', 'scenes'


@dataclass(frozen=True)
class Generated:
    """The generated field of a size on which settings are found."""

    size: Size

    def fields(self, seed: int, device: torch.device) -> list[Field]:
        """Generate it."""
        return [generate(self.size, COUNT, seed, device)]

    def __str__(self) -> str:
        """Name it."""
        return f'generated, {self.size}'


@dataclass(frozen=True)
class OfScenes:
    """The fields of the weights of drawn scenes on one drawn scene of each kind."""

    kinds: tuple[str, ...]

    def fields(self, seed: int, device: torch.device) -> list[Field]:
        """
        Draw the scenes and run the network.

        :raises ValueError: for an unknown kind.
        """
        segmenter = InstanceSegmenter.from_checkpoint(drawn_checkpoint(), str(device))
        fields = []
        for kind in self.kinds:
            scene = draw_scene(kind, FIRST_SEED + seed)
            seen = segmenter.look(scene.image)
            assert scene.labels is not None
            truth = seen.with_classes(scene.labels).classes.cpu().numpy().astype(np.int32)
            fields.append(Field(f'scene of {kind}, {truth.shape[1]}x{truth.shape[0]}',
                                seen.embeddings, truth, segmenter.config.clustering_radii()))
        return fields

    def __str__(self) -> str:
        """Name them."""
        return 'drawn-rgb'


#: What grows, the field, and the others on which the settings for it are found.
Case = tuple[str, Field, Generated | OfScenes]


def generate(size: Size, count: int, seed: int, device: torch.device) -> Field:
    """Return a generated field; the objects' size is such that they cover about the same share."""
    rng = np.random.default_rng((seed, count))
    base = heap(SIZE.height, SIZE.width, count, rng, scale=(COUNT / count) ** 0.5)
    truth = cv2.resize(base, (size.width, size.height), interpolation=cv2.INTER_NEAREST)
    embeddings = realistic_field(truth, _CONFIG.embedding_dim, rng).to(device)
    return Field(f'{size}, {count} drawn', embeddings, truth, _CONFIG.clustering_radii())


def generated(sizes: Sequence[Size], instances: Sequence[int], seed: int, device: torch.device
              ) -> Iterator[Case]:
    """Yield fields of growing size and of growing number of objects."""
    for size in sizes:
        yield PIXELS, generate(size, COUNT, seed, device), Generated(size)
    for count in instances:
        yield INSTANCES, generate(SIZE, count, seed, device), Generated(SIZE)


def of_scenes(kinds: Sequence[str], seed: int, device: torch.device) -> Iterator[Case]:
    """
    Yield the fields of the weights of drawn scenes on one drawn scene of each kind.

    :raises ValueError: for an unknown kind.
    """
    twins = OfScenes(tuple(kinds))
    for one in twins.fields(seed, device):
        yield SCENES, one, twins
