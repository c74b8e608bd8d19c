# SPDX-License-Identifier: Apache-2.0
"""
The clustering benchmark: its scores by hand, its peers at their best, its figures.

Whether the settings to choose from hold the best that scikit-learn can do is not verified.
"""

from __future__ import annotations

from dataclasses import replace
import json

from discinst_ros.benchmark import cli, clustering, peers
from discinst_ros.benchmark.agreement import clusters, mean_iou, rand_index
from discinst_ros.benchmark.clustering_fields import generate, OfScenes
from discinst_ros.benchmark.embedding_fields import heap
from discinst_ros.benchmark.options import Size
from discinst_ros.benchmark.peers import best_setting, Field, ours, Peer, sampled
from discinst_ros.clustering import mean_shift
from discinst_ros.loss import DELTA_D, DELTA_V
from discinst_ros.model_config import ModelConfig
import numpy as np
import pytest
import torch

CPU = torch.device('cpu')
CONFIG = ModelConfig()


def three_blocks(side=12):
    """Return a field of three objects, each at one point of the embedding, 3 apart."""
    truth = np.zeros((side + 2, 3 * side), np.int32)
    embeddings = torch.zeros(2, *truth.shape)
    for number, centre in enumerate(((0, 0), (3, 0), (0, 3))):
        window = (slice(1, side + 1), slice(number * side, (number + 1) * side))
        truth[window] = number + 1
        embeddings[(slice(None), *window)] = torch.tensor(centre).float()[:, None, None]
    return Field('blocks', embeddings, truth, CONFIG.clustering_radii())


# Agreement

def test_scores_by_hand():
    """One object of 4 found whole; of the other 4, one pixel is given to the first."""
    truth = np.array([[1, 1, 1, 1, 2, 2, 2, 2, 0, 0]])
    found = np.array([[7, 7, 7, 7, 7, 3, 3, 3, 9, 0]])  # 9 is outside, and does not count
    assert mean_iou(found, truth) == pytest.approx((4 / 5 + 3 / 4) / 2)
    assert clusters(found) == 3
    # pairs together in both: 6 + 3; in truth: 6 + 6, in found: 10 + 3, of 28 pairs
    expected = 12 * 13 / 28
    assert rand_index(found, truth) == pytest.approx((9 - expected) / (12.5 - expected))


def test_scores_of_nothing():
    truth = np.array([[1, 1, 2, 2]])
    assert mean_iou(np.zeros_like(truth), truth) == 0
    assert mean_iou(truth, np.zeros_like(truth)) == 0
    assert rand_index(np.zeros_like(truth), truth) == 0


def test_partners_are_one_to_one():
    """One cluster over both objects is the partner of one only."""
    assert mean_iou(np.array([[1, 1, 1, 1]]), np.array([[1, 1, 2, 2]])) == 0.25


# Fields

def test_generated_fields_are_as_they_are_said_to_be():
    """Away from borders 95 % lie within delta_v of their mean; the means are 2 delta_d apart."""
    one = generate(Size(256, 128), 10, 3, CPU)
    points = one.embeddings.movedim(0, -1).numpy()
    far, means = [], []
    for label in range(1, one.truth.max() + 1):
        mask = one.truth == label
        inside = mask[1:-1, 1:-1].copy()
        for dy in (0, 1, 2):
            for dx in (0, 1, 2):
                inside &= mask[dy:dy + inside.shape[0], dx:dx + inside.shape[1]]
        if inside.sum() >= 30:
            some = points[1:-1, 1:-1][inside]
            means.append(some.mean(axis=0))
            far += list(np.linalg.norm(some - means[-1], axis=1))
    assert 0.9 < np.mean(np.array(far) < DELTA_V) <= 1
    apart = np.linalg.norm(np.array(means)[:, None] - np.array(means)[None], axis=2)
    assert apart[~np.eye(len(means), dtype=bool)].min() > 2 * DELTA_D - 2 * DELTA_V


def test_more_pixels_show_the_same_objects():
    small, large = (generate(Size(*size), 10, 0, CPU) for size in ((128, 64), (256, 128)))
    share = [np.bincount(one.truth.ravel()) / one.truth.size for one in (small, large)]
    np.testing.assert_allclose(*share, atol=0.01)


def test_heap_is_seeded_and_scaled():
    one, other, large = (heap(128, 256, 12, np.random.default_rng(1), scale=scale)
                         for scale in (0.5, 0.5, 1.0))
    np.testing.assert_array_equal(one, other)
    assert (large > 0).sum() > 1.5 * (one > 0).sum()


def test_fields_of_the_shipped_weights():
    one, = OfScenes(('sticks',)).fields(0, CPU)
    assert one.truth.shape == tuple(one.embeddings.shape[1:]) == (240, 320)
    assert mean_iou(ours(one), one.truth) > 0.5


# Peers

