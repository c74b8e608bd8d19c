# SPDX-License-Identifier: Apache-2.0
"""
Packages and how they stand: print has stronger borders than what lies behind it, none overlap.

How real such packages look is not verified; what they are for, weights that hold on real images,
is in the cards of the weights.
"""

from __future__ import annotations

from discinst_ros.scenes.heaps import heap as heap_module
from discinst_ros.scenes.heaps import render
from discinst_ros.scenes.heaps.families import packaging
from discinst_ros.scenes.heaps.families.catalogue import make_design
from discinst_ros.scenes.heaps.heap import make_heap
from discinst_ros.scenes.heaps.huddle import huddled
from discinst_ros.scenes.heaps.screened import screened
import numpy as np
import pytest
from scipy.ndimage import label
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist


@pytest.mark.parametrize('draw', [packaging.package, packaging.sleeve])
def test_print_has_borders_within(draw):
    """Parts of one surface differ by more than two plain surfaces often do; the seed decides."""
    spreads = []
    for seed in range(20):
        texture = draw(np.random.default_rng(seed))
        assert texture.dtype == np.uint8
        assert np.array_equal(texture, draw(np.random.default_rng(seed)))
        blocks = texture[:texture.shape[0] // 16 * 16, :texture.shape[1] // 16 * 16].reshape(
            texture.shape[0] // 16, 16, -1, 16, 3).mean(axis=(1, 3)).reshape(-1, 3)
        spreads.append(np.median(pdist(blocks)))
    # of 255 grey levels; a texture of one colour has 0
    assert np.median(spreads) > 40
    assert not np.array_equal(draw(np.random.default_rng(0)), draw(np.random.default_rng(1)))


def _footprint(design, start):
    """Return the corners of the bounding box of a part, seen from above."""
    low, high = design.surface.low, design.surface.high
    corners = np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1])
                        for z in (low[2], high[2])])
    return start.rotation.apply(corners) + start.position


@pytest.mark.parametrize('arrange', [huddled, screened])
@pytest.mark.parametrize('seed', range(12))
def test_objects_are_close_and_apart(arrange, seed):
    """Each stands on the ground, overlaps no other, and has a neighbour within a hand."""
    rng = np.random.default_rng(seed)
    designs = [make_design(str(rng.choice(('carton', 'can', 'bottle'))), rng) for _ in range(5)]
    starts = arrange(rng, designs, (0.2, 0.2))
    boxes = [_footprint(*pair) for pair in zip(designs, starts)]
    for box in boxes:
        assert 0 < box[:, 2].min() < 0.005
    for k, box in enumerate(boxes):
        gaps = []
        for other in boxes[:k] + boxes[k + 1:]:
            grid = np.linspace(0, 1, 9)
            inside = [_inside(box, other[a, :2] * (1 - t) + other[b, :2] * t)
                      for a in range(8) for b in range(a) for t in grid]
            assert not any(inside)
            gaps.append(np.linalg.norm(box[:, None, :2] - other[None, :, :2], axis=-1).min())
        assert min(gaps) < 0.2


def _inside(box, point):
    """Return whether a point lies in the hull of a box seen from above, 1 mm from its border."""
    equations = ConvexHull(box[:, :2]).equations
    return bool((equations[:, :2] @ point + equations[:, 2] < -1e-3).all())


def _cut_share(arrange, monkeypatch):
    """Return the share of objects of which a good part is seen apart from the rest."""
    monkeypatch.setattr(heap_module, '_GROCERIES', {arrange: 1.0})
    cut, seen = 0, 0
    for seed in range(30):
        heap = make_heap(seed, shapes='groceries', kind='table', one_part=False, count=5)
        assert heap.arrangement == arrange
        labels = render(heap, 0, sensors=False).labels
        for one in np.unique(labels)[1:]:
            sizes = np.sort(np.bincount(label(labels == one)[0].ravel())[1:])
            seen += 1
            cut += len(sizes) > 1 and sizes[-2] > max(40, 0.15 * sizes.sum())
    return cut / seen


def test_what_is_screened_is_cut_in_two(monkeypatch, graphics_library):
    """Several times as often as among objects that huddle."""
    share = _cut_share('screened', monkeypatch)
    assert share > 0.03
    assert share > 3 * _cut_share('huddled', monkeypatch)


def test_groceries_huddle_on_tables_only():
    """What the parts are decides how they stand; in a bin they are dropped as all others."""
    tables = {make_heap(seed, shapes='groceries', kind='table', count=4).arrangement
              for seed in range(10)}
    bins = {make_heap(seed, shapes='groceries', kind='bin', count=4, one_part=False).arrangement
            for seed in range(4)}
    assert {'huddled', 'screened'} < tables
    assert not {'huddled', 'screened'} & bins
