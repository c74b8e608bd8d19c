# SPDX-License-Identifier: Apache-2.0
"""The pipeline benchmark: the stages add up to an outer stopwatch, and all sources work."""

from __future__ import annotations

from dataclasses import replace
import json
import time

from colour_network import ColourNetwork, CONFIG
from discinst_ros.benchmark import cli, pipeline
from discinst_ros.benchmark.options import Size
from discinst_ros.benchmark.pipeline import resized, SUM, WHOLE
from discinst_ros.benchmark.timing import Timing
from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.data.folder import write_sample
from discinst_ros.data.image_files import write_image
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.scenes import draw_scene
import numpy as np
import pytest

QUICK = ['--seconds', '0', '--images', '2', '--threads', '1']


def figures_of(tmp_path, *arguments):
    path = tmp_path / 'figures.json'
    assert cli.main(['pipeline', *QUICK, *arguments, '--json', str(path)]) == 0
    return json.loads(path.read_text())


def test_stages_add_up_to_the_whole(tmp_path, capsys, monkeypatch):
    """
    An own stopwatch bounds it from above; within a few per cent the stages are all of it.

    All go by the time of the processor, since other work on the machine comes between stages, too.
    """
    monkeypatch.setattr(time, 'perf_counter', time.process_time)
    start = time.perf_counter()
    row, = figures_of(tmp_path, 'sticks', '--sizes', '320x240')['rows']
    elapsed = time.perf_counter() - start
    parts = row['parts']
    assert list(parts) == ['preprocess', 'network', 'clustering', 'poses', SUM, WHOLE]
    assert 0.9 < parts[SUM]['median_s'] / parts[WHOLE]['median_s'] <= 1
    assert 0 < parts[WHOLE]['median_s'] * parts[WHOLE]['repetitions'] < elapsed
    assert parts['network']['repetitions'] == 2 * 3  # images × rounds
    assert parts['poses']['median_s'] > 1e-3  # there is depth
    assert 'sum / whole' in capsys.readouterr().out


def test_each_call_is_the_sum_of_its_stages():
    """Call by call, where no median hides anything."""
    scene = draw_scene('sticks', 1000, 160, 120)
    once = pipeline.stages(InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu'), scene,
                           pipeline.clock_of(pipeline.InstanceSegmenter(
                               ColourNetwork(), CONFIG, 'cpu').device))
    once()
    parts = once()
    inner = sum(parts[name] for name in ('preprocess', 'network', 'clustering', 'poses'))
    assert parts[SUM] == pytest.approx(inner)
    assert inner <= parts[WHOLE]


def test_every_image_counts_alike():
    """A fast image is timed more often; its times are no more than those of a slow one."""
    fast, slow = Timing((1.0,) * 20), Timing((9.0, 10.0, 11.0))
    assert pipeline.pooled([{'part': fast}, {'part': slow}])['part'].samples_s == (
        1.0, 1.0, 1.0, 9.0, 10.0, 11.0)


def test_sizes_that_the_network_sees(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pipeline.Model, 'from_checkpoint', lambda _: pipeline.Model(
        ColourNetwork(), replace(CONFIG, long_side_px=64)))
    for name, width in (('small.png', 40), ('large.png', 96)):
        write_image(tmp_path / name, np.zeros((30, width, 3), np.uint8))
    row, = figures_of(tmp_path, str(tmp_path))['rows']
    assert row['network_size'] == '40x30 to 64x20'


def test_a_folder_at_its_own_size_and_at_others(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pipeline.Model, 'from_checkpoint', lambda _: pipeline.Model(
        ColourNetwork(), replace(CONFIG, long_side_px=64)))
    for seed in (1, 2, 3):
        write_sample(tmp_path / 'data', draw_scene('shapes', seed, 80, 60))
    data = str(tmp_path / 'data')
    row, = figures_of(tmp_path, data)['rows']
    assert (row['size'], row['network_size'], row['images']) == ('as it is', '64x48', 2)
    rows = figures_of(tmp_path, data, '--sizes', '40x30', '160x120', '--full-size',
                      '--picture', str(tmp_path / 'p.png'))['rows']
    assert [row['network_size'] for row in rows] == ['40x30', '160x120']
    assert (tmp_path / 'p.png').stat().st_size > 3000


def test_pictures_of_no_dataset(tmp_path, monkeypatch):
    """A folder of them, the first ones in natural order, or one file; nothing else is one."""
    monkeypatch.setattr(pipeline.Model, 'from_checkpoint', lambda _: pipeline.Model(
        ColourNetwork(), replace(CONFIG, long_side_px=None)))
    for name, width in (('photo 10.jpg', 30), ('photo 2.jpg', 50), ('photo 1.png', 70)):
        write_image(tmp_path / name, np.zeros((40, width, 3), np.uint8))
    row, = figures_of(tmp_path, str(tmp_path))['rows']
    assert (row['network_size'], row['images']) == ('50x40 to 70x40', 2)
    row, = figures_of(tmp_path, str(tmp_path / 'photo 10.jpg'))['rows']
    assert (row['network_size'], row['images']) == ('30x40', 1)
    row, = figures_of(tmp_path, str(tmp_path), '--sizes', '32x24')['rows']
    assert (row['network_size'], row['images']) == ('32x24', 2)


def test_depth_and_camera_follow_the_size():
    scene = draw_scene('shapes', 1, 80, 60)
    small = resized(scene, Size(40, 30))
    assert small.image.shape == (30, 40, 3) and small.depth.shape == (30, 40)
    assert small.intrinsics.fx == pytest.approx(scene.intrinsics.fx / 2)
    assert set(np.unique(small.depth)) <= set(np.unique(scene.depth))


@pytest.mark.parametrize('trained', ['embedding', 'semantics'])
def test_weights_trained_for_one_output_alone(tmp_path, capsys, trained):
    path = tmp_path / 'w.safetensors'
    save_checkpoint(path, CONFIG.build(), CONFIG, training={'train_only': trained})
    assert cli.main(['pipeline', *QUICK, '--checkpoint', str(path)]) == 1
    error = capsys.readouterr().err
    assert f'was trained for {trained} alone' in error and error.count('\n') == 1


@pytest.mark.parametrize('arguments, words', [
    (['nowhere'], "source 'nowhere' is neither a folder nor one of"),
    (['sticks', '--checkpoint', 'missing.safetensors'], 'does not exist'),
    (['sticks', '--split', 'val'], "'sticks' has no splits"),
    (['sticks', '--images', '0'], '--images 0: expected 1 or more'),
    (['sticks', '--sizes', '320'], "size '320': expected WIDTHxHEIGHT")])
def test_command_refuses(capsys, arguments, words):
    assert cli.main(['pipeline', *arguments]) == 1
    assert words in capsys.readouterr().err
