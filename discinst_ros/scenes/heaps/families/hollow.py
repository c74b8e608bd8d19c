# SPDX-License-Identifier: Apache-2.0
"""Families turned on a lathe whose walls are made of pieces, so that they are hollow."""

from __future__ import annotations

from collections.abc import Sequence
import math

from discinst_ros.scenes.heaps.design import centred, Collider, Design
from discinst_ros.scenes.heaps.families import prints
from discinst_ros.scenes.heaps.surface import lathe, Surface
from discinst_ros.scenes.textures import Rng

#: Boxes around a wall.
_STAVES = 10
#: Walls thinner than this would be passed by what falls on them.
_THINNEST_M = 0.003


def wall(low: tuple[float, float], high: tuple[float, float], thick: float) -> list[Collider]:
    """
    Return boxes that stand in a ring, as the staves of a barrel do.

    :param low: outer radius and height of the lower edge.
    :param high: of the upper edge.
    """
    lean = math.atan2(high[0] - low[0], high[1] - low[1])
    length = math.hypot(high[0] - low[0], high[1] - low[1])
    radius = (low[0] + high[0]) / 2 - thick / 2 * math.cos(lean)
    height = (low[1] + high[1]) / 2 + thick / 2 * math.sin(lean)
    width = max(low[0], high[0]) * math.tan(math.pi / _STAVES)
    staves = []
    for number in range(_STAVES):
        turn = 2 * math.pi * number / _STAVES
        # about y by the lean, then about z by the turn
        cy, sy, cz, sz = (f(a / 2) for a in (lean, turn) for f in (math.cos, math.sin))
        staves.append(Collider(
            'box', (thick / 2, width, length / 2),
            (radius * math.cos(turn), radius * math.sin(turn), height),
            (cz * cy, -sz * sy, cz * sy, sz * cy)))
    return staves


def make_cup(rng: Rng) -> Design:
    """Return a cup, a beaker or a pot without a handle."""
    bottom = rng.uniform(0.02, 0.038)
    top, height = bottom * rng.uniform(1.0, 1.4), rng.uniform(0.05, 0.12)
    thick = rng.uniform(_THINNEST_M, 0.005)
    return centred('cup', vessel_surface((bottom, top), height, thick),
                   vessel_colliders((bottom, top), height, thick),
                   prints.wrapper(rng) if rng.random() < 0.4 else prints.painted(rng),
                   shine=rng.uniform(0, 0.9))


def make_bowl(rng: Rng) -> Design:
    """Return a bowl or a deep dish, its wall curved."""
    foot, top = rng.uniform(0.02, 0.035), rng.uniform(0.045, 0.085)
    height, thick = top * rng.uniform(0.4, 0.8), rng.uniform(_THINNEST_M, 0.006)
    belly = foot + (top - foot) * rng.uniform(0.6, 0.8), height * 0.4
    outer = [(foot, 0.0), belly, (top, height)]
    profile = [(0.0, 0.0), *outer, (top - thick, height), (belly[0] - thick, belly[1] + thick / 2),
               (foot * 0.9, thick), (0.0, thick)]
    colliders = [Collider('cylinder', (foot, thick / 2), (0, 0, thick / 2)),
                 *wall(outer[0], outer[1], thick), *wall(outer[1], outer[2], thick)]
    return centred('bowl', lathe(profile), colliders,
                   prints.painted(rng) if rng.random() < 0.6 else prints.plain(rng),
                   shine=rng.uniform(0.1, 1.0))


def make_bottle(rng: Rng) -> Design:
    """Return a bottle or a jar with a cap: solid, but of several radii."""
    radius, height = rng.uniform(0.016, 0.042), rng.uniform(0.08, 0.2)
    neck, cap = radius * rng.uniform(0.3, 0.8), height * rng.uniform(0.06, 0.15)
    shoulder = height * rng.uniform(0.5, 0.75)
    top = height - cap
    profile = [(0, 0), (radius * 0.9, 0), (radius, radius * 0.1), (radius, shoulder),
               (radius * 0.93, shoulder + (top - shoulder) * 0.25),
               (neck * 1.1, shoulder + (top - shoulder) * 0.75), (neck, top),
               (neck * 1.15, top), (neck * 1.15, height), (0, height)]
    colliders = [Collider('cylinder', (radius, shoulder / 2), (0, 0, shoulder / 2)),
                 Collider('cylinder', (radius * 0.85, (top - shoulder) / 4),
                          (0, 0, shoulder + (top - shoulder) / 4)),
                 Collider('cylinder', (neck * 1.15, (height - shoulder) / 4),
                          (0, 0, height - (height - shoulder) / 4))]
    return centred('bottle', lathe(profile), colliders, prints.wrapper(rng),
                   shine=rng.uniform(0.2, 1.0))


def make_pipe(rng: Rng) -> Design:
    """Return a piece of pipe, a sleeve or a roll of tape: open at both ends."""
    radius = rng.uniform(0.018, 0.045)
    half, thick = radius * rng.uniform(0.3, 2.0), max(_THINNEST_M, radius * rng.uniform(0.12, 0.4))
    inner = radius - thick
    profile = [(inner, -half), (radius, -half), (radius, half), (inner, half), (inner, -half)]
    return centred('pipe', lathe(profile), wall((radius, -half), (radius, half), thick),
                   prints.metallic(rng) if rng.random() < 0.5 else prints.plain(rng),
                   shine=rng.uniform(0, 0.9))


def vessel_surface(radii: Sequence[float], height: float, thick: float) -> Surface:
    """Return a vessel with straight walls."""
    bottom, top = radii
    return lathe([(0, 0), (bottom, 0), (top, height), (top - thick, height),
                  (bottom - thick, thick), (0, thick)])


def vessel_colliders(radii: Sequence[float], height: float, thick: float) -> list[Collider]:
    """Return the floor and the wall of a vessel."""
    bottom, top = radii
    return [Collider('cylinder', (bottom * 0.99, thick / 2), (0, 0, thick / 2)),
            *wall((bottom, 0), (top, height), thick)]
