# SPDX-License-Identifier: Apache-2.0
"""
The evaluate command, with a network that sees the labels, so that the scores are known.

Not verified here: the metrics themselves (test_metrics*.py) and the pipeline (test_segmenter.py).
"""

from dataclasses import replace
import json
import math

from discinst_ros import optional
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import IGNORE, ignoring_holes, Sample
from discinst_ros.evaluation import cli
from discinst_ros.evaluation.classes import ClassMatch, match_classes
from discinst_ros.evaluation.evaluate import evaluate, MEANING, METRICS
from discinst_ros.evaluation.extremes import Extremes, true_instances
from discinst_ros.evaluation.report import as_json, rows
from discinst_ros.evaluation.source import Source
from discinst_ros.inference import InstanceSegmenter
from discinst_ros.model_config import ModelConfig
from discinst_ros.scenes import draw_scene
import numpy as np
from PIL import Image
import pytest
import torch

CONFIG = ModelConfig(embedding_dim=3, mean=(0, 0, 0), std=(1, 1, 1))
#: Metrics that take no time.
QUICK = ('labels', 'overlap')


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


def hidden(sample):
    """Return the sample with a third object that nobody can see: it is black."""
    image = sample.image.copy()
    image[sample.labels == 3] = 0
    return replace(sample, name='hidden', image=image)


def test_a_perfect_network_is_perfect(segmenter, sample):
    report = evaluate([sample, replace(sample, name='again')], segmenter)
    expected = dict.fromkeys(MEANING, 1.0) | {
        'abs_dic': 0, 'cut_objects': 2, 'matched': 6, 'missed': 0, 'extra': 0, 'masks': 6,
        'coco_ap_medium': float('nan'), 'coco_ap_large': float('nan'), 'auroc': float('nan')}
    del expected['ap50m'], expected['ap100m']  # there is no depth
    expected['ap:1'] = 1.0
    # logits of 0.1 - 1 and 1: all masks are good and claim less
    expected['ece'] = 1 - 1 / (1 + math.exp(-1.9))
    assert report.figures == pytest.approx(expected, nan_ok=True, abs=1e-5)
    assert len(report.images) == 2 and report.true_semantics is None
    # of one class the average says it all
    assert 'ap:1' not in as_json(report) and 'ap' in as_json(report)
    assert [row[0] for row in rows(report, None)].count('Cityscapes AP, class 1') == 0


def test_one_object_unseen(segmenter, sample):
    report = evaluate([hidden(sample)], segmenter, metrics=QUICK)
    [image] = report.images
    assert image.sbd == pytest.approx(2 / 3)
    assert image.difference_in_count == -1
    whole, seen = (sample.labels > 0).sum(), (sample.labels % 3 > 0).sum()
    assert image.foreground_dice == pytest.approx(2 * seen / (whole + seen))
    assert report.figures['found_75'] == pytest.approx(2 / 3)
    assert 'pq' not in report.figures


def test_with_true_semantics_it_is_found(segmenter, sample):
    """The class map says where it is, and black is an embedding of its own."""
    report = evaluate([hidden(sample)], segmenter, metrics=('cityscapes',), true_semantics=True)
    assert report.figures['ap'] < 0.9
    assert report.true_semantics['ap'] == report.true_semantics['sbd'] == 1.0


def test_ignored_pixels_count_for_nobody(segmenter, sample):
    labels = np.where(sample.labels == 3, -1, sample.labels)
    classes = np.where(labels > 0, 1, 0).astype(np.uint8)
    report = evaluate([replace(sample, labels=labels, classes=classes)], segmenter)
    for name in ('sbd', 'foreground_dice', 'boundary_f', 'pq', 'coco_ap', 'ap'):
        assert report.figures[name] == pytest.approx(1), name
    assert report.figures['masks'] == 2


def test_no_labels_and_no_images_are_errors(segmenter, sample):
    with pytest.raises(ValueError, match="'three' has no label image"):
        evaluate([replace(sample, labels=None)], segmenter)
    with pytest.raises(ValueError, match='no images to score'):
        evaluate([], segmenter)


# Classes

