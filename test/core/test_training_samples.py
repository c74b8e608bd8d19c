# SPDX-License-Identifier: Apache-2.0
"""A sample on its way to the network: its classes, its size, its depth, its coordinates."""

from dataclasses import replace

from discinst_ros.data.sample import Sample
from discinst_ros.geometry.camera import deproject
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.model_config import ModelConfig
from discinst_ros.scenes import draw_scene
from discinst_ros.training.batch import network_input, to_tensors, without_classes
from discinst_ros.training.sizing import crop_to, reduce_to
from discinst_ros.training.whole_images import run_on_whole
import numpy as np
import pytest
import torch
from torch.utils.data import default_collate


def test_classes_of_ignored_pixels():
    labels = np.array([[-1, -1, 0, 3]], np.int32)
    classes = np.array([[2, 0, 1, 2]], np.uint8)
    sample = Sample('s', np.zeros((1, 4, 3), np.uint8), labels, classes)
    assert to_tensors(sample, num_classes=3)['classes'].tolist() == [[2, -1, 1, 2]]
    assert to_tensors(without_classes(sample))['classes'].tolist() == [[1, -1, 0, 1]]
    assert to_tensors(replace(sample, classes=None))['classes'].tolist() == [[-1, -1, 0, 1]]


@pytest.mark.parametrize('labels, classes, words', [
    (None, None, 'has no labels'),
    ([[1, 0]], [[0, 0]], 'instance 1 has pixels of class 0'),
    ([[1, 0]], [[3, 0]], 'has class 3, the data names 3 classes, 0 to 2')])
def test_samples_that_cannot_be_trained_on(labels, classes, words):
    sample = Sample('s', np.zeros((1, 2, 3), np.uint8),
                    None if labels is None else np.array(labels, np.int32),
                    None if classes is None else np.array(classes, np.uint8))
    with pytest.raises(ValueError, match=words):
        to_tensors(sample, num_classes=3)


def test_reduced_as_the_node_does():
    sample = draw_scene('sticks', 2, 128, 64)
    small = reduce_to(sample, 64, 48)
    assert small.image.shape == (48, 64, 3)
    averages = sample.image[:64].reshape(32, 2, 64, 2, 3).mean((1, 3))
    inner = np.abs(small.image[1:31, 1:63] - averages[1:31, 1:63].astype(int))
    assert inner.mean() < 20  # the same picture; its filter is wider than 2x2
    assert np.array_equal(small.labels[:32], sample.labels[1::2, 1::2])
    assert (small.labels[32:] == -1).all()
    assert (to_tensors(small)['classes'][32:] == -1).all()


def test_smaller_images_stay_as_they_are():
    sample = draw_scene('sticks', 2, 40, 32)
    padded = reduce_to(sample, 64, 48)
    assert np.array_equal(padded.image[:32, :40], sample.image)
    assert np.array_equal(padded.labels[:32, :40], sample.labels)
    assert (padded.labels[:, 40:] == -1).all() and (padded.labels[32:] == -1).all()


def test_crops_are_windows():
    rows, columns = np.mgrid[:50, :60].astype(np.int32)
    sample = Sample('s', np.stack([rows, columns, rows], -1).astype(np.uint8), rows * 60 + columns)
    middle = crop_to(sample, 40, 32, None)
    assert middle.labels[0, 0] == 9 * 60 + 10
    corners = set()
    for seed in range(30):
        window = crop_to(sample, 40, 32, np.random.default_rng(seed))
        top, left = divmod(int(window.labels[0, 0]), 60)
        assert np.array_equal(window.image, sample.image[top:top + 32, left:left + 40])
        assert np.array_equal(window.labels, sample.labels[top:top + 32, left:left + 40])
        corners.add((top, left))
    assert len(corners) > 20


def coordinates(sample):
    batch = {name: value[None] for name, value in to_tensors(sample).items()}
    return network_input(batch, ModelConfig(coordinates=True))[0, 3:].numpy()


