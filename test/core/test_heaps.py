# SPDX-License-Identifier: Apache-2.0
"""
Heaps: at rest, true in depth, ids, poses and occlusion, the same for the same seed.

Depth and ids are compared with rays that MuJoCo casts itself, without anything of the graphics.
Not verified here: that they look like anything; make_scenes and its contact sheet show that.
"""

from dataclasses import replace

from discinst_ros.geometry.camera import project
from discinst_ros.scenes.heaps import (
    GOODS,
    HARDWARE,
    HELD_OUT,
    make_heap,
    render,
    render_view,
    TRAINING,
)
from discinst_ros.scenes.heaps.arrangement import Start
from discinst_ros.scenes.heaps.families.catalogue import make_design
from discinst_ros.scenes.heaps.heap import emptied
from discinst_ros.scenes.heaps.model import build_model, COLLIDING, SEEN
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
from discinst_ros.scenes.heaps.settle import fault, settle, settle_again, take_away
from discinst_ros.scenes.heaps.views.renderer import Renderer
from discinst_ros.scenes.heaps.views.view import object_geoms
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

mujoco = pytest.importorskip('mujoco', reason='MuJoCo is not installed: pip install mujoco')


@pytest.fixture(scope='module')
def heap():
    return make_heap(0)


@pytest.fixture(scope='module')
def view(heap, graphics_library):
    return render_view(heap, 1, width=160, height=120, sensors=False)


@pytest.fixture(scope='module')
def rays(heap, view):
    """Return the depth and the geom that the middle of each pixel sees, by ray casts."""
    one, pose = view.camera.intrinsics, view.camera.to_world
    rows, columns = np.indices((one.height, one.width))
    local = np.stack([(columns - one.cx) / one.fx, (rows - one.cy) / one.fy,
                      np.ones(rows.shape)], axis=-1).reshape(-1, 3)
    lengths = np.linalg.norm(local, axis=1)
    group = np.zeros((6, 1), np.uint8)
    group[SEEN] = 1
    depth = np.full(len(local), np.nan)
    geoms = np.full(len(local), -1)
    hit = np.zeros((1, 1), np.int32)
    for k in range(len(local)):
        direction = pose[:3, :3] @ local[k] / lengths[k]
        distance = mujoco.mj_ray(heap.model, heap.data, pose[:3, 3], direction, group, 1, -1,
                                 hit)
        if distance >= 0:
            depth[k], geoms[k] = distance / lengths[k], hit[0, 0]
    return depth.reshape(rows.shape), geoms.reshape(rows.shape)


@pytest.mark.parametrize('family', [*TRAINING, *HELD_OUT, *GOODS, *HARDWARE])
def test_surface_faces_outwards_about_the_origin(family):
    for seed in range(3):
        surface = make_design(family, np.random.default_rng(seed)).outside
        corners = surface.vertices[surface.faces]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        inwards = (across * surface.normals[surface.faces].mean(axis=1)).sum(axis=1) <= 0
        areas = np.linalg.norm(across, axis=1)
        # in the sharpest folds of film a triangle may turn over
        most = 0.001 if family in ('pouch', 'clear_bag') else 0
        assert areas[inwards].sum() <= most * areas.sum()
        np.testing.assert_allclose(surface.low, -surface.high, atol=1e-9)


@pytest.mark.parametrize('family', ['cup', 'bowl', 'mug', 'pipe', 'frame', 'link', 'coil'])
def test_vessels_are_hollow(family):
    """A ray down the axis passes the middle, both in what is seen and in what collides."""
    design = make_design(family, np.random.default_rng(1))
    model = build_model([design], [0], [Start(np.zeros(3), Rotation.identity())],
                        Surroundings('table', (1.0, 1.0), 0.0))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    for part in (SEEN, COLLIDING):
        group = np.zeros((6, 1), np.uint8)
        group[part] = 1
        distance = mujoco.mj_ray(model, data, np.array((0.001, 0.002, 1.0)),
                                 np.array((0.0, 0.0, -1.0)), group, 1, -1,
                                 np.zeros((1, 1), np.int32))
        if family in ('cup', 'bowl', 'mug'):
            assert distance > 1.005
        else:
            assert distance == -1


