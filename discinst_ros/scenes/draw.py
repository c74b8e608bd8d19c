# SPDX-License-Identifier: Apache-2.0
"""One seed, one scene: background, objects, and what a real camera does to the picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import cv2
from discinst_ros.data.sample import Sample
from discinst_ros.instances import Intrinsics
from discinst_ros.scenes.bins import bin_floor
from discinst_ros.scenes.canvas import Canvas, FloatImage, FOCAL_PER_HEIGHT, Light
from discinst_ros.scenes.copies import draw_copies
from discinst_ros.scenes.crossings import draw_crossings
from discinst_ros.scenes.designs import DESIGNS
from discinst_ros.scenes.parts import draw_parts
from discinst_ros.scenes.shapes import draw_shapes
from discinst_ros.scenes.sticks import draw_sticks
from discinst_ros.scenes.textures import background, noise, Rng
import numpy as np
import numpy.typing as npt


class Kind(NamedTuple):
    """What there is to draw."""

    #: Part of every seed: with another number the same seeds give other pictures.
    number: int
    #: Paints the objects on a canvas, given the depth of the table.
    draw: Callable[..., None]
    #: What they lie on.
    floor: Callable[[Rng, tuple[int, int]], FloatImage] = background
    #: Shown as it was painted: what a camera does to a picture would tell equal pixels apart.
    exact: bool = False


_KINDS = {
    'sticks': Kind(0, draw_sticks),
    'shapes': Kind(1, draw_shapes),
    'parts': Kind(2, draw_parts, bin_floor),
    **{name: Kind(2, partial(draw_parts, design=design), bin_floor)
       for name, design in DESIGNS.items()},
    'crossings': Kind(3, draw_crossings),
    'copies': Kind(3, draw_copies, exact=True),
}
#: What can be drawn.
SCENE_KINDS = tuple(_KINDS)
#: Training draws seeds from here on; every seed below is held out for looking and measuring.
FIRST_TRAINING_SEED = 1_000_000
#: Depth of the table, metres.
TABLE_DEPTH_M = 0.8
#: An object of which fewer pixels can be seen is no instance: slivers that nobody could name.
MIN_VISIBLE_PX = 30


def draw_scene(kind: str, seed: int, width: int = 320, height: int = 240,
               **how: Any) -> Sample:
    """
    Draw a scene; the same arguments give the same scene.

    :param kind: one of :data:`SCENE_KINDS`.
    :param seed: 0 or more.
    :param width: of the image, pixels.
    :param height: of the image, pixels; objects scale with it.
    :param how: what the drawer of this kind takes beside what all take.
    :return: a sample with image, labels 1..N in the order of stacking (an object of which
        others leave fewer than :data:`MIN_VISIBLE_PX` pixels is missing), depth, intrinsics.
    :raises ValueError: for an unknown kind.
    """
    if kind not in _KINDS:
        raise ValueError(f"scene kind '{kind}' is not known; choose one of "
                         f"{', '.join(SCENE_KINDS)}")
    chosen = _KINDS[kind]
    rng = np.random.default_rng((chosen.number, seed))
    softness = rng.uniform(0.5, 4.0)
    light = Light(direction=rng.uniform(-np.pi, np.pi), softness=softness,
                  shadow=rng.uniform(0.15, 0.75) if rng.random() < 0.85 else 0.0,
                  reach=rng.uniform(0.1, 0.9))
    canvas = Canvas(chosen.floor(rng, (height, width)), TABLE_DEPTH_M, light)
    chosen.draw(canvas, rng, TABLE_DEPTH_M, **how)
    visible = np.bincount(canvas.labels.ravel())
    canvas.labels[(visible < MIN_VISIBLE_PX)[canvas.labels]] = 0
    focal = FOCAL_PER_HEIGHT * height
    image = (np.clip(canvas.colour, 0, 255).astype(np.uint8) if chosen.exact
             else _expose(rng, canvas.colour))
    return Sample(name=f'{kind}-{seed}', image=image, labels=canvas.labels, depth=canvas.depth,
                  intrinsics=Intrinsics(focal, focal, (width - 1) / 2, (height - 1) / 2,
                                        width, height))


def _expose(rng: Rng, colour: FloatImage) -> npt.NDArray[np.uint8]:
    """Return the picture a camera would take: uneven light, white balance, blur, noise."""
    height, width = colour.shape[:2]
    gain = (rng.uniform(0.65, 1.1) * rng.uniform(0.92, 1.08, 3)).astype(np.float32)
    uneven = 1 + noise(rng, (height, width), 0.6 * width) * np.float32(rng.uniform(0, 0.25))
    image = colour * uneven[..., None] * gain
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.9))
    grain = rng.standard_normal((height, width, 3), dtype=np.float32)
    image += grain * np.float32(rng.uniform(0.5, 8.0))
    return np.clip(image, 0, 255).astype(np.uint8)
