# SPDX-License-Identifier: Apache-2.0
"""
Pictures of a training: what TensorBoard gets, and that the training does not notice them.

Not verified here: several processes; the first alone draws.
"""

from __future__ import annotations

import io
from pathlib import Path

from discinst_ros.checkpoint import load_checkpoint
from discinst_ros.clustering import mean_shift
from discinst_ros.inference.preprocess import to_input
from discinst_ros.model_config import ModelConfig
from discinst_ros.training.cli import main
from discinst_ros.training.pictures import _numbered, look, ValidationPictures
from discinst_ros.training.task import EmbeddingTask
from discinst_ros.visualization.projection import fit_projection
import numpy as np
import numpy.typing as npt
from PIL import Image
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
import torch

SMALL = ['--trainer.max_steps', '4', '--trainer.accelerator', 'cpu', '--data.width', '48',
         '--data.height', '40', '--data.batch_size', '2', '--data.workers', '0',
         '--trainer.log_every_n_steps', '1', '--data.samples_per_epoch', '4',
         '--data.validation_images', '3']


@pytest.fixture(scope='module')
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train for two epochs of two steps, with two pictures at each validation."""
    out = tmp_path_factory.mktemp('runs') / 'small'
    assert main([*SMALL, '--pictures', '2', '--out', str(out)]) == 0
    return out


def test_tensorboard_gets_the_terms_and_the_pictures(run: Path) -> None:
    events = EventAccumulator(str(run), size_guidance={'images': 0, 'scalars': 0})
    events.Reload()
    tags = events.Tags()
    terms = ('loss', 'variance', 'distance', 'regularization', 'cross_entropy', 'dice')
    assert {f'{part}/{term}' for part in ('train', 'val') for term in terms} <= set(
        tags['scalars'])
    assert any(tag.startswith('lr-') for tag in tags['scalars'])
    assert len(events.Scalars('train/variance')) == 4
    assert tags['images'] == ['validation/image_1', 'validation/image_2']
    for number in (1, 2):
        shown = events.Images(f'validation/image_{number}')
        assert [image.step for image in shown] == [2, 4]
        drawn = Image.open(run / 'report' / f'image_{number}.png')
        assert (shown[-1].width, shown[-1].height) == drawn.size
    assert not (run / 'report' / 'image_3.png').exists()


def test_pictures_are_of_the_same_images_each_time(run: Path) -> None:
    """Their upper left panel is the input, whatever the network has learned since."""
    events = EventAccumulator(str(run), size_guidance={'images': 0})
    events.Reload()
    first, second = ([decoded(image.encoded_image_string) for image in
                      events.Images(f'validation/image_{number}')] for number in (1, 2))
    height, width = first[0].shape[:2]
    inputs = [picture[:height // 2 - 10, :width // 3] for picture in (*first, *second)]
    np.testing.assert_array_equal(inputs[0], inputs[1])
    np.testing.assert_array_equal(inputs[2], inputs[3])
    assert (inputs[0] != inputs[2]).any()
    assert (first[0] != first[1]).any()


def decoded(png: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_a_training_goes_the_same_way_without_pictures(run: Path, tmp_path: Path) -> None:
    assert main([*SMALL, '--pictures', '0', '--out', str(tmp_path)]) == 0
    assert not list(tmp_path.glob('report/image_*'))
    with_pictures, without = (load_checkpoint(folder / 'last.safetensors').state_dict
                              for folder in (run, tmp_path))
    assert all(torch.equal(with_pictures[name], without[name]) for name in without)


def test_a_second_training_in_the_folder_starts_the_curves_anew(tmp_path: Path) -> None:
    few = [*SMALL, '--pictures', '0', '--out', str(tmp_path)]
    assert main(few) == 0
    few[1] = '3'
    assert main([*few, '--model.gamma', '0.5']) == 0
    assert len(list(tmp_path.glob('events*'))) == 2
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [event.step for event in events.Scalars('train/loss')] == [0, 1, 2]
    first = events.Scalars('train/loss')[0].value
    terms = [events.Scalars(f'train/{term}')[0].value for term in
             ('variance', 'distance', 'cross_entropy', 'dice', 'regularization')]
    assert first == pytest.approx(sum(terms[:4]) + 0.5 * terms[4], rel=1e-5)


def test_views_are_what_network_and_clustering_give() -> None:
    torch.manual_seed(0)
    task = EmbeddingTask(ModelConfig(bandwidth=0.7)).eval()
    image = torch.randint(0, 256, (2, 24, 32, 3), dtype=torch.uint8)
    labels = torch.zeros(2, 24, 32, dtype=torch.int64)
    labels[:, 4:12, 4:20], labels[:, 14:20, 4:20], labels[:, :2] = 3, 9, -1
    state = torch.random.get_rng_state()
    views = look(task, {'image': image, 'labels': labels, 'classes': labels.clamp(-1, 1)})
    assert torch.equal(torch.random.get_rng_state(), state)
    with torch.no_grad():
        embeddings, logits = task.network(to_input(image, task.config))
    for index, view in enumerate(views):
        np.testing.assert_array_equal(view.image, image[index].numpy())
        np.testing.assert_array_equal(view.embeddings, embeddings[index].movedim(0, -1).numpy())
        found = mean_shift(embeddings[index], logits[index].argmax(0), bandwidth=0.7,
                           apart=1.5, reach=2.25)  # delta_d and 1.5 times that
        np.testing.assert_array_equal(view.found, found.numpy())
        assert np.unique(view.truth).tolist() == [-1, 0, 1, 2]
        np.testing.assert_array_equal(view.truth == 2, labels[index].numpy() == 9)


def test_views_of_large_images_are_of_the_network_s_size() -> None:
    task = EmbeddingTask(ModelConfig(long_side_px=32)).eval()
    labels = torch.zeros(1, 48, 64, dtype=torch.int64)
    labels[:, 24:, :32] = 1
    view, = look(task, {'image': torch.full((1, 48, 64, 3), 200, dtype=torch.uint8),
                        'labels': labels, 'classes': labels})
    assert view.image.shape == (24, 32, 3) and (view.image == 200).all()
    expected = np.zeros((24, 32))
    expected[12:, :16] = 1
    np.testing.assert_array_equal(view.truth, expected)


def test_an_instance_is_a_pair_of_class_and_label() -> None:
    labels = torch.tensor([[1, 1, 2, 0, -1]])
    classes = torch.tensor([[1, 2, 1, 0, -1]])
    numbers = _numbered(labels, classes)[0].tolist()
    assert sorted(numbers[:3]) == [1, 2, 3] and numbers[3:] == [0, -1]
    assert _numbered(torch.ones(1, 2).long(), torch.ones(1, 2).long()).tolist() == [[1, 1]]


def test_axes_survive_a_resume() -> None:
    """A resumed training goes on from the axes it had, where a new one would turn them."""
    random = np.random.default_rng(0)
    points = random.normal(size=(200, 4)) * [3, 2.9, 2.8, 0.1]
    before, after = ValidationPictures(1), ValidationPictures(1)
    axes = before._projection(1, points, 3).axes
    after.load_state_dict(before.state_dict())
    later = points * [2.8, 2.9, 3.0, 0.1] / [3, 2.9, 2.8, 0.1]
    np.testing.assert_allclose(after._projection(1, later, 3).axes, axes, atol=0.02)
    assert np.abs(fit_projection(later, 3).axes - axes).max() > 0.5
    with pytest.raises(ValueError, match='pictures is -1, expected 0 or more'):
        ValidationPictures(-1)
