# SPDX-License-Identifier: Apache-2.0
"""
What the two trainings of the occlusion study have in common.

Both have the same trunk, the same weights to start from, scenes, optimiser, schedule, average and
number of steps, and see as many pixels in a step. So both take about as long.
"""

from __future__ import annotations

from dataclasses import dataclass

from discinst_ros.training.sources import DrawnScenes

#: What is trained on: pairs with equal boxes, and sticks in any position.
SHARES = {'crossings': 0.7, 'sticks': 0.3}
#: Images of a step of the embedding.
BATCH_SIZE = 8
#: Scenes, from seed 0 on, that the bandwidth is chosen with.
VALIDATION = 64


@dataclass(frozen=True)
class Recipe:
    """What both trainings have in common."""

    steps: int = 1000
    #: Of the scenes, pixels.
    width: int = 320
    height: int = 240
    #: Of the square that is seen of a box, pixels: as many boxes as the scenes have sticks.
    side_px: int = 112
    #: Checkpoint to start from; None starts from nothing.
    start_from: str | None = 'weights/drawn-rgb.safetensors'
    #: The embedding is trained further, the masks of boxes are a new task.
    learning_rate: float = 1e-3
    box_learning_rate: float = 2e-3
    average: float = 0.99
    compiled: bool = True
    seed: int = 1

    @property
    def warmup_steps(self) -> int:
        """Steps over which the learning rate rises."""
        return min(100, self.steps // 10)

    @property
    def megapixels(self) -> float:
        """What a step sees, of images or of boxes."""
        return BATCH_SIZE * self.width * self.height / 1e6

    @property
    def boxes_per_step(self) -> int:
        """As many boxes as have the pixels of a step's images."""
        return max(1, BATCH_SIZE * self.width * self.height // self.side_px ** 2)

    @property
    def scenes(self) -> DrawnScenes:
        """The scenes of both trainings, by number."""
        return DrawnScenes.for_training(SHARES, (self.width, self.height), self.seed)
