# SPDX-License-Identifier: Apache-2.0
"""
Bags and leaflets: closed, with deeper folds where crumpled, solid where they are seen.

That they face outwards is tested with all families; how real film looks is not verified.
"""

from __future__ import annotations

from collections import Counter

from discinst_ros.scenes.cli import make_parser
from discinst_ros.scenes.heaps.families.catalogue import make_design, SHAPE_SETS
from discinst_ros.scenes.heaps.families.flexible import bag, make_leaflet
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

HALF = np.array((0.08, 0.06, 0.02))


def _bumpiness(surface):
    """Return the mean angle between neighbouring triangles, radians."""
    corners = surface.vertices[surface.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    owners: dict[tuple[int, int], int] = {}
    angles = []
    for number, face in enumerate(surface.faces):
        for a, b in ((0, 1), (1, 2), (2, 0)):
            edge = tuple(sorted((int(face[a]), int(face[b]))))
            if edge in owners:
                cosine = normals[number] @ normals[owners[edge]]
                angles.append(np.arccos(np.clip(cosine, -1, 1)))
            owners[edge] = number
    return float(np.mean(angles))


@pytest.mark.parametrize('seed', range(5))
def test_crumpled_bags_have_folds(seed):
    smooth = bag(np.random.default_rng(seed), HALF, crumpled=False)
    crumpled = bag(np.random.default_rng(seed), HALF, crumpled=True)
    assert _bumpiness(crumpled) > 1.5 * _bumpiness(smooth)


@pytest.mark.parametrize('crumpled', [False, True])
def test_a_bag_is_closed(crumpled):
    """Every edge belongs to two triangles once the two sheets are joined where they coincide."""
    surface = bag(np.random.default_rng(3), HALF, crumpled=crumpled)
    _, joined = np.unique(surface.vertices.round(7), axis=0, return_inverse=True)
    edges: Counter[tuple[int, int]] = Counter()
    for face in joined.ravel()[surface.faces]:
        for a, b in ((0, 1), (1, 2), (2, 0)):
            edges[tuple(sorted((int(face[a]), int(face[b]))))] += 1
    # the seam itself is of two sheets, four triangles
    assert set(edges.values()) <= {2, 4}


def test_bags_stay_within_their_size():
    for seed in range(20):
        surface = bag(np.random.default_rng(seed), HALF, crumpled=True)
        assert (surface.high - surface.low < 2 * HALF * (1.2, 1.2, 4)).all()
        assert (surface.high - surface.low > 2 * HALF * (0.8, 0.8, 0.5)).all()


@pytest.mark.parametrize('seed', range(10))
def test_leaflets_collide_where_they_are_seen(seed):
    """The corners of the boxes for the physics are the vertices of the panels."""
    design = make_leaflet(np.random.default_rng(seed))
    corners = []
    for box in design.colliders:
        turn = Rotation.from_quat(np.roll(box.quaternion, -1))
        signs = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        corners.append(turn.apply(signs * np.asarray(box.size)) + box.position)
    corners = np.concatenate(corners)
    assert len(design.colliders) in (2, 3)
    assert len(corners) == len(design.surface.vertices)
    apart = np.linalg.norm(corners[:, None] - design.surface.vertices, axis=-1)
    np.testing.assert_allclose(apart.min(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(apart.min(axis=1), 0, atol=1e-9)


def test_heaps_of_bags_hold_bags_above_all():
    families = SHAPE_SETS['bags']
    assert families.count('pouch') > max(families.count(one) for one in set(families) - {'pouch'})
    for family in set(families):
        assert make_design(family, np.random.default_rng(0)).family == family


def test_heaps_of_sheets_hold_sheets_and_bags_alike():
    families = SHAPE_SETS['sheets']
    assert families.count('leaflet') == families.count('pouch') > len(families) / 4


@pytest.mark.parametrize('shapes', SHAPE_SETS)
def test_the_command_makes_heaps_of_each_set(shapes):
    assert make_parser().parse_args(['--out', 'x', '--shapes', shapes]).shapes == shapes
