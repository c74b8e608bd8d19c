# SPDX-License-Identifier: Apache-2.0
"""Samples seen otherwise: image, ids, classes, depth and camera keep to each other."""

from dataclasses import fields, replace
import math

from augment_scenes import ARRAYS, coloured, frozen, scene
import cv2
from discinst_ros.data.augment import Augmentation, AugmentationError
from discinst_ros.data.augment.geometry import look, View
from discinst_ros.data.sample import Sample
from discinst_ros.instances import Intrinsics
from discinst_ros.training.sizing import reduce_to
import numpy as np
import pytest

#: Views drawn as by default, but nothing else that would hide which pixel is which.
VIEWS = replace(Augmentation(), paste_probability=0, colour_probability=0, blur_probability=0,
                noise_probability=0, jpeg_probability=0, min_visible_px=0, min_visible_share=0,
                depth_loss_probability=0, depth_holes_probability=0, depth_cut_probability=0,
                depth_speckle_probability=0)


def decoded(image: np.ndarray) -> np.ndarray:
    return image[..., 0].astype(np.int32) + 256 * image[..., 1].astype(np.int32)


def every_pixel_its_id(width: int, height: int) -> Sample:
    """Return a sample in which each pixel is an instance, with a depth of its own."""
    labels = 1 + np.arange(width * height, dtype=np.int32).reshape(height, width)
    depth = np.linspace(0.5, 2.0, labels.size, dtype=np.float32).reshape(labels.shape)
    return frozen(Sample('pixels', coloured(labels), labels, (labels % 5 + 1).astype(np.uint8),
                         depth, Intrinsics(50.0, 50.0, 20.0, 17.5, width, height)))


@pytest.mark.parametrize('mirror_x', (False, True))
@pytest.mark.parametrize('mirror_y', (False, True))
@pytest.mark.parametrize('quarters', (0, 1, 2, 3))
def test_flips_and_quarter_turns_are_exact(mirror_x, mirror_y, quarters):
    sample = every_pixel_its_id(44, 31)
    size = (31, 44) if quarters % 2 else (44, 31)
    seen = look(sample, View(*size, (21.5, 15.0), 1.0, quarters * math.pi / 2, mirror_x, mirror_y))
    for name in ARRAYS:
        expected = getattr(sample, name)
        expected = expected[:, ::-1] if mirror_x else expected
        expected = expected[::-1] if mirror_y else expected
        assert np.array_equal(getattr(seen, name), np.rot90(expected, -quarters)), name


def test_any_view_keeps_image_and_ids_together():
    blocks = np.kron(1 + np.arange(20 * 15).reshape(15, 20), np.ones((24, 24))).astype(np.int32)
    sample = frozen(Sample('blocks', coloured(blocks), blocks))
    for seed in range(8):
        seen = VIEWS(sample, np.random.default_rng(seed))
        assert seen.image.shape == sample.image.shape
        ids = seen.labels.astype(np.float32)
        # Away from other ids, and from what the view does not show, by more than the low-pass and
        # the interpolation reach: two pixels.
        flat = cv2.erode(ids, np.ones((5, 5))) == cv2.dilate(ids, np.ones((5, 5)))
        inside = (flat & (seen.labels > 0))[2:-2, 2:-2]
        assert inside.mean() > 0.2
        assert np.array_equal(decoded(seen.image)[2:-2, 2:-2][inside],
                              seen.labels[2:-2, 2:-2][inside])


@pytest.mark.parametrize('view', [
    View(40, 30, (20.3, 14.1), 1.3, 0.7), View(60, 30, (10.0, 25.0), 0.6, -2.1, True, False),
    View(33, 47, (21.0, 15.0), 1.0, math.pi / 3, True, True)])
def test_every_pixel_is_that_under_its_centre(view):
    sample = every_pixel_its_id(44, 31)
    seen = look(sample, view)
    y, x = np.mgrid[:view.height, :view.width]
    x, y = (x - (view.width - 1) / 2) / view.zoom, (y - (view.height - 1) / 2) / view.zoom
    cos, sin = math.cos(view.rotation_rad), math.sin(view.rotation_rad)
    x, y = cos * x + sin * y, cos * y - sin * x  # back from the rotation, then from the flips
    x = view.centre[0] + (-x if view.mirror_x else x)
    y = view.centre[1] + (-y if view.mirror_y else y)
    column, row = np.round(x).astype(int), np.round(y).astype(int)
    inside = (0 <= column) & (column < 44) & (0 <= row) & (row < 31)
    expected = np.where(inside, row.clip(0, 30) * 44 + column.clip(0, 43) + 1, -1)
    # OpenCV counts in 32nds of a pixel, so a centre this near to a border may fall on both sides.
    clear = (np.abs(x - column) < 0.45) & (np.abs(y - row) < 0.45)
    assert clear.mean() > 0.75 and (expected[clear] < 0).any()
    assert np.array_equal(seen.labels[clear], expected[clear])
    outside = seen.labels < 0
    assert (seen.classes[outside] == 0).all() and np.isnan(seen.depth[outside]).all()
    index = seen.labels[~outside] - 1
    assert np.array_equal(seen.classes[~outside], sample.classes.ravel()[index])
    assert np.array_equal(seen.depth[~outside], sample.depth.ravel()[index])


