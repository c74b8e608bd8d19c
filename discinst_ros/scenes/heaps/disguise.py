# SPDX-License-Identifier: Apache-2.0
"""Objects in the colour of what they lie in: there, only shade and outline tell them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from discinst_ros.scenes.heaps.design import Design, Texture
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
from discinst_ros.scenes.textures import Rng
import numpy as np

#: How often a place has such objects, and how many of them there are then.
_PLACE_SHARE, _OBJECT_SHARE = 0.4, 0.4


def disguised(rng: Rng, designs: Sequence[Design], place: Surroundings) -> list[Design]:
    """Return the designs, some of them with the colour of the place's first cover."""
    if rng.random() > _PLACE_SHARE:
        return list(designs)
    colour = place.covers[0].texture.mean(axis=(0, 1))
    return [replace(one, texture=_recoloured(one.texture, colour * rng.uniform(0.75, 1.25)))
            if rng.random() < _OBJECT_SHARE else one for one in designs]


def _recoloured(texture: Texture, colour: Texture) -> Texture:
    """Return a texture whose most frequent colour becomes another; the rest keeps its hue."""
    pixels = texture.reshape(-1, 3).astype(np.float32)
    coarse = (pixels // 32).astype(np.int64) @ (1, 8, 64)
    main = np.median(pixels[coarse == np.bincount(coarse).argmax()], axis=0)
    alike = np.exp(-np.linalg.norm(pixels - main, axis=1) / 50)[:, None]
    return np.asarray(np.clip(pixels + alike * (colour - main), 0, 255).reshape(texture.shape),
                      np.uint8)