@pytest.mark.parametrize('checkpoint, data, agnostic, expected', [
    (('background', 'object'), ('background', 'bolt', 'nut'), False, ClassMatch(agnostic=True)),
    (('background', 'nut', 'bolt'), ('background', 'thing'), False, ClassMatch(agnostic=True)),
    (('background', 'nut', 'bolt'), ('background', 'bolt', 'ring', 'nut'), False,
     ClassMatch((0, 3, 1))),
    (('background', 'nut', 'bolt'), None, False, ClassMatch()),
    (('background', 'nut', 'bolt'), ('background', 'cat', 'dog'), True,
     ClassMatch(agnostic=True))])
def test_classes_are_matched_by_name(checkpoint, data, agnostic, expected):
    assert match_classes(checkpoint, data, agnostic=agnostic) == expected


def test_a_class_that_the_data_does_not_know_is_an_error():
    with pytest.raises(ValueError, match='finds gear and the data has bolt, nut; .*agnostic'):
        match_classes(('background', 'bolt', 'gear'), ('background', 'bolt', 'nut'))


# What comes out

def test_the_best_and_the_worst_are_kept(sample):
    kept = Extremes(2)
    for number, score in enumerate((0.5, 0.9, 0.1, 0.7, 0.1, 0.9)):
        kept.add(score, replace(sample, name=str(number)), true_instances(sample.labels))
    assert [(score, one.name) for score, one, _ in kept.best] == [(0.9, '1'), (0.9, '5')]
    assert [(score, one.name) for score, one, _ in kept.worst] == [(0.1, '2'), (0.1, '4')]


def test_true_objects_as_if_found(sample):
    shown = true_instances(np.where(sample.labels == 2, -1, sample.labels * 70_000))
    assert [one.label for one in shown.instances] == [1, 2]
    np.testing.assert_array_equal(shown.label_image, np.array((0, 1, 0, 2))[sample.labels])


@pytest.fixture
def folder(tmp_path, monkeypatch, segmenter, sample):
    """Return a folder of two images; whatever checkpoint is named, it is the colours."""
    monkeypatch.setattr(InstanceSegmenter, 'from_checkpoint', lambda *_, **__: segmenter)
    write_sample(tmp_path / 'data', sample)
    write_sample(tmp_path / 'data', hidden(sample))
    return tmp_path / 'data'


def test_command(folder, tmp_path, capsys):
    figures, out = tmp_path / 'new' / 'scores.json', tmp_path / 'out'
    assert cli.main([str(folder), '--json', str(figures), '--out', str(out), '--true-semantics',
                     '--pictures', '1', '--metrics', *QUICK]) == 0
    printed = capsys.readouterr().out
    assert 'symmetric best dice (SBD)                           0.8333               1' in printed
    written = json.loads(figures.read_text())
    assert written['sbd'] == pytest.approx(5 / 6) and written['class_agnostic']
    assert written['true_semantics']['sbd'] == 1 and written['auroc'] is None
    assert {image['name']: image['sbd'] for image in written['per_image']} == pytest.approx(
        {'three': 1, 'hidden': 2 / 3})
    assert sum(one['masks'] for one in written['reliability']) == 5
    text = (out / 'report.md').read_text()
    assert '| symmetric best dice (SBD) | 0.8333 | 1 |' in text
    assert text.index('three: SBD 1.000') < text.index('hidden: SBD 0.667')
    for name in ('best-1.jpg', 'worst-1.jpg'):
        assert f'({name})' in text
        assert Image.open(out / name).size == (80 + 4 + 80, 60)
    assert Image.open(out / 'reliability.png').size[0] > 400


def test_several_sources_count_together(folder, capsys):
    assert cli.main([str(folder), str(folder), '--metrics', *QUICK]) == 0
    assert 'images                                                   4' in capsys.readouterr().out


def test_depth_decides_which_of_the_shipped_weights(folder):
    assert Source.open(['sticks'], count=1).without_depth() is None
    assert Source.open(['sticks', str(folder)], count=1).without_depth() == 'hidden'


