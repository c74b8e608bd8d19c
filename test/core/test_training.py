# SPDX-License-Identifier: Apache-2.0
"""
Training: the objective by hand, the data's seeds, one scene learned by heart, the command.

Not verified here: the accuracy of a full training; the card beside the weights reports that.
"""

from dataclasses import replace
import math

from discinst_ros.checkpoint import (
    build_from_checkpoint,
    load_checkpoint,
    ModelConfig,
    save_checkpoint,
)
from discinst_ros.clustering import mean_shift
from discinst_ros.evaluation.metrics import symmetric_best_dice
from discinst_ros.inference.preprocess import to_input
from discinst_ros.loss import DiscriminativeLoss
from discinst_ros.scenes import draw_scene, FIRST_TRAINING_SEED
from discinst_ros.training.average import RisingAverage
from discinst_ros.training.bandwidth import choose_bandwidth
from discinst_ros.training.cli import main
from discinst_ros.training.objective import dice_loss, foreground_counts, Objective
from discinst_ros.training.scene_data import DrawnScenes, SceneData, to_tensors
from discinst_ros.training.task import EmbeddingTask
import numpy as np
import pytest
import torch

SMALL = ['--trainer.max_steps', '4', '--trainer.accelerator', 'cpu',
         '--trainer.enable_progress_bar', 'false', '--data.width', '48', '--data.height', '40',
         '--data.batch_size', '2', '--data.scenes_per_epoch', '4', '--data.validation_scenes',
         '2', '--data.workers', '0']


def certain(classes, num_classes=2):
    """Logits that say ``classes`` with certainty."""
    one_hot = torch.nn.functional.one_hot(torch.tensor(classes), num_classes)
    return one_hot.movedim(-1, 1).float() * 200 - 100


def test_dice_by_hand():
    truth = torch.tensor([[[1, 1, 0, -1]]])
    assert dice_loss(certain([[[1, 1, 0, 1]]]), truth).item() == pytest.approx(0.0)
    assert dice_loss(certain([[[1, 0, 0, 0]]]), truth).item() == pytest.approx(1 - 2 / 3)
    # An undecided pixel says 0.5: overlap 0.5·2, mass 4·... = 3·0.25 + 2.
    assert dice_loss(torch.zeros(1, 2, 1, 4), truth).item() == pytest.approx(1 - 2 / 2.75)


def test_objective_weighs_its_terms():
    torch.manual_seed(0)
    embeddings, logits = torch.randn(2, 4, 6, 6), torch.randn(2, 3, 6, 6)
    labels, classes = torch.randint(-1, 4, (2, 6, 6)), torch.randint(-1, 3, (2, 6, 6))
    instance = DiscriminativeLoss()
    terms = Objective(instance, cross_entropy=2.0, dice=0.5)(embeddings, logits, labels, classes)
    known = classes.flatten() >= 0
    pixels = logits.movedim(1, -1).reshape(-1, 3)[known].log_softmax(1)
    entropy = -pixels[torch.arange(int(known.sum())), classes.flatten()[known]].mean()
    assert terms['cross_entropy'].item() == pytest.approx(entropy.item(), rel=1e-5)
    expected = instance(embeddings, labels, classes).total + 2 * entropy + 0.5 * terms['dice']
    assert terms['loss'].item() == pytest.approx(expected.item(), rel=1e-5)


def test_objective_without_any_label_is_zero():
    embeddings = torch.randn(1, 4, 5, 5, requires_grad=True)
    logits = torch.randn(1, 2, 5, 5, requires_grad=True)
    nothing = torch.full((1, 5, 5), -1)
    terms = Objective(DiscriminativeLoss(), cross_entropy=1, dice=1)(
        embeddings, logits, nothing, nothing)
    terms['loss'].backward()
    assert terms['loss'].item() == 0.0


def test_foreground_counts():
    counts = foreground_counts(certain([[[1, 0, 1, 1]]]), torch.tensor([[[1, 1, 0, -1]]]))
    assert counts.tolist() == [1.0, 4.0]


def test_samples_as_tensors():
    sample = draw_scene('sticks', 2, 64, 48)
    labels = sample.labels.copy()
    labels[0, 0] = -1
    batch = to_tensors(replace(sample, labels=labels))
    assert batch['image'].shape == (48, 64, 3)
    assert batch['classes'][0, 0] == -1
    assert torch.equal((batch['labels'] > 0).long(), batch['classes'].clamp(min=0))
    with pytest.raises(ValueError, match='has no labels'):
        to_tensors(replace(sample, labels=None))


def test_training_never_draws_held_out_seeds():
    data = SceneData(scenes_per_epoch=10, workers=0)
    assert data.train_dataloader().dataset.first >= FIRST_TRAINING_SEED
    held_out = data.val_dataloader().dataset
    assert held_out.first + held_out.count <= FIRST_TRAINING_SEED


def test_shares_of_kinds():
    only = DrawnScenes(5, 3, {'sticks': 0.0, 'shapes': 1.0}, (64, 48))
    for index in range(3):
        scene = draw_scene('shapes', 5 + index, 64, 48)
        assert np.array_equal(only[index]['image'].numpy(), scene.image)
    with pytest.raises(ValueError, match='not both 0'):
        SceneData(sticks=0.0, shapes=0.0)


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


def test_learning_rate_rises_stays_and_falls():
    class Steps:
        estimated_stepping_batches = 100

    task = EmbeddingTask(warmup_steps=10, decay_share=0.5)
    task._trainer = Steps()
    rates = [task._rate(step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9:51] == [1.0] * 42
    assert rates[75] == pytest.approx(0.5)
    assert rates[100] == 0.0


def test_command_writes_checkpoints_that_run(tmp_path):
    assert main([*SMALL, '--out', str(tmp_path), '--model.config.embedding_dim', '4']) == 0
    for name in ('best.safetensors', 'last.safetensors'):
        checkpoint = load_checkpoint(tmp_path / name)
        assert checkpoint.config.embedding_dim == 4
        embeddings, _ = build_from_checkpoint(checkpoint)(torch.zeros(1, 3, 40, 48))
        assert torch.isfinite(embeddings).all()


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
    """A network made by hand: colours are embeddings, neighbouring objects are 1.2 apart."""
    config = ModelConfig(embedding_dim=3, mean=(0, 0, 0), std=(1, 1, 1))

    class Colours(torch.nn.Module):

        def forward(self, x):
            embeddings = x * 12
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
                      lambda path, _, config: save_checkpoint(path, config.build(), config))
        scores = choose_bandwidth(path, [batch])
    assert scores[0.75] == 1.0
    assert scores[1.6875] < 0.7  # the kernel reaches the neighbour and takes two for one
    assert load_checkpoint(path).config.bandwidth == 0.75


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


@pytest.mark.parametrize('arguments, words', [
    (['--model.start_from', 'nowhere.safetensors'], 'does not exist'),
    (['--data.sticks', '0', '--data.shapes', '0'], 'not both 0')])
def test_command_refuses(tmp_path, capsys, arguments, words):
    try:
        code = main([*SMALL, '--out', str(tmp_path), *arguments])
    except SystemExit as stop:
        code = stop.code
    assert code
    assert words in capsys.readouterr().err


def test_unknown_setting_is_an_error(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([*SMALL, '--out', str(tmp_path), '--model.learning_rte', '1'])
    assert 'learning_rte' in capsys.readouterr().err
    assert math.isclose(EmbeddingTask().learning_rate, 2e-3)
