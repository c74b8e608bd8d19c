# SPDX-License-Identifier: Apache-2.0
"""
Bins of equal parts: holes, occlusion, ids and depth against a plain second composition.

Not verified here: that they look like metal; make_scenes and a viewer show that.
"""

import hashlib

from discinst_ros.scenes import draw_scene
from discinst_ros.scenes.canvas import Canvas, Light
from discinst_ros.scenes.designs import DESIGNS, polygon_area
from discinst_ros.scenes.draw import MIN_VISIBLE_PX, TABLE_DEPTH_M
from discinst_ros.scenes.parts import Batch, COUNT, draw_part, draw_parts
import matplotlib.path
import numpy as np
import pytest
import scipy.spatial

DARK = Light(direction=0.0, shadow=0.0, reach=0.0, softness=1.0)
WASHER, TEE = DESIGNS['washers'], DESIGNS['tees']


class Recorder(Canvas):
    """A canvas that keeps what is painted on it."""

    def __init__(self, height=240, width=320):
        super().__init__(np.full((height, width, 3), 90, np.float32), TABLE_DEPTH_M, DARK)
        #: (label, H×W share covered, depth) of each part, from the bottom to the top.
        self.parts = []

    def paint(self, window, alpha, colour, label, depth_m, height_px):
        whole = np.zeros(self.labels.shape, np.float32)
        whole[window.rows, window.columns] = alpha
        self.parts.append((label, whole, depth_m))
        super().paint(window, alpha, colour, label, depth_m, height_px)


def batch_of(design, half_px=30.0):
    return Batch(design, half_px, np.array((150, 160, 170), np.float32), thickness_m=0.01,
                 gloss=0.5)


@pytest.fixture(scope='module')
def bins():
    """Return some bins with what was painted on them, without light and camera."""
    canvases = [Recorder() for _ in range(8)]
    for seed, canvas in enumerate(canvases):
        draw_parts(canvas, np.random.default_rng(seed), TABLE_DEPTH_M)
    return canvases


def test_a_hole_shows_what_is_beneath():
    """A washer lies on a tee: inside its hole are the tee's id, depth and colour."""
    canvas = Recorder(100, 100)
    rng = np.random.default_rng(0)
    centre = np.array((50.0, 50.0))
    draw_part(canvas, rng, batch_of(TEE), centre, 0.0, 1)
    below = canvas.colour.copy(), canvas.labels.copy(), canvas.depth.copy()
    draw_part(canvas, rng, batch_of(WASHER), centre, 0.3, 2)
    y, x = np.mgrid[:100, :100] - 50.0
    distance = np.hypot(x, y)
    hole, ring = distance < 0.52 * 30 - 2.5, (distance > 0.52 * 30 + 1) & (distance < 29)
    assert (below[1][hole] == 1).any() and (below[1][hole] == 0).any()
    for now, before in zip((canvas.colour, canvas.labels, canvas.depth), below):
        assert np.array_equal(now[hole], before[hole])
    assert (canvas.labels[ring] == 2).all()
    assert np.allclose(canvas.depth[ring], TABLE_DEPTH_M - 2 * 0.01)


@pytest.mark.parametrize('design', DESIGNS.values(), ids=list(DESIGNS))
def test_coverage_is_inside_the_outline_and_outside_the_holes(design):
    """Against matplotlib's even-odd test of each pixel."""
    canvas = Recorder(160, 160)
    draw_part(canvas, np.random.default_rng(0), batch_of(design, 60.0), np.array((80.0, 80.0)),
              0.0, 1)
    points = (np.stack(np.mgrid[:160, :160][::-1], axis=-1).reshape(-1, 2) - 80) / 60
    inside = np.zeros(len(points), bool)
    edges = np.zeros(len(points), bool)
    for polygon in (design.outline, *design.holes):
        path = matplotlib.path.Path(np.concatenate((polygon, polygon[:1])))
        inside ^= path.contains_points(points)
        closed = np.concatenate((polygon, polygon[:1]))
        fine = np.concatenate([np.linspace(a, b, 90) for a, b in zip(closed, closed[1:])])
        near = np.unique(np.round(fine * 60 + 80).astype(int), axis=0)
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                edges[(near[:, 1] + dy) * 160 + near[:, 0] + dx] = True
    labels = canvas.labels.ravel()
    assert np.array_equal(labels[~edges] == 1, inside[~edges])
    # The handle of the wrench is 13.8 px wide, and pixel centres count 13.
    assert inside.sum() == pytest.approx(design.area * 60 ** 2, rel=0.04)


def test_designs_are_pieces_with_notches():
    """The outline is no longer than two halves, and fills its convex hull only in part."""
    for design in DESIGNS.values():
        assert np.ptp(design.outline[:, 0]) == pytest.approx(2, abs=0.06)
        hull = scipy.spatial.ConvexHull(design.outline).volume
        assert polygon_area(design.outline) <= hull + 1e-9
        assert design.area < 0.8 * hull
    assert polygon_area(WASHER.outline) == pytest.approx(np.pi, rel=0.01)
    assert [len(design.holes) for design in DESIGNS.values()] == [1, 2, 1, 0]


