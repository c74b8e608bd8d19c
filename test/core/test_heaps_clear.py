# SPDX-License-Identifier: Apache-2.0
"""
Clear plastic: what is beneath is seen through it, and all of it is one object.

Not verified here: that it looks like plastic; make_scenes and its contact sheet show that.
"""

from collections import Counter
from dataclasses import replace

from discinst_ros.scenes.heaps import make_heap, render_view
from discinst_ros.scenes.heaps.arrangement import Start
from discinst_ros.scenes.heaps.families.catalogue import make_design, SHAPE_SETS
from discinst_ros.scenes.heaps.heap import Heap
from discinst_ros.scenes.heaps.model import build_model
from discinst_ros.scenes.heaps.places.kinds import make_surroundings
from discinst_ros.scenes.heaps.views.view import object_geoms
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

mujoco = pytest.importorskip('mujoco', reason='MuJoCo is not installed: pip install mujoco')


def seen(design):
    """Return a view of two copies that lie beside each other in a tote."""
    place = make_surroundings('tote', np.random.default_rng(0))
    starts = [Start(np.array((x, 0.0, design.half_size[2])), Rotation.identity())
              for x in (-0.08, 0.08)]
    model = build_model([design], [0, 0], starts, place)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    heap = Heap(0, 'tote', 'by hand', (design,), (0, 0), frozenset(), place, model, data,
                Counter())
    return render_view(heap, 3, width=160, height=120, sensors=False), heap


@pytest.fixture(scope='module', params=['clamshell', 'clear_bag'])
def design(request):
    return make_design(request.param, np.random.default_rng(4))


def test_extents_are_those_of_the_shell(design):
    both = np.concatenate((design.surface.vertices, design.clear.surface.vertices))
    np.testing.assert_allclose(design.half_size, both.max(axis=0))
    np.testing.assert_allclose(both.min(axis=0), -both.max(axis=0), atol=1e-9)
    assert design.radius == pytest.approx(np.linalg.norm(both, axis=1).max())
    assert design.surface.high[2] < design.clear.surface.high[2], 'the things have room'


def test_what_is_beneath_is_seen_and_belongs_to_it(design, graphics_library):
    """Against the same pack with an opaque shell, and without any."""
    clear, heap = seen(design)
    assert [len(geoms) for geoms in object_geoms(heap).values()] == [2, 2]
    opaque, _ = seen(replace(design, clear=replace(design.clear, opacity=1.0)))
    bare, _ = seen(replace(design, clear=None))
    np.testing.assert_array_equal(clear.sample.labels, opaque.sample.labels)
    np.testing.assert_array_equal(clear.true_depth, opaque.true_depth)
    assert set(np.unique(clear.sample.labels)) == {0, 1, 2}
    # where the shell is: nearer than what it holds
    shell = (bare.true_depth - clear.true_depth > 0.001) & (clear.sample.labels > 0)
    assert shell.sum() > 200

    def off(one, other):
        return np.abs(one.true_image.astype(int) - other.true_image)[shell].mean()

    assert 2 < off(clear, bare) < 0.6 * off(opaque, bare)


def test_goods_hold_packs_of_clear_plastic():
    assert SHAPE_SETS['goods'].count('clamshell') == SHAPE_SETS['goods'].count('clear_bag') == 2
    families = Counter(design.family for seed in range(6)
                       for design in make_heap(seed, shapes='goods', kind='moulded').designs)
    assert families['clamshell'] >= 1 and families['clear_bag'] >= 1
