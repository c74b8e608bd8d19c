# SPDX-License-Identifier: Apache-2.0
"""
The benchmark of the paper's Table 2: the AP of a checkpoint, of all classes or of one.

AP itself is tested with the evaluation; here, that it is the same.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from colour_network import BLUE, ColourNetwork, CONFIG
from discinst_ros.benchmark import cli, table2_accuracy
from discinst_ros.benchmark.contender import Contender
from discinst_ros.benchmark.options import Size
from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.data.folder import write_sample
from discinst_ros.evaluation.evaluate import evaluate
from discinst_ros.inference.model import Model
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.resources import drawn_checkpoint
from discinst_ros.scenes import draw_scene
import numpy as np
import pytest
from streets import box, HEIGHT, ids_of, WIDTH, write_street
from table2_command import give_memory, QUICK, rows_of, save_shipped
import torch

CPU = torch.device('cpu')


@pytest.fixture
def no_memory(monkeypatch):
    give_memory(monkeypatch)


@pytest.fixture
def checkpoint(tmp_path):
    return save_shipped(tmp_path)


def test_ap_is_that_of_the_evaluation(tmp_path, checkpoint, no_memory):
    """At a size of 128 pixels, and of the first images only."""
    scenes = [draw_scene('sticks', seed) for seed in (1000, 1001, 1002)]
    for scene in scenes:
        write_sample(tmp_path / 'data', scene)
    picture = tmp_path / 'p.png'
    row, = rows_of(tmp_path, '--sizes', '128x96', '--checkpoint', f'enet={checkpoint}', '--data',
                   str(tmp_path / 'data'), '--images', '2', '--metric', 'coco',
                   '--picture', str(picture))
    model = Model.from_checkpoint(checkpoint)
    segmenter = InstanceSegmenter(model.network, replace(model.config, long_side_px=128), 'cpu')
    report = evaluate(scenes[:2], segmenter, metrics=['coco'], true_semantics=True)
    assert row['ap'] == pytest.approx(report.figures['coco_ap'])
    assert row['ap_gt'] == pytest.approx(report.true_semantics['coco_ap'])
    assert 0 < row['ap'] < 1 and row['images'] == 2 and row['checkpoint'] == 'w.safetensors'
    assert picture.stat().st_size > 5000


def test_images_smaller_than_a_size_are_told(tmp_path, checkpoint, capsys, no_memory):
    write_sample(tmp_path / 'data', draw_scene('sticks', 1000, 96, 72))
    rows_of(tmp_path, '--sizes', '64x48', '128x96', '--checkpoint', f'enet={checkpoint}',
            '--data', str(tmp_path / 'data'))
    printed = capsys.readouterr().out
    assert 'AP at 128x96: of images at 96x72, reduced to the longer side of the size' in printed
    assert 'AP at 64x48' not in printed
    assert cli.main([*QUICK, '--sizes', '16x16', '--checkpoint', f'enet={checkpoint}', '--data',
                     str(tmp_path / 'data')]) == 1
    assert '--sizes 16x16: with --data, 32 pixels or more' in capsys.readouterr().err


def test_images_of_another_shape_than_a_size_are_told(tmp_path, checkpoint, capsys, no_memory):
    """Of any size the longer side counts: a wide image is seen at 64x48, a tall one at 48x64."""
    for seed, size in ((1000, (128, 96)), (1001, (96, 128))):
        write_sample(tmp_path / 'data', draw_scene('sticks', seed, *size))
    rows = rows_of(tmp_path, '--sizes', '64x32', '32x64', '64x48', '--checkpoint',
                   f'enet={checkpoint}', '--data', str(tmp_path / 'data'), '--images', '1')
    assert {row['ap_size'] for row in rows} == {'64x48'}
    printed = capsys.readouterr().out
    for size, told in (('64x32', 1), ('32x64', 1), ('64x48', 0)):
        assert printed.count(f'AP at {size}: of images at 64x48,') == told
    row, = rows_of(tmp_path, '--checkpoint', f'enet={checkpoint}', '--data',
                   str(tmp_path / 'data'))
    assert row['ap_size'] == '64x48 to 48x64'


def test_weights_trained_for_one_output_alone(tmp_path, capsys, no_memory):
    """An embedding has an AP where the classes are given; classes alone have none."""
    model = Model.from_checkpoint(drawn_checkpoint())
    path = tmp_path / 'w.safetensors'
    figures = {}
    for trained in ('all', 'embedding'):
        save_checkpoint(path, model.network, model.config, training={'train_only': trained})
        figures[trained], = rows_of(tmp_path, '--sizes', '160x120', '--checkpoint',
                                    f'enet={path}', '--data', 'sticks', '--images', '2')
    printed = capsys.readouterr().out
    assert figures['all']['ap'] is not None and figures['embedding']['ap'] is None
    assert figures['embedding']['ap_gt'] == figures['all']['ap_gt'] > 0
    told = 'AP of enet: with true semantics only, its checkpoint was trained for embedding alone'
    assert printed.count(told) == 1 and printed.count('poses of enet worked on a field') == 1
    save_checkpoint(path, model.network, model.config, training={'train_only': 'semantics'})
    assert cli.main([*QUICK, '--checkpoint', f'enet={path}']) == 1
    error = capsys.readouterr().err
    assert 'was trained for semantics alone' in error and error.count('\n') == 1


def test_one_class_alone():
    class Report:
        figures = {'ap': 0.4, 'ap:1': 0.3, 'ap:2': 0.5}

    names = ('background', 'person', 'car')
    assert table2_accuracy.figure_of(Report.figures, 'ap', 'car', names) == 0.5
    assert table2_accuracy.figure_of(Report.figures, 'ap', None, names) == 0.4
    assert table2_accuracy.figure_of({'ap': 0.3}, 'ap', 'car', names) is None
    assert table2_accuracy.figure_of({'ap': float('nan')}, 'ap', None, names) is None
    assert table2_accuracy.figure_of({'ap': 0.3}, 'ap', 'thing', ('background', 'thing')) == 0.3


def one_blue_car(folder):
    """Write streets on which cars are the only class that occurs."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[box(10, 10)] = BLUE
    for number in range(2):
        write_street(folder, f'lindau_{number:06d}_000019', ids_of((box(10, 10), 26000)), image)
    return folder