@pytest.mark.parametrize('all_have_it', [True, False])
def test_images_of_which_some_have_depth(tmp_path, capsys, monkeypatch, segmenter, all_have_it):
    """Weights that see depth would refuse those without; the first has it in both cases."""
    used = []
    monkeypatch.setattr(InstanceSegmenter, 'from_checkpoint',
                        lambda path, *_, **__: used.append(path.name) or segmenter)
    for number in (1, 2):
        scene = replace(draw_scene('sticks', number, 64, 48), name=f'scene {number}')
        write_sample(tmp_path, scene if all_have_it or number == 1 else replace(scene, depth=None))
    assert cli.main([str(tmp_path), '--metrics', *QUICK]) == 0
    said = capsys.readouterr().err
    assert used == ['heap-rgbd.safetensors' if all_have_it else 'heap-rgb.safetensors']
    assert f'evaluate: with {used[0]}, since' in said
    assert ('all images have depth' in said) == all_have_it
    assert ("'scene 2' has no depth" in said) != all_have_it


def test_holes_are_ignored_where_asked_for():
    sample = draw_scene('sticks', 1, 64, 48)
    sample.depth[:10] = np.nan
    ignored = ignoring_holes(sample)
    assert (ignored.labels[:10] == IGNORE).all()
    assert np.array_equal(ignored.labels[10:], sample.labels[10:])
    with pytest.raises(ValueError, match='no holes in it to ignore'):
        ignoring_holes(replace(sample, depth=None))


def test_command_calibrates(folder, tmp_path, capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(cli, 'calibrate', lambda path, samples, *, out, **_: seen.append(
        (path.name, [one.name for one in samples], out)) or {'bias': 1.5})
    out = tmp_path / 'b.safetensors'
    assert cli.main([str(folder), '--checkpoint', 'a.safetensors', '--calibrate', str(out)]) == 0
    assert seen == [('a.safetensors', ['hidden', 'three'], out)]
    assert 'bias' in capsys.readouterr().out


@pytest.mark.parametrize('options, said', [
    (['--json', 'file/a.json'], '--json'), (['--out', 'file'], 'is a file; name a folder'),
    (['--out', 'file/new'], 'file'), (['--json', '.'], 'is a folder; name a file'),
    (['--checkpoint', 'a', '--calibrate', 'file/b'], '--calibrate')])
def test_what_cannot_be_written_is_noticed_first(
        folder, tmp_path, capsys, monkeypatch, options, said):
    monkeypatch.setattr(Source, 'open', lambda *_, **__: pytest.fail('it has begun'))
    (tmp_path / 'file').touch()
    before = sorted(tmp_path.rglob('*'))
    assert cli.main([str(folder), *(
        one if one.startswith('--') else str(tmp_path / one) for one in options)]) == 1
    error = capsys.readouterr().err
    assert said in error and error.count('\n') == 1
    assert sorted(tmp_path.rglob('*')) == before


def test_finding_nothing_cannot_be_calibrated(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cli, 'calibrate', lambda *_, **__: None)
    assert cli.main([str(folder), '--calibrate', str(tmp_path / 'b.safetensors')]) == 1
    assert 'finds no object in' in capsys.readouterr().err


def test_a_missing_package_is_one_sentence(folder, capsys, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(optional, 'import_module', missing)
    assert cli.main([str(folder), '--metrics', 'coco']) == 1
    message = capsys.readouterr().err.splitlines()[-1]
    assert 'pip install faster-coco-eval' in message and '--metrics' in message
    assert cli.main([str(folder), '--metrics', *QUICK]) == 0


@pytest.mark.parametrize('arguments, words', [
    (['sticks', '--first-seed', '999990', '--count', '20'], 'which training never draws'),
    (['nowhere'], "'nowhere' is neither a folder"),
    (['sticks', '--split', 'val'], 'split tells how to read images on disk, and sticks is drawn'),
    (['sticks', 'shapes', '--format', 'coco'], 'format tells how'),
    (['sticks', '--checkpoint', 'missing.safetensors'], 'does not exist')])
def test_command_refuses(capsys, monkeypatch, segmenter, arguments, words):
    if '--checkpoint' not in arguments:
        monkeypatch.setattr(InstanceSegmenter, 'from_checkpoint', lambda *_, **__: segmenter)
    assert cli.main(arguments) == 1
    assert words in capsys.readouterr().err


def test_metrics_are_listed(capsys):
    with pytest.raises(SystemExit):
        cli.main(['--help'])
    assert ', '.join(METRICS) in ' '.join(capsys.readouterr().out.split())