def test_families_are_apart():
    assert not (set(TRAINING) | set(GOODS) | set(HARDWARE)) & set(HELD_OUT)
    held = make_heap(3, shapes='held_out', kind='table', count=4)
    assert {design.family for design in held.designs} <= set(HELD_OUT)


def test_heap_is_at_rest_and_apart(heap):
    """Nothing is in anything by more than 2 mm, and a quarter of a second moves nothing far."""
    assert heap.data.contact.dist.min() > -0.002
    data = mujoco.MjData(heap.model)
    data.qpos[:] = heap.data.qpos
    mujoco.mj_forward(heap.model, data)
    before = data.xpos.copy()
    mujoco.mj_step(heap.model, data, 100)
    moved = np.linalg.norm(data.xpos - before, axis=1)[[k + 1 for k in heap.present]]
    assert moved.max() < 0.005


def test_one_part_and_count():
    heap = make_heap(5, kind='bin', one_part=True, count=6)
    assert len(heap.designs) == 1
    assert 2 <= len(heap.members) <= 6
    assert heap.kind == 'bin'


@pytest.mark.parametrize('options', [{'shapes': 'any'}, {'kind': 'box'}, {'count': 41}])
def test_what_cannot_be_chosen_is_refused(options):
    with pytest.raises(ValueError, match=str(next(iter(options.values())))):
        make_heap(0, **options)


def test_depth_agrees_with_rays(view, rays):
    depth, _ = rays
    both = np.isfinite(depth) & np.isfinite(view.true_depth)
    assert both.mean() > 0.5
    assert np.median(np.abs(depth - view.true_depth)[both]) < 0.001


def test_labels_agree_with_rays(heap, view, rays):
    _, geoms = rays
    expected = np.zeros(heap.model.ngeom + 1, int)
    for label, some in object_geoms(heap).items():
        expected[list(some)] = label
    # slivers are no instances: their pixels are 0 in the label image
    large = np.isin(expected[geoms], np.unique(view.sample.labels))
    assert large.mean() > 0.99
    assert (expected[geoms] == view.sample.labels)[large].mean() > 0.995
    assert len(np.unique(view.sample.labels)) > 3


def test_poses_project_to_the_masks(heap, view):
    """The corners of an object's surface enclose its mask, to the pixel where it is seen whole."""
    whole = 0
    for one in view.objects:
        rows, columns = np.nonzero(view.sample.labels == one.label)
        if not len(rows):
            continue
        surface = heap.design(one.label - 1).surface
        np.testing.assert_allclose(one.size, surface.high - surface.low)
        pixels = project(surface.vertices @ one.pose[:3, :3].T + one.pose[:3, 3],
                         view.camera.intrinsics)
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        seen_low, seen_high = (columns.min(), rows.min()), (columns.max(), rows.max())
        assert (low <= np.add(seen_low, 1)).all() and (high >= np.subtract(seen_high, 1)).all()
        inside = (low > 0).all() and (high < (159, 119)).all()
        if inside and one.visible_px == one.whole_px:
            whole += 1
            np.testing.assert_allclose(low, seen_low, atol=1)
            np.testing.assert_allclose(high, seen_high, atol=1)
    assert whole