def test_all_parts_of_a_bin_have_the_same_area(bins):
    """
    Those that lie wholly in the picture, as painted, before others cover them.

    OpenCV's soft edges make a thin part a few hundredths larger or smaller as it turns.
    """
    areas_of_bins, whole = [], 0
    for canvas in bins:
        areas = [alpha.sum() for _, alpha, _ in canvas.parts
                 if not (alpha[[0, -1]].any() or alpha[:, [0, -1]].any())]
        whole += len(areas)
        assert np.ptp(areas) < 0.06 * np.mean(areas)
        areas_of_bins.append(np.mean(areas))
    assert whole > 50
    assert np.ptp(areas_of_bins) > 0.3 * np.mean(areas_of_bins)


def test_ids_and_depth_are_those_of_the_highest(bins):
    """Paint all again pixel by pixel: the last part that covers a pixel owns it."""
    overlaps = 0
    for canvas in bins:
        ids = [label for label, _, _ in canvas.parts]
        assert ids == sorted(set(ids)) and ids[0] >= 1
        covered = np.stack([alpha >= 0.5 for _, alpha, _ in canvas.parts])
        depths = np.array([depth for _, _, depth in canvas.parts], np.float32)
        top = len(ids) - 1 - covered[::-1].argmax(axis=0)
        lies = covered.any(axis=0)
        assert np.array_equal(canvas.labels, np.where(lies, np.array(ids)[top], 0))
        assert np.array_equal(canvas.depth, np.where(lies, depths[top],
                                                     np.float32(TABLE_DEPTH_M)))
        # Of two that overlap, the later one is nearer; and no pile reaches the camera.
        for low in range(len(ids)):
            for high in range(low + 1, len(ids)):
                if (covered[low] & covered[high]).any():
                    overlaps += 1
                    assert depths[high] < depths[low] - 1e-3
        assert 0.4 < depths.min() and depths.max() < TABLE_DEPTH_M
    assert overlaps > 50


def test_scenes_can_be_labelled():
    """Of most parts a quarter of the most visible one is seen, and no scene is black or flat."""
    shares = []
    for seed in range(20):
        scene = draw_scene('parts', seed)
        ids, pixels = np.unique(scene.labels, return_counts=True)
        assert len(ids) - 1 <= COUNT[1] and (pixels[1:] >= MIN_VISIBLE_PX).all()
        shares.append((pixels[1:] > pixels[1:].max() / 4).mean())
        contrast = scene.image[scene.labels > 0].std()
        assert contrast > 5 and scene.image.mean() > 25
    assert np.mean(shares) > 0.8


def test_all_designs_come(monkeypatch):
    drawn = set()
    monkeypatch.setattr('discinst_ros.scenes.parts.draw_part',
                        lambda canvas, rng, batch, *_, **__: drawn.add(batch.design))
    for seed in range(40):
        draw_parts(Recorder(48, 64), np.random.default_rng(seed), TABLE_DEPTH_M)
    assert drawn == set(DESIGNS.values())
    drawn.clear()
    for seed in range(8):
        draw_parts(Recorder(48, 64), np.random.default_rng(seed), TABLE_DEPTH_M, design=TEE)
    assert drawn == {TEE}


def test_larger_images_have_larger_parts():
    for seed in range(3):
        small, large = draw_scene('parts', seed), draw_scene('parts', seed, 640, 480)
        shares = [(scene.labels > 0).mean() for scene in (small, large)]
        assert shares[1] == pytest.approx(shares[0], abs=0.25)
        largest = [np.bincount(scene.labels.ravel())[1:].max() for scene in (small, large)]
        assert 2.5 < largest[1] / largest[0] < 6


@pytest.mark.parametrize('kind, seed, digest', [
    ('sticks', 0, '82a967c355d9a1bd'), ('sticks', 3, 'f7ac90c8a835e720'),
    ('shapes', 0, '109d0eb5e8a87d64'), ('shapes', 3, '2fc51c83423d4869'),
    ('parts', 0, '676c34625aa54a96'), ('parts', 600007, '86474d5d15351fa8')])
def test_kinds_are_what_they_were(kind, seed, digest):
    """Digests of the labels from before there were other kinds: published figures rest on them."""
    labels = draw_scene(kind, seed).labels
    assert hashlib.sha256(labels.tobytes()).hexdigest()[:16] == digest


def test_a_narrow_bin_holds_as_few_as_any():
    assert draw_scene('parts', 0, 32, 480).labels.any()


def test_a_part_outside_leaves_the_canvas_alone():
    canvas = Recorder(40, 40)
    before = canvas.colour.copy()
    for centre in ((500.0, 20.0), (-31.5, 20.0)):  # far away; only its window reaches in
        draw_part(canvas, np.random.default_rng(0), batch_of(WASHER), np.array(centre), 0.0, 1)
    assert not canvas.labels.any() and not canvas.parts
    assert np.array_equal(canvas.colour, before)