@pytest.mark.parametrize('focal', [(50.0, 50.0), (50.0, 62.0)])
@pytest.mark.parametrize('rotation_rad, mirror_x, mirror_y, zoom', [
    (0.0, False, False, 0.6), (0.0, True, False, 1.0), (math.pi / 2, False, True, 1.0),
    (0.6, False, False, 1.0), (-2.5, True, False, 1.7), (1.1, True, True, 0.7)])
def test_points_of_the_scene_move_with_the_camera(focal, rotation_rad, mirror_x, mirror_y, zoom):
    """A point goes by the documented motion, and lies on the pixel that has its id and depth."""
    sample = every_pixel_its_id(44, 31)
    camera = replace(sample.intrinsics, fx=focal[0], fy=focal[1])
    seen = look(replace(sample, intrinsics=camera),
                View(40, 40, (20.5, 15.5), zoom, rotation_rad, mirror_x, mirror_y))
    y, x = np.nonzero(seen.labels > 0)
    row, column = np.divmod(seen.labels[y, x] - 1, 44)
    z = seen.depth[y, x].astype(float)
    across, down = (column - camera.cx) / camera.fx * z, (row - camera.cy) / camera.fy * z
    across, down = (-across if mirror_x else across), (-down if mirror_y else down)
    cos, sin = math.cos(rotation_rad), math.sin(rotation_rad)
    across, down = cos * across - sin * down, sin * across + cos * down
    new = seen.intrinsics
    assert (new.width, new.height) == (40, 40)
    error = np.stack([across / z * new.fx + new.cx - x, down / z * new.fy + new.cy - y])
    # Half a pixel of the source in each direction, and OpenCV's 32nds; the pixels that were made
    # square are up to a ninth larger.
    assert len(z) > 300
    assert np.abs(np.hypot(*error)).max() < zoom * math.sqrt(0.5) * 1.12 + 0.1
    assert np.abs(error.mean(1)).max() < 0.05
    if zoom == 1.0 and rotation_rad in (0.0, math.pi / 2):
        bound = 1e-6 if focal[0] == focal[1] or rotation_rad == 0 else 0.5
        assert np.abs(error).max() < bound


def test_crowds_and_void_stay_what_they_are():
    sample = scene(4)
    labels, classes = sample.labels.copy(), sample.classes.copy()
    labels[10:30, 5:25], classes[10:20, 5:25], classes[20:30, 5:25] = -1, 2, 0
    known = frozen(replace(sample, labels=labels, classes=classes))
    numbered = every_pixel_its_id(64, 48)
    for seed in range(6):
        seen, places = (VIEWS(one, np.random.default_rng(seed)) for one in (known, numbered))
        index, outside = places.labels - 1, places.labels < 0
        assert np.array_equal(seen.labels, np.where(outside, -1, labels.ravel()[index]))
        assert np.array_equal(seen.classes, np.where(outside, 0, classes.ravel()[index]))


def test_the_generator_alone_decides():
    augment = replace(Augmentation(), width=56, height=40, paste_probability=1)
    one, again, another = (
        augment(scene(1), np.random.default_rng(seed), other=lambda: scene(2))
        for seed in (5, 5, 6))
    for name, dtype in zip(ARRAYS, (np.uint8, np.int32, np.uint8, np.float32)):
        values = getattr(one, name)
        assert values.shape[:2] == (40, 56) and values.dtype == dtype
        assert np.array_equal(values, getattr(again, name), equal_nan=name == 'depth')
    assert not np.array_equal(one.image, another.image)
    assert not np.array_equal(one.labels, another.labels)