def test_coordinates_are_those_of_the_whole_image():
    """As the node has them, which is never shown a window or a border that is filled up."""
    sample = draw_scene('sticks', 2, 60, 50)
    whole = coordinates(sample)
    np.testing.assert_allclose(whole[0, 7], np.linspace(-1, 1, 60), atol=1e-6)
    np.testing.assert_allclose(coordinates(reduce_to(sample, 96, 64))[:, :50, :60], whole,
                               atol=1e-6)
    middle = coordinates(crop_to(sample, 40, 32, None))
    np.testing.assert_allclose(middle, whole[:, 9:41, 10:50], atol=1e-6)
    narrow = coordinates(crop_to(sample, 40, 64, None))
    np.testing.assert_allclose(narrow[:, :50], whole[:, :, 10:50], atol=1e-6)


@pytest.mark.parametrize('depth', [None, 'normals'])
def test_held_out_images_are_run_as_the_node_runs_them(depth):
    """Images of two sizes, of which none fills the batch."""
    torch.manual_seed(0)
    config = ModelConfig(coordinates=True, depth=depth, long_side_px=96)
    network = config.build().eval()
    samples = [draw_scene('sticks', 2, *size) for size in ((64, 48), (80, 56), (64, 48))]
    batch = default_collate([to_tensors(reduce_to(sample, 96, 72), depth=depth is not None)
                             for sample in samples])
    segmenter = InstanceSegmenter(network, config, 'cpu')
    with torch.inference_mode():
        found = run_on_whole(network, batch, config)
    for sample, embeddings, scores in zip(samples, *found):
        rows, columns = sample.labels.shape
        seen = segmenter.look(sample.image, sample.depth, sample.intrinsics)
        torch.testing.assert_close(embeddings[:, :rows, :columns], seen.embeddings)
        assert torch.equal(scores.argmax(0)[:rows, :columns], seen.classes)
        assert not scores[:, rows:].any() and not embeddings[:, :, columns:].any()


def test_depth_and_camera_go_with_the_image():
    """The point that a pixel sees stays what it was."""
    sample = draw_scene('sticks', 2, 128, 64)
    numbers = np.arange(64 * 128, dtype=np.int32).reshape(64, 128)
    points = deproject(sample.depth, sample.intrinsics).reshape(-1, 3)
    sample = replace(sample, labels=numbers)
    half_a_pixel = 0.51 * sample.depth.max() / sample.intrinsics.fx
    for seen, tolerance in (
            (crop_to(sample, 64, 48, np.random.default_rng(3)), 1e-6),
            # Of four pixels the one at the lower right is taken, half a pixel off their middle.
            (reduce_to(sample, 64, 48), half_a_pixel)):
        assert (seen.intrinsics.width, seen.intrinsics.height) == (64, 48)
        inside = seen.labels >= 0
        assert np.isnan(seen.depth[~inside]).all() and inside.sum() >= 64 * 32
        np.testing.assert_allclose(deproject(seen.depth, seen.intrinsics)[inside],
                                   points[seen.labels[inside]], atol=tolerance)


def test_tensors_of_depth():
    sample = draw_scene('sticks', 2, 64, 48)
    camera = sample.intrinsics
    tensors = to_tensors(sample, depth=True)
    assert np.array_equal(tensors['depth'].numpy(), sample.depth, equal_nan=True)
    assert tensors['camera'].tolist() == pytest.approx(
        [camera.fx, camera.fy, camera.cx, camera.cy])
    without = to_tensors(replace(sample, depth=None, intrinsics=None), depth=True)
    assert without['depth'].isnan().all() and without['camera'].isfinite().all()
    assert 'depth' not in to_tensors(sample)
    with pytest.raises(ValueError, match='has depth and no camera'):
        to_tensors(replace(sample, intrinsics=None), depth=True)
