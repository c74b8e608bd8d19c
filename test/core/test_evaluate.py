# SPDX-License-Identifier: Apache-2.0
"""
The evaluate command, with a network that sees the labels, so that the scores are known.

Not verified here: the metrics themselves (test_metrics.py) and the pipeline (test_segmenter.py).
"""

from dataclasses import replace
import json

from discinst_ros.checkpoint import ModelConfig
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import Sample
from discinst_ros.evaluation import cli
from discinst_ros.evaluation.evaluate import evaluate, score
from discinst_ros.inference import InstanceSegmenter
import numpy as np
import pytest
import torch

CONFIG = ModelConfig(embedding_dim=3, mean=(0, 0, 0), std=(1, 1, 1))


class Colours(torch.nn.Module):
    """Colours are embeddings far apart, black is background."""

    def forward(self, x):
        bright = x.sum(dim=1, keepdim=True)
        return x * 20, torch.cat((0.1 - bright, bright), dim=1)


@pytest.fixture
def segmenter():
    return InstanceSegmenter(Colours(), CONFIG, 'cpu')


@pytest.fixture
def sample():
    """Three objects of one colour each, the first cut in two by the second."""
    labels = np.zeros((60, 80), np.int32)
    labels[20:36, 4:76] = 1
    labels[4:56, 30:46] = 2
    labels[44:56, 56:72] = 3
    colours = np.array(((0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)), np.uint8)
    return Sample('three', colours[labels], labels)


def test_a_perfect_network_is_perfect(segmenter, sample):
    report = evaluate([sample, replace(sample, name='again')], segmenter).summary()
    assert report == {'images': 2, 'sbd': 1.0, 'abs_dic': 0.0, 'foreground_dice': 1.0,
                      'cut_objects': 2, 'cut_joined': 1.0}


def test_one_object_unseen(segmenter, sample):
    """The third object is black: found are two of three."""
    image = sample.image.copy()
    image[sample.labels == 3] = 0
    result = score(replace(sample, image=image), segmenter)
    assert result.sbd == pytest.approx(2 / 3)
    assert result.difference_in_count == -1
    whole, seen = (sample.labels > 0).sum(), (sample.labels % 3 > 0).sum()
    assert result.foreground_dice == pytest.approx(2 * seen / (whole + seen))


def test_ignored_pixels_count_for_nobody(segmenter, sample):
    labels = np.where(sample.labels == 3, -1, sample.labels)
    assert score(replace(sample, labels=labels), segmenter).sbd == 1.0


def test_no_labels_is_an_error(segmenter, sample):
    with pytest.raises(ValueError, match="'three' has no label image"):
        score(replace(sample, labels=None), segmenter)


def test_command(tmp_path, capsys, monkeypatch, segmenter, sample):
    monkeypatch.setattr(InstanceSegmenter, 'from_checkpoint', lambda *_: segmenter)
    write_sample(tmp_path, sample)
    figures = tmp_path / 'scores.json'
    assert cli.main([str(tmp_path), '--json', str(figures)]) == 0
    assert 'symmetric best dice' in capsys.readouterr().out
    written = json.loads(figures.read_text())
    assert written['sbd'] == 1.0
    assert [image['name'] for image in written['per_image']] == ['three']


@pytest.mark.parametrize('arguments, words', [
    (['sticks', '--first-seed', '999990', '--count', '20'], 'which training never draws'),
    (['nowhere'], "'nowhere' is neither a folder"),
    (['sticks', '--checkpoint', 'missing.safetensors'], 'does not exist')])
def test_command_refuses(capsys, monkeypatch, segmenter, arguments, words):
    if '--checkpoint' not in arguments:
        monkeypatch.setattr(InstanceSegmenter, 'from_checkpoint', lambda *_: segmenter)
    assert cli.main(arguments) == 1
    assert words in capsys.readouterr().err
