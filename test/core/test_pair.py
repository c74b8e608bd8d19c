# SPDX-License-Identifier: Apache-2.0
"""Two sets of weights, and which of them an image is given to. Their quality is no matter here."""

from dataclasses import replace

from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.inference import InferenceError, InstanceSegmenter, SegmenterPair
from discinst_ros.model_config import ModelConfig
from discinst_ros.resources import default_checkpoint, default_depth_checkpoint
from discinst_ros.scenes import draw_scene
import numpy as np
import pytest
import torch

COLOUR = ModelConfig(delta_v=0.4)
DEPTH = replace(COLOUR, depth='normals', fusion='branch')


@pytest.fixture(scope='module')
def paths(tmp_path_factory):
    """Freshly initialised weights: for colours, and with depth."""
    folder = tmp_path_factory.mktemp('weights')
    for name, config in (('colour', COLOUR), ('depth', DEPTH)):
        torch.manual_seed(1)
        save_checkpoint(folder / f'{name}.safetensors', config.build(), config)
    return folder / 'colour.safetensors', folder / 'depth.safetensors'


@pytest.fixture(scope='module')
def scene():
    return draw_scene('sticks', 3, 64, 48)


@pytest.mark.parametrize('depth, camera, which', [
    (True, True, 1), (True, False, 0), (False, True, 0), (False, False, 0)])
def test_an_image_is_given_to_the_weights_that_see_what_it_has(paths, scene, depth, camera, which):
    given = (scene.depth if depth else None, scene.intrinsics if camera else None)
    pair = SegmenterPair(*paths, 'cpu', min_pixels=1)
    alone = InstanceSegmenter.from_checkpoint(paths[which], 'cpu', min_pixels=1)
    assert pair.path_for(*given) == paths[which]
    found = pair(scene.image, *given)
    assert np.array_equal(found.label_image, alone(scene.image, *given).label_image)
    other = InstanceSegmenter.from_checkpoint(paths[1 - which], 'cpu', min_pixels=1)
    assert not np.array_equal(
        found.label_image, other(scene.image, scene.depth, scene.intrinsics).label_image)


def test_one_set_of_weights_serves_all(paths, scene):
    pair = SegmenterPair(paths[0], device='cpu')
    assert pair.path_for(scene.depth, scene.intrinsics) == pair.path_for(None, None) == paths[0]
    pair.warm_up(48, 64)


def test_weights_that_see_depth_alone_refuse_an_image_without(paths, scene):
    pair = SegmenterPair(paths[1], device='cpu')
    pair(scene.image, scene.depth, scene.intrinsics)
    with pytest.raises(InferenceError, match='trained to see depth and this image has no depth'):
        pair(scene.image)


def test_shipped_weights():
    pair = SegmenterPair(device='cpu')
    assert (pair.path, pair.depth_path) == (default_checkpoint(), default_depth_checkpoint())
    assert SegmenterPair(device='cpu', use_depth=False).depth_path == default_checkpoint()


def test_what_does_not_go_together(paths, tmp_path):
    config = replace(DEPTH, class_names=('background', 'cup'))
    save_checkpoint(tmp_path / 'cups.safetensors', config.build(), config)
    with pytest.raises(InferenceError, match="finds .*'object'.* and .*'cup'.*the same classes"):
        SegmenterPair(paths[0], tmp_path / 'cups.safetensors', 'cpu')
    with pytest.raises(InferenceError, match='see depth, which is not used'):
        SegmenterPair(paths[1], device='cpu', use_depth=False)
