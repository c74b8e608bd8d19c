# SPDX-License-Identifier: Apache-2.0
"""What stands around a container: outside of it, never an object, and nothing to the physics."""

from __future__ import annotations

import math

from discinst_ros.scenes.heaps.places.clutter import add_clutter, tube
from discinst_ros.scenes.heaps.places.kinds import make_surroundings
import numpy as np
import pytest


def test_tube_is_round_and_faces_outwards():
    """Every vertex is a radius from the axis; a bent tube has the area of a straight one."""
    angle = np.linspace(0, math.pi / 2, 60)
    axis = 0.5 * np.stack((np.cos(angle), np.sin(angle), np.zeros(60)), axis=1)
    surface = tube(axis, 0.01)
    rings = surface.vertices.reshape(60, -1, 3)
    assert np.allclose(np.linalg.norm(rings - axis[:, None], axis=2), 0.01)
    a, b, c = (surface.vertices[surface.faces[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    outwards = np.einsum('nk,nk->n', normals, surface.normals[surface.faces[:, 0]])
    assert (outwards > 0).all()
    # a tube of 8 sides: 16 r sin(π/8) around, times the length of the arc (Pappus)
    area = np.linalg.norm(normals, axis=1).sum() / 2
    assert area == pytest.approx(16 * 0.01 * math.sin(math.pi / 8) * 0.25 * math.pi, rel=0.01)


@pytest.mark.parametrize('kind', ['bin', 'tote'])
def test_clutter_is_outside(kind):
    """Above the ground and beside the container; nothing that collides or keeps a camera away."""
    added = 0
    for seed in range(30):
        place = make_surroundings(kind, np.random.default_rng(seed))
        before, barriers, solids = len(place.pieces), len(place.barriers), len(place.solids)
        add_clutter(np.random.default_rng(seed), place)
        assert (len(place.barriers), len(place.solids)) == (barriers, solids)
        half = np.array(place.outside)
        for surface, cover in place.pieces[before:]:
            added += 1
            low, high = surface.low, surface.high
            assert ((low[:2] > half) | (high[:2] < -half)).any()
            assert low[2] > -0.05
            assert cover < len(place.covers)
    assert added > 30


def test_tables_have_none():
    """What lies on a table is an object."""
    place = make_surroundings('table', np.random.default_rng(0))
    before = len(place.pieces)
    for seed in range(10):
        add_clutter(np.random.default_rng(seed), place)
    assert len(place.pieces) == before
