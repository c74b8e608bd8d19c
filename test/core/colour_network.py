# SPDX-License-Identifier: Apache-2.0
"""A network that can be computed by hand: objects are told apart by their flat colours."""

from __future__ import annotations

from discinst_ros.model_config import ModelConfig
import numpy as np
import numpy.typing as npt
import torch
from torch import nn, Tensor

#: Black is background; embeddings of the others are as far apart as their colours.
RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)
#: With these, the input of the network is the image, 0 to 1.
CONFIG = ModelConfig(embedding_dim=3, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def three_objects() -> npt.NDArray[np.uint8]:
    """Return 60×80 with a red bar that a green one cuts in two, and a blue square."""
    image = np.zeros((60, 80, 3), dtype=np.uint8)
    image[10:20, 5:55], image[5:40, 25:35], image[44:56, 60:72] = RED, GREEN, BLUE
    return image


class ColourNetwork(nn.Module):
    """
    Embedding = colour × 4.5; foreground where any channel exceeds a half.

    Two of the colours above are 4.5 · 200/255 · √2 = 5 apart.
    """

    def __init__(self, certainty: float = 4.0, classes: int = 2) -> None:
        super().__init__()
        self.certainty, self.classes = certainty, classes

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return embeddings and scores; with three classes, blue is of the second."""
        lit = (x[:, :3].amax(dim=1) - 0.5).sign() * self.certainty
        scores = [torch.zeros_like(lit), lit]
        if self.classes == 3:
            scores.append(torch.where(x[:, 2] > 0.5, 2 * lit, -lit.abs()))
        return x[:, :3] * 4.5, torch.stack(scores, dim=1)
