# SPDX-License-Identifier: Apache-2.0
"""
The benchmark of weights beside the classical method: with a network that sees the labels.

Not verified here: the figures themselves (test_metrics_overlap.py).
"""

from dataclasses import replace
import json

from colour_network import ColourNetwork, CONFIG
from depth_scenes import box, CAMERA, scene
from discinst_ros.benchmark import classical
from discinst_ros.benchmark.cli import main
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import Sample
from discinst_ros.inference import InstanceSegmenter
import numpy as np
import pytest
from scipy.stats import bootstrap


@pytest.fixture
def segmenter():
    return InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu')


@pytest.fixture
def sample():
    """Two boxes apart, the second too low for the classical method to see."""
    depth, labels = scene(box((-0.1, 0.0, 0.95), (0.1, 0.12, 0.1)),
                          box((0.1, 0.0, 0.996), (0.1, 0.12, 0.008)))
    colours = np.array(((0, 0, 0), (255, 0, 0), (0, 255, 0)), np.uint8)
    return Sample('two', colours[labels], labels, None, depth, CAMERA)


def test_both_sides(segmenter, sample):
    found = classical.measure([sample] * 3, segmenter)
    assert found['overlap_f'].weights == 1 and found['found_75'].weights == 1
    assert found['found_75'].classical == 0.5
    assert found['overlap_precision'].classical == 1
    # three images alike leave no doubt
    assert (found['found_75'].low, found['found_75'].high) == (0.5, 0.5)


def test_creases_may_be_left_out(segmenter, sample, monkeypatch):
    seen = []
    method = classical.segment_classically
    monkeypatch.setattr(classical, 'segment_classically', lambda *given, **settings: (
        seen.append(settings), method(*given, **settings))[1])
    classical.measure([sample], segmenter, creases=False)
    assert seen == [{'crease_px': 0}]


def test_holes_may_count_for_nobody(segmenter, sample):
    """Without depth there is no second box for anybody, and the network sees it all the same."""
    depth = np.where(sample.labels == 2, np.nan, sample.depth).astype(np.float32)
    holed = replace(sample, depth=depth, labels=np.where(sample.labels == 2, 0, sample.labels))
    assert classical.measure([holed], segmenter)['overlap_f'].weights < 0.8
    assert classical.measure([holed], segmenter, ignore_holes=True)['overlap_f'].weights == 1


def test_the_interval_is_that_of_scipy():
    values = np.random.default_rng(3).normal(0.1, 0.3, 40)
    low, high = classical.interval(np.append(values, np.nan))
    other = bootstrap((values,), np.mean, method='percentile', n_resamples=10_000,
                      random_state=4).confidence_interval
    # A percentile of 10,000 draws has a standard error of some 2 % of the spread, 0.047.
    assert (low, high) == pytest.approx((other.low, other.high), abs=0.005)
    for few in ([np.nan], [0.3, np.nan]):
        assert all(np.isnan(classical.interval(np.array(few))))


def test_command(segmenter, sample, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(InstanceSegmenter, 'from_checkpoint', lambda *_: segmenter)
    write_sample(tmp_path / 'data', sample)
    out = tmp_path / 'out.json'
    assert main(['classical', str(tmp_path / 'data'), '--json', str(out)]) == 0
    assert 'objects with an overlap F > 0.75' in capsys.readouterr().out
    assert json.loads(out.read_text())['found_75']['classical'] == 0.5


def test_images_without_depth_are_refused(segmenter, sample, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(InstanceSegmenter, 'from_checkpoint', lambda *_: segmenter)
    write_sample(tmp_path / 'data', replace(sample, depth=None))
    assert main(['classical', str(tmp_path / 'data')]) == 1
    assert "'two' has no depth" in capsys.readouterr().err
    with pytest.raises(ValueError, match='no images to score'):
        classical.measure([], segmenter)