def test_samples_are_not_written_to():
    first, second = scene(1), scene(2)
    before = [getattr(one, name).copy() for one in (first, second) for name in ARRAYS]
    augment = replace(Augmentation(), paste_probability=1, colour_probability=1,
                      blur_probability=1, noise_probability=1, jpeg_probability=1)
    for settings in (augment, replace(augment, quarter_turns=False, rotation_rad=(0, 0), crop=0,
                                      scale=(1, 1), flip_horizontal_probability=0,
                                      flip_vertical_probability=0)):
        for seed in range(5):
            settings(first, np.random.default_rng(seed), other=lambda: second)
    after = [getattr(one, name) for one in (first, second) for name in ARRAYS]
    assert all(np.array_equal(*pair, equal_nan=pair[0].dtype == np.float32)
               for pair in zip(before, after))


def test_printed_instances_change_their_colours_and_nothing_else():
    sample = frozen(scene(1))
    settings = replace(Augmentation.none(), print_probability=0.5)
    changed = dict.fromkeys(np.unique(sample.labels), 0)
    for seed in range(40):
        seen = settings(sample, np.random.default_rng(seed))
        differs = (seen.image != sample.image).any(axis=2)
        assert seen.labels is sample.labels and seen.depth is sample.depth
        for label in changed:
            changed[label] += differs[sample.labels == label].mean() > 0.5
    assert changed.pop(0) == 0
    assert all(8 <= times <= 32 for times in changed.values())
    # More than one colour within an instance of one colour, brighter and darker as it was.
    grey = np.full_like(sample.image, 120)
    grey[:24] = 60
    plain = replace(sample, image=grey, labels=np.ones_like(sample.labels))
    seen = replace(settings, print_probability=1.0)(plain, np.random.default_rng(3))
    assert len(np.unique(seen.image[:24].reshape(-1, 3), axis=0)) >= 2
    assert seen.image[:24].mean() < 0.7 * seen.image[24:].mean()


def test_none_changes_nothing():
    sample = scene(1)
    seen = Augmentation.none()(sample, np.random.default_rng(0), other=lambda: scene(2))
    assert all(getattr(seen, field.name) is getattr(sample, field.name) for field in fields(seen))


@pytest.mark.parametrize('width, height', [(128, 96), (96, 128), (128, 40), (30, 20)])
def test_at_scale_1_things_are_as_large_as_the_node_sees_them(width, height):
    """The node bounds the longer side, here to 64, and enlarges nothing."""
    labels = np.zeros((height, width), np.int32)
    labels[height // 2 - 8:height // 2 + 8, width // 2 - 8:width // 2 + 8] = 1
    sample = Sample('square', coloured(labels), labels)
    augment = replace(Augmentation.none(), width=64, height=48)
    seen = augment(sample, np.random.default_rng(0))
    side = 16 * min(1, 64 / max(width, height))
    assert seen.labels.shape == (48, 64)
    assert abs(math.sqrt((seen.labels == 1).sum()) - side) < 0.6
    if width == 128:  # held by the longer side in training, too
        assert (seen.labels == 1).sum() == (reduce_to(sample, 64, 48).labels == 1).sum()
    full = replace(augment, full_resolution=True)(sample, np.random.default_rng(0))
    assert (full.labels == 1).sum() == 16 * 16


def test_a_sample_of_nothing_known():
    labels = np.full((48, 64), -1, np.int32)
    void = frozen(replace(scene(1), labels=labels, classes=None))
    seen = Augmentation()(void, np.random.default_rng(0))
    assert (seen.labels == -1).all()
    plain = replace(void, labels=None, depth=None)
    assert VIEWS(plain, np.random.default_rng(0)).labels is None


@pytest.mark.parametrize('settings, words', [
    ({'width': 8}, 'width is 8, expected a number of 32 or more'),
    ({'flip_horizontal_probability': 1.5}, 'expected a number from 0 to 1'),
    ({'scale': (2.0, 1.0)}, r'scale is \(2.0, 1.0\), expected a range \(low, high\) from 0.1'),
    ({'scale': 1.0}, 'scale is 1.0, expected a range'), ({'scale': (1, 2, 3)}, 'a range'),
    ({'rotation_rad': (-4, 4)}, 'from -3.142 to 3.142'), ({'crop': None}, 'crop is None'),
    ({'crop': math.nan}, 'crop is nan'), ({'crop': 'far'}, 'crop is far'),
    ({'brightness': (0.0, 1.0)}, 'brightness'), ({'contrast': (0.0, 1.0)}, 'contrast'),
    ({'jpeg_quality': (0, 90)}, 'jpeg_quality'), ({'paste_count': (0, 3)}, 'paste_count')])
def test_settings_out_of_range(settings, words):
    with pytest.raises(AugmentationError, match=words) as error:
        Augmentation(**settings)
    assert next(iter(settings)) in str(error.value) and '\n' not in str(error.value)
