# SPDX-License-Identifier: Apache-2.0
"""Figures of parts of the data, by names of images and by true class, against ones by hand."""

from __future__ import annotations

from collections.abc import Callable
import json
import math
from pathlib import Path

from blobs import instances
from blobs import sample as labelled
from colour_network import BLUE, ColourNetwork, CONFIG, GREEN
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import Sample
from discinst_ros.evaluation import cli
from discinst_ros.evaluation.by_class import FoundByClass
from discinst_ros.evaluation.by_name import by_name, category, NO_MATCH, pattern_of
from discinst_ros.evaluation.classes import ClassMatch
from discinst_ros.evaluation.comparison import compare
from discinst_ros.evaluation.evaluate import evaluate
from discinst_ros.inference import InstanceSegmenter
import numpy as np
import pytest

Command = Callable[..., int]


def two_objects(name: str, *, unseen: bool = False) -> Sample:
    """Return a green object of class 1 and a blue one of class 2; the network sees no black."""
    image, labels = np.zeros((40, 60, 3), np.uint8), np.zeros((40, 60), np.int32)
    image[5:25, 5:25], labels[5:25, 5:25] = GREEN, 1
    image[5:25, 35:55], labels[5:25, 35:55] = (0, 0, 0) if unseen else BLUE, 2
    return Sample(name, image, labels, labels.astype(np.uint8))


@pytest.fixture
def segmenter() -> InstanceSegmenter:
    return InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu')


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, segmenter: InstanceSegmenter
            ) -> Command:
    """Return evaluate of three images, in one of which half is unseen; options are added."""
    monkeypatch.setattr(InstanceSegmenter, 'from_checkpoint', lambda *_, **__: segmenter)
    for one in (two_objects('box-1'), two_objects('box-2', unseen=True), two_objects('tin-1')):
        write_sample(tmp_path / 'data', one)
    (tmp_path / 'data' / 'classes.txt').write_text('nut\nbolt\n')
    return lambda *options: cli.main([str(tmp_path / 'data'), '--metrics', 'overlap', *options])


@pytest.mark.parametrize('pattern, name, expected', [
    ('^[a-z]+', 'box-12', 'box'),
    (r'-(\d)', 'box-12', '1'),
    (r'box-(\d+)|tin-(\d+)', 'tin-3', '3'),
    ('x-1', 'box-12', 'x-1'),
    ('tin', 'box-12', NO_MATCH),
    (r'(?P<few>^\d$)|(?P<many>^\d\d$)', '7', 'few'),
    (r'(?P<few>^\d$)|(?P<many>^\d\d$)', '17', 'many'),
    (r'(?P<few>^\d$)|(?P<many>^\d\d$)', '170', NO_MATCH),
    (r'\d*', 'box-12', NO_MATCH)])
def test_category_of_a_name(pattern: str, name: str, expected: str) -> None:
    assert category(name, pattern_of(pattern)) == expected


def test_means_of_each_category() -> None:
    """What has no value does not count; images without a category come last."""
    got = by_name(['b1', '7', 'a1', 'b2'], {
        'sbd': [0.5, 1.0, 0.25, 0.75], 'overlap_f': [0.0, 0.5, 1.0, 1.0],
        'overlap_recall': [1.0] * 4, 'found_75': [math.nan, 1.0, math.nan, 0.5]},
        pattern_of('[a-z]'))
    assert list(got) == ['a', 'b', NO_MATCH]
    assert got['b'] == {'images': 2, 'sbd': 0.625, 'overlap_f': 0.5, 'found_75': 0.5}
    assert got[NO_MATCH] == {'images': 1, 'sbd': 1.0, 'overlap_f': 0.5, 'found_75': 1.0}
    assert math.isnan(got['a']['found_75'])


