# SPDX-License-Identifier: Apache-2.0
"""The lamps of a view: one to three, some with shadows, and light from all around."""

from __future__ import annotations

from typing import Any

from discinst_ros.scenes.heaps.model import LIGHTS
from discinst_ros.scenes.textures import Rng
import numpy as np

#: How often the light comes from all around, as in a bright office, and lamps add little.
_DIFFUSE_SHARE = 0.35


def set_lights(rng: Rng, model: Any) -> None:
    """Place the lamps of a model anew."""
    ambient = rng.uniform(0.12, 0.5)
    # drawn apart, so that all else of a view is the same in any light
    apart = rng.spawn(1)[0]
    if apart.random() < _DIFFUSE_SHARE:
        ambient = apart.uniform(0.5, 0.85)
    model.vis.headlight.ambient[:] = ambient * rng.uniform(0.9, 1.1, 3)
    model.vis.headlight.diffuse[:] = rng.uniform(0, 0.25)
    model.vis.headlight.specular[:] = rng.uniform(0, 0.2)
    active = int(rng.integers(1, LIGHTS + 1))
    for number in range(LIGHTS):
        tilt, turn = rng.uniform(0.45, np.pi / 2), rng.uniform(-np.pi, np.pi)
        away = np.array((np.cos(tilt) * np.cos(turn), np.cos(tilt) * np.sin(turn), np.sin(tilt)))
        model.light_active[number] = number < active
        model.light_pos[number] = away * rng.uniform(1.0, 2.5) + (*rng.normal(0, 0.15, 2), 0)
        model.light_dir[number] = -away
        # A shadow costs as much as all the rest of a picture: rarely more than one.
        model.light_castshadow[number] = rng.random() < (0.85, 0.2, 0.0)[number]
        model.light_cutoff[number] = rng.uniform(40, 80)
        model.light_exponent[number] = rng.uniform(0, 8)
        bright = rng.uniform(0.35, 0.95) * (1.0 if number == 0 else 0.5) * (1.1 - ambient)
        model.light_diffuse[number] = bright * (1 + rng.uniform(-0.1, 0.1, 3))
        model.light_specular[number] = rng.uniform(0.1, 0.9)
        model.light_ambient[number] = 0
