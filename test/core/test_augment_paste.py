# SPDX-License-Identifier: Apache-2.0
"""Instances pasted on top, what they hide, and what another camera makes of the colours."""

from dataclasses import replace

import cv2
from discinst_ros.data.augment import Augmentation
from discinst_ros.data.augment.colour import colour_matrix
from discinst_ros.data.augment.cut_paste import whole_instances
from discinst_ros.data.sample import Sample
import numpy as np
import pytest

#: Pastes and nothing else, without shadows.
PASTE = replace(Augmentation.none(), paste_probability=1, paste_shadow=(0, 0), paste_scale=(1, 1),
                min_visible_share=0)
SIZE = (60, 80)


def tiles() -> Sample:
    """Return 48 instances of 10×10 pixels, all grey, on a plane 1 m away."""
    labels = np.kron(1 + np.arange(48).reshape(6, 8), np.ones((10, 10))).astype(np.int32)
    return Sample('tiles', np.full((*SIZE, 3), 100, np.uint8), labels, np.ones(SIZE, np.uint8),
                  np.full(SIZE, 1.0, np.float32))


def parts() -> Sample:
    """Return a red part of class 2 and a blue one of class 3, and a cut one that is green."""
    labels, image = np.zeros(SIZE, np.int32), np.zeros((*SIZE, 3), np.uint8)
    classes, depth = np.zeros(SIZE, np.uint8), np.full(SIZE, 3.0, np.float32)
    for label, place, channel in ((5, np.s_[10:30, 8:32], 0), (9, np.s_[35:50, 40:70], 2),
                                  (11, np.s_[50:, :10], 1)):
        labels[place], classes[place], depth[place] = label, label // 4 + 1, 2.0
        image[place][..., channel] = 200
    return Sample('parts', image, labels, classes, depth)


def pasted(seed: int, settings: Augmentation = PASTE, sample: Sample | None = None) -> Sample:
    return settings(tiles() if sample is None else sample, np.random.default_rng(seed),
                    other=parts)


def test_pasted_instances_lie_on_top():
    before, colours = tiles(), {2: (200, 0, 0), 3: (0, 0, 200)}
    seen_classes = set()
    for seed in range(12):
        seen = pasted(seed)
        new = seen.labels != before.labels
        ids = np.unique(seen.labels[new])
        assert len(ids) and ids.min() == 49 and ids.max() <= 50
        for label in ids:
            mask = seen.labels == label
            (kind,) = np.unique(seen.classes[mask])
            inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5))) > 0
            assert (seen.image[inner] == colours[int(kind)]).all()
            seen_classes.add(int(kind))
        for label in ids:  # flat, and 1 mm above what is highest beneath
            (depth,) = np.unique(seen.depth[seen.labels == label])
            assert np.isclose(depth, [0.999, 0.998]).any()
        assert (seen.depth[new] < before.depth[new]).all()
        away = cv2.dilate(new.astype(np.uint8), np.ones((5, 5))) == 0
        for name in ('image', 'classes', 'depth'):
            assert np.array_equal(getattr(seen, name)[away], getattr(before, name)[away]), name
    assert seen_classes == {2, 3}


def test_whole_pasted_instances_have_their_size():
    areas = {int((seen.labels == label).sum()) for seen in map(pasted, range(12))
             for label in (49, 50)}
    # 20×24 and 15×30 pixels; one that was laid over the edge or under the other shows less.
    assert max(areas) == 20 * 24 and 15 * 30 in areas


def test_shadows_fall_beside_what_casts_them():
    for seed in range(4):
        bright, dark = pasted(seed), pasted(seed, replace(PASTE, paste_shadow=(0.5, 0.5)))
        assert np.array_equal(bright.labels, dark.labels)
        assert (dark.image <= bright.image).all() and (dark.image < bright.image).any()
        top = bright.labels == bright.labels.max()
        inner = cv2.erode(top.astype(np.uint8), np.ones((5, 5))) > 0
        assert np.array_equal(dark.image[inner], bright.image[inner])