def test_best_iou_by_true_class() -> None:
    """80 of 100 pixels found of one, 60 of another, none of a third; a fourth half ignored."""
    truth, classes, found = (np.zeros((40, 40), int) for _ in range(3))
    for label, (row, column, class_id, width) in enumerate((
            (0, 0, 1, 8), (0, 20, 3, 6), (20, 0, 3, 0), (20, 20, 1, 10)), start=1):
        truth[row:row + 10, column:column + 10] = 7 * label
        classes[row:row + 10, column:column + 10] = class_id
        found[row:row + 10, column:column + width] = label
    truth[20:30, 25:], classes[20:30, 25:] = -1, 3
    found[20:24, 34:38] = 5  # on what is ignored, which counts for nobody
    metric = FoundByClass()
    metric.add(compare(labelled(truth, classes), instances(found), class_agnostic=True))
    assert metric.figures() == {
        1: {'objects': 2, 'mean_iou': pytest.approx(0.9), 'found_50': 1.0, 'found_75': 1.0},
        3: {'objects': 2, 'mean_iou': pytest.approx(0.3), 'found_50': 0.5, 'found_75': 0.0}}


def test_nothing_found_is_an_iou_of_nothing() -> None:
    metric, truth = FoundByClass(), np.eye(8, dtype=int)
    metric.add(compare(labelled(truth), instances(0 * truth), class_agnostic=True))
    assert metric.figures() == {1: {'objects': 1, 'mean_iou': 0, 'found_50': 0, 'found_75': 0}}


def test_by_class_is_for_several_classes_taken_for_one(segmenter: InstanceSegmenter) -> None:
    one, agnostic = two_objects('one', unseen=True), ClassMatch(agnostic=True)
    report = evaluate([one], segmenter, metrics=(), classes=agnostic)
    assert {key: value['mean_iou'] for key, value in report.by_class.items()} == {1: 1.0, 2: 0.0}
    assert not report.by_name
    assert not evaluate([one], segmenter, metrics=()).by_class
    alike = Sample('alike', one.image, one.labels)
    assert not evaluate([alike], segmenter, metrics=(), classes=agnostic).by_class


def test_command_shows_both(command: Command, tmp_path: Path,
                            capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / 'scores.json'
    assert command('--by', '^box', '--json', str(figures), '--out', str(tmp_path)) == 0
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    # found: 400 of 800 pixels, all precise, so F = 2/3; SBD is the lesser of 1 and 1/2
    assert ['images', '3'] in printed
    assert ['box', '2', '0.75', '0.8333', '0.8333', '0.75'] in printed
    assert ['(no', 'match)', '1', '1', '1', '1', '1'] in printed
    assert ['nut', '3', '1', '1', '1'] in printed
    assert ['bolt', '3', '0.6667', '0.6667', '0.6667'] in printed
    written = json.loads(figures.read_text())
    assert written['by_name']['box']['sbd'] == written['by_name']['box']['found_75'] == 0.75
    assert written['by_class']['bolt'] == {
        'objects': 3, **dict.fromkeys(('mean_iou', 'found_50', 'found_75'), pytest.approx(2 / 3))}
    page = (tmp_path / 'report.md').read_text()
    assert '| box | 2 | 0.75 | 0.8333 | 0.8333 | 0.75 |\n' in page
    assert '| bolt | 3 | 0.6667 | 0.6667 | 0.6667 |\n' in page


def test_only_the_metrics_that_were_asked_for(command: Command,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    assert command('--metrics', 'labels', '--by', '^[a-z]+') == 0
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ['category', 'images', 'SBD'] in printed
    assert ['box', '2', '0.75'] in printed and ['tin', '1', '1'] in printed


def test_a_pattern_that_matches_nothing_is_said(command: Command,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    assert command('--by', '^can') == 0
    out, err = capsys.readouterr()
    assert 'SBD' in out
    assert "--by '^can' finds nothing in the name of any image; the first is 'box-1'" in err


@pytest.mark.parametrize('options, words', [
    (['--by', '(box'], "--by '(box' is no regular expression: missing )"),
    (['--by', 'box', '--sweep'], '--sweep has no use for --by; leave it out'),
    (['--calibrate', 'c', '--json', 'j', '--out', 'o', '--true-semantics'],
     '--calibrate has no use for --true-semantics, --json, --out; leave them out'),
    (['--score-submission', 's', '--checkpoint', 'c'],
     '--score-submission has no use for --checkpoint; leave it out')])
def test_refused_before_anything_is_loaded(options: list[str], words: str,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(['nowhere', *options]) == 1
    assert words in capsys.readouterr().err
