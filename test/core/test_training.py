# SPDX-License-Identifier: Apache-2.0
"""
Training as a whole: one scene learned by heart, averages, the bandwidth, the command.

Not verified here: the accuracy of a full training; the card beside the weights reports that.
"""

from dataclasses import replace
import math

from discinst_ros.checkpoint import build_from_checkpoint, load_checkpoint, save_checkpoint
from discinst_ros.clustering import mean_shift
from discinst_ros.data.folder import write_sample
from discinst_ros.evaluation.metrics import symmetric_best_dice
from discinst_ros.inference.preprocess import to_input
from discinst_ros.model_config import ModelConfig
from discinst_ros.scenes import draw_scene
from discinst_ros.training.average import RisingAverage
from discinst_ros.training.bandwidth import (
    BandwidthChoice,
    choose_bandwidth,
    largest_of_the_best,
)
from discinst_ros.training.batch import to_tensors
from discinst_ros.training.cli import main
from discinst_ros.training.schedule import share_of_rate
from discinst_ros.training.task import EmbeddingTask
import numpy as np
import pytest
import torch

SMALL = ['--trainer.max_steps', '4', '--trainer.accelerator', 'cpu',
         '--trainer.enable_progress_bar', 'false', '--data.width', '48', '--data.height', '40',
         '--data.batch_size', '2', '--data.samples_per_epoch', '4', '--data.validation_images',
         '2', '--data.workers', '0']


def test_learns_a_scene_by_heart():
    """Loss, network and clustering together: after some steps the pipeline finds every stick."""
    torch.manual_seed(0)
    config = ModelConfig(coordinates=True)
    task = EmbeddingTask(config, dropout=0.0)
    sample = draw_scene('sticks', 3, 96, 72)
    batch = {name: tensor[None] for name, tensor in to_tensors(sample).items()}
    x = to_input(batch['image'], config)
    optimizer = torch.optim.Adam(task.network.parameters(), 5e-3)
    for _ in range(100):
        terms = task.objective(*task.network(x), batch['labels'], batch['classes'])
        optimizer.zero_grad()
        terms['loss'].backward()
        optimizer.step()
    with torch.inference_mode():  # batch statistics: the running ones of 100 steps lag behind
        embeddings, logits = task.network(x)
    labels = mean_shift(embeddings[0], logits[0].argmax(0) > 0,
                        bandwidth=config.clustering_bandwidth)
    assert len(np.unique(sample.labels)) > 3
    assert symmetric_best_dice(labels.numpy(), sample.labels) > 0.9


@pytest.mark.parametrize('fall, half', [('linear', 0.5), ('cosine', 0.5)])
def test_learning_rate_rises_stays_and_falls(fall, half):
    rates = [share_of_rate(step, steps=100, warmup_steps=10, decay_share=0.5, fall=fall)
             for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9:51] == pytest.approx([1.0] * 42)
    assert rates[75] == pytest.approx(half)
    assert rates[100] == 0.0


def test_cosine_by_hand():
    rate = share_of_rate(25, steps=100, warmup_steps=0, decay_share=1.0, fall='cosine')
    assert rate == pytest.approx(math.cos(math.radians(45 / 2)) ** 2)  # (1 + cos 45°) / 2
    assert share_of_rate(99, steps=100, warmup_steps=0, decay_share=0, fall='cosine') == 1.0


def test_command_writes_checkpoints_that_run(tmp_path):
    assert main([*SMALL, '--out', str(tmp_path), '--model.config.embedding_dim', '4']) == 0
    for name in ('best.safetensors', 'last.safetensors'):
        checkpoint = load_checkpoint(tmp_path / name)
        assert checkpoint.config.embedding_dim == 4
        embeddings, _ = build_from_checkpoint(checkpoint)(torch.zeros(1, 3, 40, 48))
        assert torch.isfinite(embeddings).all()


def test_depth_need_not_be_there_in_every_image(tmp_path):
    """Half of the images have none: they train and validate, and no score is fitted to them."""
    for number in range(4):
        sample = draw_scene('sticks', number, 48, 40)
        write_sample(tmp_path / ('train' if number < 2 else 'val'), replace(
            sample, depth=sample.depth if number % 2 else None))
    out = tmp_path / 'run'
    assert main([*SMALL, '--out', str(out), '--data.train', str(tmp_path / 'train'), '--data.val',
                 str(tmp_path / 'val'),
                 '--model.config.depth', 'normals', '--model.config.fusion', 'branch']) == 0
    config = load_checkpoint(out / 'best.safetensors').config
    assert (config.depth, config.fusion) == ('normals', 'branch')


