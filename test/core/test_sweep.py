# SPDX-License-Identifier: Apache-2.0
"""The sweep and its advice, with a network whose embeddings are known for every pixel."""

from dataclasses import replace
import json

from colour_network import BLUE, ColourNetwork, CONFIG, GREEN, RED
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import Sample
from discinst_ros.evaluation import cli
from discinst_ros.evaluation import sweep as sweep_module
from discinst_ros.evaluation.margins import Margins
from discinst_ros.evaluation.sweep import sweep, used_settings
from discinst_ros.inference import InstanceSegmenter
from discinst_ros.inference.fields import Fields
import numpy as np
from PIL import Image
import pytest
import torch


@pytest.fixture
def sample():
    image, labels = np.zeros((60, 80, 3), np.uint8), np.zeros((60, 80), np.int32)
    for label, (window, colour) in enumerate((
            ((slice(10, 20), slice(5, 55)), RED), ((slice(5, 40), slice(25, 35)), GREEN),
            ((slice(44, 56), slice(60, 72)), BLUE)), start=1):
        image[window], labels[window] = colour, label
    return Sample('three', image, labels)


class Counting(ColourNetwork):
    """Count how often the network runs."""

    runs = 0

    def forward(self, x):
        self.runs += 1
        return super().forward(x)


def test_each_setting_is_swept_while_the_others_stay(sample, monkeypatch):
    """The colours are 5 apart: from a bandwidth of 5 on all are one; blue has 144 pixels."""
    monkeypatch.setattr(sweep_module, 'BANDWIDTHS', (0.75, 2.0))
    network = Counting()
    config = replace(CONFIG, delta_d=3.0, bandwidth=1.0)
    segmenter = InstanceSegmenter(network, config, 'cpu')
    found = sweep([sample, sample], segmenter)
    assert network.runs == 2
    assert found.used == {'bandwidth': 1.0, 'min_pixels': 20, 'reach': 4.5}
    for setting, results in found.results.items():
        assert list(results) == sorted(results) and found.used[setting] in results
        assert results[found.used[setting]] == {
            'sbd': 1, 'abs_dic': 0, 'overlap_f': 1, 'found_75': 1}
    by_bandwidth = found.results['bandwidth']
    assert by_bandwidth[2.25]['abs_dic'] == 0
    assert by_bandwidth[6.0]['abs_dic'] == 2
    by_size = found.results['min_pixels']
    assert by_size[80]['abs_dic'] == 0
    assert by_size[160]['abs_dic'] == 1
    assert by_size[160]['found_75'] == pytest.approx(2 / 3)
    assert by_size[160]['sbd'] == pytest.approx(2 / 3)


def test_a_sweep_changes_nothing(sample):
    segmenter = InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu')
    before = used_settings(segmenter), segmenter(sample.image).instances
    sweep([sample], segmenter)
    assert (used_settings(segmenter), segmenter(sample.image).instances) == before


def test_no_images_are_an_error():
    with pytest.raises(ValueError, match='no images to score'):
        sweep([], InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu'))


# Margins

def line_fields(labels, offsets, scale=1.0):
    """Return fields whose one-dimensional embedding is the label's place plus an offset."""
    embeddings = torch.from_numpy((labels * 3.0 + offsets) * scale).float()[None]
    return Fields(embeddings, torch.ones(labels.shape, dtype=torch.int64), None, labels.shape)


def test_spread_by_hand():
    labels = np.repeat([[1, 2, 4, 0]], 40, axis=0)
    labels = np.repeat(labels, 25, axis=1).astype(np.int32)
    # a thousand pixels each, evenly from -0.5 to 0.5 around their mean
    offsets = np.tile(np.linspace(-0.5, 0.5, 40)[:, None], (1, 100))
    margins = Margins(CONFIG)
    margins.add(Sample('a', np.zeros((40, 100, 3), np.uint8), labels), line_fields(
        labels, offsets))
    spread = margins.spread
    even = np.quantile(np.repeat(np.abs(np.linspace(-0.5, 0.5, 40)), 25), 0.95)
    assert spread.radius == pytest.approx(even, abs=1e-6)
    assert spread.wide_radius == pytest.approx(even, abs=1e-6)
    # means at 3, 6 and 12: nearest 3, 3 and 6
    assert spread.apart == pytest.approx(3, abs=1e-5)
    assert spread.close == pytest.approx(3, abs=1e-5)


@pytest.mark.parametrize('width, scale, words, not_words', [
    (0.5, 1.0, 'the margins fit', 'train longer'),
    (4.0, 1.0, 'reach beyond half the way', 'were not pushed apart'),
    (0.1, 0.3, 'were not pushed apart', 'reach beyond')])
def test_advice(width, scale, words, not_words):
    """The margins are 0.5 and 1.5."""
    labels = np.repeat(np.repeat([[1, 2]], 40, axis=0), 30, axis=1).astype(np.int32)
    offsets = np.tile(np.linspace(-width / 2, width / 2, 40)[:, None], (1, 60))
    margins = Margins(CONFIG)
    margins.add(Sample('a', np.zeros((40, 60, 3), np.uint8), labels),
                line_fields(labels, offsets, scale))
    said = ' '.join(margins.advice())
    assert words in said and not_words not in said


def test_one_object_gives_no_advice():
    labels = np.ones((20, 20), np.int32)
    margins = Margins(CONFIG)
    margins.add(Sample('a', np.zeros((20, 20, 3), np.uint8), labels),
                line_fields(labels, np.zeros((20, 20))))
    assert 'nothing to be said' in margins.advice()[0]


def test_command(tmp_path, capsys, monkeypatch, sample):
    monkeypatch.setattr(InstanceSegmenter, 'from_checkpoint', lambda *_, **__: InstanceSegmenter(
        ColourNetwork(), CONFIG, 'cpu'))
    write_sample(tmp_path / 'data', sample)
    figures, out = tmp_path / 'sweep.json', tmp_path / 'out'
    assert cli.main([str(tmp_path / 'data'), '--sweep', '--json', str(figures),
                     '--out', str(out)]) == 0
    printed = capsys.readouterr().out
    assert '1 (used)' in printed and 'The nearest other mean is 4.99' in printed
    written = json.loads(figures.read_text())
    assert written['used']['bandwidth'] == 1.0
    assert {row['min_pixels']: row['abs_dic'] for row in written['min_pixels']}[160] == 1
    text = (out / 'sweep.md').read_text()
    assert '| 160 | 0.6667 | 1 |' in text and '(sweep.png)' in text
    assert Image.open(out / 'sweep.png').size[0] > 800


def test_a_sample_without_labels_is_one_sentence(sample):
    with pytest.raises(ValueError, match="'three' has no label image"):
        sweep([replace(sample, labels=None)],
              InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu'))
