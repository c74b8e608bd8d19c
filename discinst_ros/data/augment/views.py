# SPDX-License-Identifier: Apache-2.0
"""Which views of a sample are drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from discinst_ros.data.augment.geometry import View
import numpy as np

if TYPE_CHECKING:
    from discinst_ros.data.augment.augmentation import Augmentation


def draw_scale(scale: tuple[float, float], rng: np.random.Generator) -> float:
    """Return a factor from a range, evenly on a logarithmic scale: halves as often as doubles."""
    return math.exp(rng.uniform(math.log(scale[0]), math.log(scale[1])))


def zoom_at_scale_1(settings: Augmentation, source: tuple[int, int],
                    view: tuple[int, int]) -> float:
    """
    Return the zoom at which things look as large as the node sees them.

    It bounds the longer side of an image and enlarges none.

    :param source: width and height of the sample.
    :param view: width and height of what comes out.
    """
    return 1.0 if settings.full_resolution else min(1.0, max(view) / max(source))


def draw_turn(settings: Augmentation, rng: np.random.Generator) -> tuple[float, bool, bool]:
    """Return a rotation in radians, and whether x and y are mirrored."""
    quarters = int(rng.integers(4)) if settings.quarter_turns else 0
    return (quarters * math.pi / 2 + rng.uniform(*settings.rotation_rad),
            bool(rng.random() < settings.flip_horizontal_probability),
            bool(rng.random() < settings.flip_vertical_probability))


def draw_view(settings: Augmentation, source: tuple[int, int], scale: float,
              rng: np.random.Generator) -> View:
    """
    Draw a view of a sample.

    :param source: width and height of the sample.
    :param scale: size of things, relative to how the node sees them.
    """
    size = settings.width or source[0], settings.height or source[1]
    rotation_rad, mirror_x, mirror_y = draw_turn(settings, rng)
    zoom = zoom_at_scale_1(settings, source, size) * scale
    # The room is what the source has beyond the view, or the view beyond the source: one of the
    # two holds the other, as long as nothing is rotated.
    stray = settings.crop * rng.uniform(-1, 1, 2)
    centre = [(source[k] - 1) / 2 + stray[k] * abs(source[k] - size[k] / zoom) / 2
              for k in range(2)]
    return View(*size, (centre[0], centre[1]), zoom, rotation_rad, mirror_x, mirror_y)