def test_one_class_alone_of_data_in_which_it_is_alone(tmp_path):
    """The network finds every car and nothing else, so it has an AP of 1."""
    config = replace(CONFIG, class_names=('background', 'person', 'car'))
    contender = Contender('colour', Model(ColourNetwork(classes=3), config), tmp_path)
    data = str(one_blue_car(tmp_path))

    def figures(class_name):
        options = Namespace(images=None, data=[data], format='auto', split='val',
                            metric='cityscapes', class_name=class_name)
        source = table2_accuracy.open_data(options)
        table2_accuracy.check_classes([contender], source, class_name)
        return table2_accuracy.accuracy(contender, Size(WIDTH, HEIGHT), source, options, CPU)

    about = {'images': 2, 'ap_size': f'{WIDTH}x{HEIGHT}'}
    assert figures('car') == {'ap': 1.0, 'ap_gt': 1.0, **about}
    assert figures('person') == {'ap': None, 'ap_gt': None, **about}


def test_one_class_alone_of_weights_that_know_no_classes(tmp_path, checkpoint, capsys):
    data = one_blue_car(tmp_path / 'data')
    assert cli.main([*QUICK, '--checkpoint', f'enet={checkpoint}', '--data', str(data),
                     '--class-name', 'car']) == 1
    error = capsys.readouterr().err
    assert "--class-name 'car' means nothing for" in error and 'w.safetensors' in error
    assert 'leave --class-name out' in error and error.count('\n') == 1