def test_average_by_hand():
    """From 0 towards 1 with decays 1/10, 2/11, then 0.2, the most; counters are taken over."""
    average, values = RisingAverage(0.2), [torch.tensor([0.0]), torch.tensor(5)]
    expected = 0.0
    for step, decay in enumerate((1 / 10, 2 / 11, 0.2, 0.2)):
        average._update(values, [torch.tensor([1.0]), torch.tensor(7 + step)], step)
        expected = decay * expected + (1 - decay)
        assert values[0].item() == pytest.approx(expected)
        assert values[1].item() == 7 + step
    with pytest.raises(ValueError, match='average is 2, expected a decay from 0 to 1'):
        RisingAverage(2)


def test_command_saves_the_averaged_weights(tmp_path):
    assert main([*SMALL, '--out', str(tmp_path)]) == 0
    written = load_checkpoint(tmp_path / 'last.safetensors').state_dict
    state = torch.load(tmp_path / 'last.ckpt', weights_only=False)
    name = 'stage1.0.extension.0.0.weight'
    assert torch.equal(written[name], state['state_dict'][f'network.{name}'])
    assert not torch.equal(written[name], state['current_model_state'][f'network.{name}'])


def test_bandwidth_is_chosen_by_score(tmp_path):
    """A network made by hand: colours are embeddings, neighbouring objects are 1.6 apart."""
    config = ModelConfig(embedding_dim=3, mean=(0, 0, 0), std=(1, 1, 1))

    class Colours(torch.nn.Module):

        def forward(self, x):
            embeddings = x * 16
            bright = x.sum(dim=1, keepdim=True)
            return embeddings, torch.cat((0.1 - bright, bright), dim=1)

    image = torch.zeros(1, 24, 60, 3, dtype=torch.uint8)
    labels = torch.zeros(1, 24, 60, dtype=torch.int64)
    for k in range(3):
        image[:, 2:22, 2 + 19 * k:19 + 19 * k, 0] = 51 + round(255 / 10) * k
        labels[:, 2:22, 2 + 19 * k:19 + 19 * k] = k + 1
    batch = {'image': image, 'labels': labels, 'classes': labels.clamp(max=1)}
    path = tmp_path / 'colours.safetensors'
    save_checkpoint(path, config.build(), config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('discinst_ros.training.bandwidth.build_from_checkpoint',
                      lambda _: Colours())
        patch.setattr('discinst_ros.training.bandwidth.save_checkpoint',
                      lambda path, _, config, **__: save_checkpoint(path, config.build(), config))
        scores = choose_bandwidth(path, [batch]).means
    assert all(scores[width] == 1.0 for width in scores if width <= 1.5)
    # The kernel reaches the neighbour and takes two of three for one: dice 2/3, 2/3 and 1, and
    # an IoU of exactly a half finds neither of the two.
    assert scores[1.6875] == pytest.approx((7 / 9 + 1 / 3) / 2)
    assert load_checkpoint(path).config.bandwidth == 1.5


@pytest.mark.parametrize('last, replaced', [(0.9, True), (0.8, False), (0.7, False)])
def test_last_weights_become_the_best_where_they_score_higher(tmp_path, last, replaced):
    """The scores of the two choices are made up; that of the best checkpoint is 0.8."""
    scores, devices = {'last': last, 'best': 0.8}, set()

    def choose(path, *_, device, **__):
        devices.add(device)
        return BandwidthChoice({1.5: scores[path.stem]}, 1.5)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('discinst_ros.training.cli.choose_bandwidth', choose)
        patch.setattr('discinst_ros.training.cli.calibrate', lambda path, _: path.write_bytes(
            path.stem.encode()))
        assert main([*SMALL, '--out', str(tmp_path)]) == 0
    assert devices == {torch.device('cpu')}  # that of the training
    assert (tmp_path / 'last.safetensors').read_text() == 'last'
    assert (tmp_path / 'best.safetensors').read_text() == ('last' if replaced else 'best')


def test_a_wide_bandwidth_is_taken_where_it_costs_next_to_nothing():
    scores = {0.5: [0.8] * 4, 1.0: [0.8, 1.0, 0.8, 1.0], 1.2: [0.891] * 4, 1.5: [0.7] * 4}
    assert largest_of_the_best(scores).chosen == 1.2
    assert largest_of_the_best({**scores, 1.2: [0.889] * 4}).chosen == 1.0
    assert largest_of_the_best(scores).means[1.0] == pytest.approx(0.9)


def test_a_training_shorter_than_an_epoch_leaves_weights(tmp_path):
    arguments = [*SMALL, '--out', str(tmp_path)]
    arguments[1] = '1'
    assert main(arguments) == 0
    assert (load_checkpoint(tmp_path / 'best.safetensors').config
            == load_checkpoint(tmp_path / 'last.safetensors').config)
    assert not list(tmp_path.rglob('*/checkpoints'))


def test_command_resumes(tmp_path):
    assert main([*SMALL, '--out', str(tmp_path)]) == 0
    more = [*SMALL, '--out', str(tmp_path), '--resume', str(tmp_path / 'last.ckpt')]
    more[1] = '6'
    assert main(more) == 0
    assert torch.load(tmp_path / 'last.ckpt', weights_only=False)['global_step'] == 6