def test_occlusions_by_taking_objects_away(heap, view):
    """Drawn again with all but one object far away, by their positions and not by the graphics."""
    seen = np.zeros(view.sample.labels.shape, int)
    geoms = object_geoms(heap)
    with Renderer(heap.model, heap.data, 160, 120) as renderer:
        renderer.look(view.camera)
        numbers, _ = renderer.geoms_and_depth()
        for label, some in geoms.items():
            seen[np.isin(numbers, some)] = label
    found = {}
    for label, some in geoms.items():
        data = mujoco.MjData(heap.model)
        data.qpos[:] = heap.data.qpos
        for other in geoms:
            if other != label:
                data.qpos[7 * (other - 1):7 * (other - 1) + 3] = (90, 90, other)
        mujoco.mj_forward(heap.model, data)
        heap.model.geom_rgba[heap.model.geom_bodyid == 0, 3] = 0  # the surroundings hide nothing
        with Renderer(heap.model, data, 160, 120) as renderer:
            renderer.look(view.camera)
            alone, _ = renderer.geoms_and_depth()
        heap.model.geom_rgba[heap.model.geom_bodyid == 0, 3] = 1
        for over in geoms:
            pixels = int((np.isin(alone, some) & (seen == over)).sum())
            if over != label and pixels:
                found[over, label] = pixels
    assert found == {(one.over, one.under): one.pixels for one in view.occlusions}
    assert found


def test_seed_decides(heap, graphics_library):
    first, again, other = (render(heap, seed, width=96, height=72) for seed in (2, 2, 3))
    twin = render(make_heap(0), 2, width=96, height=72)
    for field in ('image', 'labels', 'depth', 'classes'):
        np.testing.assert_array_equal(getattr(first, field), getattr(again, field))
        np.testing.assert_array_equal(getattr(first, field), getattr(twin, field))
    assert not np.array_equal(first.image, other.image)


def test_lamps_are_drawn_where_they_are(heap, view, graphics_library):
    """Without a step of the physics; a lamp that is moved lights the picture otherwise."""
    pictures = []
    with Renderer(heap.model, heap.data, 96, 72) as renderer:
        camera = render_view(heap, 5, width=96, height=72, renderer=renderer).camera
        for away in ((0.6, 0.0, 1.0), (-0.6, 0.0, 1.0), (0.6, 0.0, 1.0)):
            heap.model.light_pos[:], heap.model.light_dir[:] = away, -np.array(away)
            renderer.look(camera)
            pictures.append(renderer.colours().astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() > 5
    np.testing.assert_array_equal(pictures[0], pictures[2])


def test_heaps_are_emptied_from_the_top():
    left = []
    for seed in range(12):
        heap, whole = make_heap(seed, count=6), make_heap(seed, count=6)
        taken = emptied(heap)
        left.append(len(taken.present) / len(whole.present))
        assert set(taken.present) <= set(whole.present)
        heights = whole.data.xpos[1:, 2]
        stays = [heights[k] for k in taken.present]
        gone = [heights[k] for k in set(whole.present).difference(taken.present)]
        assert not stays or not gone or max(stays) <= min(gone)
    assert {0, 1} <= set(left) and any(0 < share < 1 for share in left)


@pytest.mark.parametrize('seed', [66, 330])
def test_what_is_left_has_come_to_rest(seed):
    """Without that, some of these would hang in the air by centimetres."""
    heap = emptied(make_heap(seed))
    before = heap.data.xpos.copy()
    settle_again(heap.model, heap.data, heap.gone)
    left = [k + 1 for k in heap.present]
    assert left
    assert np.linalg.norm(heap.data.xpos - before, axis=1)[left].max() < 0.005


def test_empty_scene_is_a_scene(graphics_library):
    heap = make_heap(3, kind='bin', count=3)
    take_away(heap.model, heap.data, list(heap.present))
    view = render_view(replace(heap, gone=frozenset(range(3))), 0, width=96, height=72)
    assert not view.sample.labels.any() and not view.objects and not view.occlusions
    assert np.isfinite(view.sample.depth).mean() > 0.5


def test_motion_without_bounds_ends_and_is_no_heap(tmp_path, monkeypatch):
    """MuJoCo then begins anew, its clock too, so that the time of a heap would never be over."""
    monkeypatch.chdir(tmp_path)  # it writes a log
    model = mujoco.MjModel.from_xml_string(
        '<mujoco><option gravity="0 0 -1e12" timestep="0.0025"/><worldbody><body><freejoint/>'
        '<geom type="sphere" size="0.1"/></body></worldbody></mujoco>')
    data = mujoco.MjData(model)
    settle(model, data)
    assert fault(model, data) == 'unstable'