@pytest.mark.parametrize('name', ['MeanShift', 'DBSCAN', 'HDBSCAN'])
def test_every_peer_finds_what_is_plain(name):
    one, peer = three_blocks(), peers.peers()[name]
    setting = best_setting(peer, [one])
    assert mean_iou(peer.method(setting)(one), one.truth) == 1


def test_ours_is_what_the_node_runs():
    one = generate(Size(128, 64), 5, 0, CPU)
    expected = mean_shift(one.embeddings, torch.from_numpy(one.truth > 0),
                          **CONFIG.clustering_radii())
    np.testing.assert_array_equal(ours(one), expected.numpy())


class Fixed:
    """A clustering that gives what it is told."""

    def __init__(self, labels):
        self.labels = labels

    def fit_predict(self, points):
        return np.resize(self.labels, len(points))


def test_noise_alone_finds_nothing_and_takes_no_part():
    one = three_blocks()
    assert not sampled(one, Fixed([-1]), 2).any()
    assert clusters(sampled(one, Fixed([-1, 0]), 1)) == 1


def test_small_clusters_are_dropped():
    one = three_blocks(side=4)  # 16 pixels each, below MIN_PIXELS
    assert not sampled(one, peers.peers()['DBSCAN'].make(eps=0.5, min_samples=2), 1).any()


def test_steps_follow_the_number_of_pixels():
    peer = Peer(Fixed, {'labels': (1,)}, (400, 6000))
    steps = [[one['step'] for one in peer.settings(pixels)] for pixels in (10, 20_000, 10**7)]
    assert steps == [[1], [2, 3, 4, 6], [12]]


def test_the_best_setting_wins_and_of_equal_ones_the_fastest(monkeypatch):
    quality = {('a', 1): 0.9, ('b', 1): 0.93, ('c', 1): 0.932}
    times = iter([0, 1, 0, 2, 0, 3])  # seconds: a 1, b 2, c 3
    monkeypatch.setattr(peers.time, 'process_time', lambda: next(times))
    monkeypatch.setattr(Peer, 'method', lambda self, setting: lambda one: setting)
    monkeypatch.setattr(peers, 'mean_iou', lambda setting, _: quality[
        setting['labels'], setting['step']])
    peer = Peer(Fixed, {'labels': 'abc'}, (400, 6000))
    assert best_setting(peer, [three_blocks()]) == {'labels': 'b', 'step': 1}


# The command

def test_command(tmp_path, capsys, monkeypatch):
    everything = peers.peers()
    monkeypatch.setattr(clustering, 'peers', lambda: {
        name: replace(peer, points=(50, 300), choices={
            key: values[1:2] for key, values in peer.choices.items()})
        for name, peer in everything.items()})
    figures, picture = tmp_path / 'c.json', tmp_path / 'c.png'
    assert cli.main(['clustering', '--sizes', '96x64', '--instances', '3', '--scenes', 'sticks',
                     '--seconds', '0', '--json', str(figures), '--picture', str(picture)]) == 0
    printed = capsys.readouterr().out
    assert 'HDBSCAN' in printed and 'generated, 96x64, DBSCAN: eps' in printed
    rows = json.loads(figures.read_text())['rows']
    assert [row['growth'] for row in rows] == ['pixels', 'instances', 'scenes']
    for row in rows:
        first = row['methods']['mean_shift']
        assert first['ratio'] == 1 and 0 < first['mean_iou'] <= 1
        for one in row['methods'].values():
            assert one['ratio'] == pytest.approx(one['median_s'] / first['median_s'])
            assert one['repetitions'] >= 2
    assert picture.stat().st_size > 5000


def test_the_smallest_field_can_be_clustered_by_all():
    for seed in range(5):
        one = generate(Size(32, 32), 20, seed, CPU)
        assert ours(one).shape == one.truth.shape
        for peer in peers.peers().values():
            found = peer.method(peer.settings(int((one.truth > 0).sum()))[-1])(one)
            assert found.shape == one.truth.shape


@pytest.mark.parametrize('arguments, words', [
    (['--scenes', 'clouds', '--sizes', '32x32', '--instances', '2'],
     "scene kind 'clouds' is not known"),
    (['--instances', '0'], '--instances 0'), (['--sizes', '1x0'], "size '1x0'"),
    (['--sizes', '512x256', '1x1'], '--sizes 1x1: expected 32 pixels or more each way'),
    (['--sizes', '31x32'], '--sizes 31x32: expected 32 pixels'),
    (['--sizes', '32x31'], '--sizes 32x31: expected 32 pixels')])
def test_command_refuses(capsys, arguments, words):
    assert cli.main(['clustering', *arguments]) == 1
    assert words in capsys.readouterr().err


def test_old_or_missing_scikit_learn_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(peers, 'needed', lambda *_: object())
    assert cli.main(['clustering']) == 1
    assert 'pip install --upgrade scikit-learn' in capsys.readouterr().err
    assert clustering.OURS == 'mean_shift'
