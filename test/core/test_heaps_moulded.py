# SPDX-License-Identifier: Apache-2.0
"""Moulded totes: their shell, what holds objects in them, and objects in their colour."""

from __future__ import annotations

import math

from discinst_ros.benchmark.picking_bin import by_truth, empty_bin
from discinst_ros.picking.progress import Patience
from discinst_ros.scenes.cell import make_cell
from discinst_ros.scenes.heaps import make_heap
from discinst_ros.scenes.heaps.disguise import disguised
from discinst_ros.scenes.heaps.families.catalogue import make_design, SHAPE_SETS
from discinst_ros.scenes.heaps.model import build_model, COLLIDING, SEEN
from discinst_ros.scenes.heaps.places.kinds import make_surroundings
from discinst_ros.scenes.heaps.places.moulded import make_shell
from discinst_ros.scenes.heaps.places.walls import Walls
import mujoco
import numpy as np
import pytest

WALLS = Walls((0.2, 0.15), 0.2, 0.1, 0.004, 0.02)


@pytest.mark.parametrize('seed', range(4))
def test_shell_faces_the_camera_and_has_its_measures(seed):
    """Seen from above its floor is flat, at 0, and its rim is where the walls end."""
    fillet = 0.02
    shell = make_shell(np.random.default_rng(seed), WALLS, fillet)
    corners = shell.vertices[shell.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((across * shell.normals[shell.faces].mean(axis=1)).sum(axis=1) > 0).all()
    flat = (np.abs(corners[:, :, 2]) < 1e-12).all(axis=1)
    assert (across[flat, 2] > 0).all()
    # a floor that is a rectangle but for its corners: π - 4 corner radii squared are missing
    area = across[flat, 2].sum() / 2
    whole = 4 * (WALLS.inner[0] - fillet) * (WALLS.inner[1] - fillet)
    assert 0.96 * whole < area < whole
    outside = 0.2 * math.tan(0.1) + WALLS.thick + WALLS.rim
    # the walls bulge, the rim does not
    np.testing.assert_allclose(shell.high[:2], np.array(WALLS.inner) + outside, atol=1e-9)
    assert shell.low[2] == pytest.approx(-WALLS.thick)


def test_shell_is_divided_finely():
    """Light is computed at vertices: between two of them no edge may be longer than 4 cm."""
    shell = make_shell(np.random.default_rng(0), WALLS, 0.02)
    inside = shell.vertices[:, 2] > -1e-12
    faces = shell.faces[inside[shell.faces].all(axis=1)]
    edges = np.diff(shell.vertices[faces][:, [0, 1, 2, 0]], axis=1)
    assert np.linalg.norm(edges, axis=2).max() < 0.04


@pytest.mark.parametrize('seed', range(4))
def test_what_holds_objects_is_what_is_seen(seed):
    """Straight down, floor, fillets and walls collide where they are drawn, to 4 mm."""
    place = make_surroundings('moulded', np.random.default_rng(seed))
    model = build_model([], [], [], place)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    half = np.array(place.region)
    gaps = []
    for x, y in np.random.default_rng(seed).uniform(-1, 1, (400, 2)) * (half + 0.02):
        seen, held = (_height(model, data, x, y, part) for part in (SEEN, COLLIDING))
        gaps.append(seen - held)
        if (np.abs((x, y)) < 0.9 * half).all():
            assert abs(seen) < 1e-6 and abs(held) < 1e-6
    # round corners are held by straight walls
    assert np.mean(np.abs(gaps) < 0.004) > 0.95


def _height(model, data, x: float, y: float, part: int) -> float:
    """Return where a ray from 0.25 m, below whatever fences it in, meets the place."""
    group = np.zeros((6, 1), np.uint8)
    group[part] = 1
    return 0.25 - mujoco.mj_ray(model, data, np.array((x, y, 0.25)), np.array((0.0, 0.0, -1.0)),
                                group, 1, -1, np.zeros((1, 1), np.int32))


def test_disguised_objects_have_the_colour_of_the_place():
    """Now and then some of the parts do, and their surfaces and sizes stay."""
    place = make_surroundings('moulded', np.random.default_rng(5))
    colour = place.covers[0].texture.mean(axis=(0, 1))
    designs = [make_design(family, np.random.default_rng(seed))
               for seed, family in enumerate(SHAPE_SETS['goods'])]
    recoloured = places = 0
    for seed in range(40):
        after = disguised(np.random.default_rng(seed), designs, place)
        changed = [k for k, (a, b) in enumerate(zip(designs, after)) if a is not b]
        places += bool(changed)
        recoloured += len(changed)
        for k in changed:
            assert after[k].surface is designs[k].surface
            pixels = after[k].texture.reshape(-1, 3).astype(float)
            # the hue of the place, in some brightness: along the line from black to it
            along = pixels @ colour / (colour @ colour)
            off = np.linalg.norm(pixels - along[:, None] * colour, axis=1)
            assert (off < 40).mean() > 0.1
    assert 8 <= places <= 24
    assert 0.25 < recoloured / (places * len(designs)) < 0.55


def test_moulded_comes_only_when_asked_for():
    assert {make_heap(seed, count=2).kind for seed in range(12)} <= {'table', 'bin', 'tote'}


def test_a_cell_can_be_one(graphics_library):
    """True masks lift what lies in it, and nothing is outside of it."""
    cell = make_cell(4, shapes='goods', kind='moulded', count=5)
    assert not cell.spilled
    found = empty_bin(cell, by_truth, Patience(), seed=4, one_part=False)
    assert found.intended == found.lifted >= found.objects / 2
    assert found.left + found.lifted == found.objects