@pytest.mark.parametrize('share, fewest', [(0.6, 0), (0.0, 40), (0.3, 25)])
def test_hidden_instances_are_ignored(share, fewest):
    ignored = 0
    for seed in range(8):
        everything = pasted(seed)
        seen = pasted(seed, replace(PASTE, min_visible_share=share, min_visible_px=fewest))
        for label in range(1, 49):
            mask = everything.labels == label
            hidden = mask.sum() < max(share * 100, fewest)
            ignored += hidden and bool(mask.any())
            assert (seen.labels[mask] == (-1 if hidden else label)).all()
        assert np.array_equal(seen.classes, everything.classes)
    assert ignored


def test_only_whole_instances_are_pasted():
    assert whole_instances(parts().labels).tolist() == [5, 9]
    seen = [pasted(seed) for seed in range(12)]
    assert not any((one.image[..., 1] > 100).any() for one in seen)  # the green one is cut


def test_nothing_whole_to_paste():
    empty = replace(parts(), labels=np.full(SIZE, -1, np.int32))
    seen = PASTE(tiles(), np.random.default_rng(0), other=lambda: empty)
    assert np.array_equal(seen.labels, tiles().labels)
    assert PASTE(tiles(), np.random.default_rng(0)).labels is not None  # nor anything given


def test_onto_what_nobody_knows():
    void = replace(tiles(), labels=np.full(SIZE, -1, np.int32), classes=None, depth=None)
    seen = pasted(1, sample=void)
    assert set(np.unique(seen.labels)) <= {-1, 1, 2} and (seen.labels > 0).any()
    assert ((seen.classes > 0) == (seen.labels > 0)).all() and seen.depth is None


@pytest.mark.parametrize('first', (True, False))
def test_pasting_needs_labels(first):
    bare = replace(tiles(), name='bare', labels=None)
    one, other = (bare, parts()) if first else (parts(), bare)
    with pytest.raises(ValueError, match="'bare' has no labels; set paste_probability to 0"):
        PASTE(one, np.random.default_rng(0), other=lambda: other)


@pytest.mark.parametrize('saturation, hue_rad', [(0.3, 0.4), (1.8, -2.0), (1.0, 0.0)])
def test_greys_stay_grey(saturation, hue_rad):
    for grey in (0.0, 90.0, 255.0):
        assert np.allclose(colour_matrix(saturation, hue_rad) @ np.full(3, grey), grey)


def test_colours_turn_and_fade():
    third = colour_matrix(1.0, 2 * np.pi / 3)
    assert np.allclose(third, [[0, 0, 1], [1, 0, 0], [0, 1, 0]])  # red to green to blue to red
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    grey = image @ colour_matrix(0.0, 0.0).T
    assert np.abs(grey[..., 0] - cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)).max() < 0.51


@pytest.mark.parametrize('settings', [
    {'colour_probability': 1, 'brightness': (4, 4)}, {'noise_probability': 1,
                                                      'noise_sigma': (90, 90)},
    {'jpeg_probability': 1, 'jpeg_quality': (1, 1)}, {'blur_probability': 1},
    {'colour_probability': 1, 'gamma': (0.1, 0.1), 'hue_rad': (3, 3), 'saturation': (4, 4)}])
def test_extreme_light_stays_within_a_byte(settings):
    """No value wraps around: what is bright stays bright, and the mean of a pure blur stays."""
    image = np.full((*SIZE, 3), 250, np.uint8)
    image[:, :40] = 5
    seen = replace(Augmentation.none(), **settings)(
        replace(tiles(), image=image), np.random.default_rng(3)).image
    assert seen.dtype == np.uint8 and seen.shape == image.shape
    assert seen[:, 45:].mean() > seen[:, :35].mean() + 50
    if 'blur_probability' in settings:
        assert abs(seen.mean() - image.mean()) < 0.5


def test_light_alone_is_a_factor():
    settings = replace(Augmentation.none(), colour_probability=1, brightness=(0.5, 0.5),
                       white_balance=0, contrast=(1, 1), gamma=(1, 1), saturation=(1, 1),
                       hue_rad=(0, 0))
    image = np.arange(60 * 80 * 3, dtype=np.int64).reshape(60, 80, 3).astype(np.uint8)
    seen = settings(replace(tiles(), image=image), np.random.default_rng(0))
    assert np.abs(seen.image - image / 2).max() <= 0.5 + 1e-3
    assert np.array_equal(seen.labels, tiles().labels)
