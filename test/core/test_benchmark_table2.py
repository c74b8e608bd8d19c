# SPDX-License-Identifier: Apache-2.0
"""
The benchmark of the paper's Table 2: its figures beside an own count and an own stopwatch.

The paper's figures are compared with a copy made by hand, not with the paper. Times on a GPU are
tested where there is one. AP itself is tested with the evaluation; here, that it is the same.
"""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from dataclasses import replace
import json
import time

from colour_network import BLUE, ColourNetwork, CONFIG
from discinst_ros.benchmark import (
    cli,
    table2,
    table2_accuracy,
    table2_measure,
    table2_report,
)
from discinst_ros.benchmark.contender import (
    Contender,
    Contest,
    FORWARD,
    parse_checkpoints,
    stand_in_for,
    WHOLE,
)
from discinst_ros.benchmark.memory import Memory, OutOfMemory
from discinst_ros.benchmark.options import Size
from discinst_ros.benchmark.paper import PARAMETERS_M, SIZES, TABLE2
from discinst_ros.benchmark.timing import CpuClock
from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.commands import INTERRUPTED, run
from discinst_ros.data.folder import write_sample
from discinst_ros.evaluation.evaluate import evaluate
from discinst_ros.evaluation.metrics import symmetric_best_dice
from discinst_ros.inference.model import Model
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.model_config import ModelConfig
from discinst_ros.networks import NETWORKS
from discinst_ros.resources import drawn_checkpoint
from discinst_ros.scenes import draw_scene
import numpy as np
import pytest
from streets import box, HEIGHT, ids_of, WIDTH, write_street
import torch
from torch import nn

CPU = torch.device('cpu')
#: Table 2 of the paper, typed from it once more: AP, AP with true semantics, fps, memory.
TYPED = """
enet      0.19 0.21 145 1.00  0.21 0.25 94 1.03  0.20 0.26 61 1.12
segnet    0.20 0.22 27 1.22   0.22 0.26 14 1.29  0.18 0.24 8 1.47
dilation  0.21 0.24 15 2.20   0.24 0.29 6 2.64   0.23 0.30 4 3.27
resnet38  0.24 0.27 12 4.45   0.29 0.34 5 8.83
"""
QUICK = ['table2', '--networks', 'enet', '--sizes', '64x32', '--seconds', '0', '--threads', '1']


@pytest.fixture
def no_memory(monkeypatch):
    """Take a figure for the memory instead of another process, which takes seconds."""
    monkeypatch.setattr(table2_measure, 'peak_memory', lambda *_: Memory(1, 25 * 10**6))


def rows_of(tmp_path, *arguments):
    path = tmp_path / 'figures.json'
    assert cli.main([*QUICK, *arguments, '--json', str(path)]) == 0
    return json.loads(path.read_text())['rows']


# The paper

def test_figures_of_the_paper_are_complete():
    expected = {}
    for line in TYPED.strip().splitlines():
        name, *values = line.split()
        for number, size in enumerate(SIZES[:len(values) // 4]):
            expected[name, size] = tuple(map(float, values[4 * number:4 * number + 4]))
    assert {key: (one.ap, one.ap_gt, one.fps, one.memory_gb) for key, one in TABLE2.items()
            } == expected
    assert PARAMETERS_M == {'enet': 0.36, 'segnet': 29.4, 'dilation': 134.3, 'resnet38': 124}
    assert set(NETWORKS) <= set(PARAMETERS_M)


def test_a_network_that_the_paper_does_not_have():
    assert table2_report.paper_row({'network': 'mine', 'size': '512x256'}) is None
    assert table2_report.paper_row({'network': 'resnet38', 'size': '1024x512'}) is None
    assert table2_report.paper_row({'network': 'enet', 'size': '512x256'}).fps == 145


# What is measured

class Convolution(nn.Module):
    """One convolution, so that everything can be counted by hand; it takes the time it is told."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 10, 3, padding=1, bias=False)
        self.seconds = 0.0

    def forward(self, x):
        out = self.layer(x)
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass
        return out[:, :8], out[:, 8:]


def contest(network=None, clock=None):
    config = ModelConfig()
    scene = draw_scene('shapes', 1000, 64, 32)
    contender = Contender('mine', Model(network or Convolution(), config), None)
    return Contest(contender, scene, CPU, stand_in_for(scene, config, 0, CPU),
                   clock or CpuClock())


def test_flops_and_parameters_by_hand():
    one = contest()
    one()
    assert one.contender.parameters == 10 * 3 * 9
    assert one.flops == 2 * 10 * 3 * 9 * 64 * 32


def test_forward_is_the_network_alone():
    """The network keeps busy for 50 ms; all else of so small an image takes less than that."""
    network = Convolution()
    one = contest(network)
    one()
    network.seconds = 0.05
    start = time.perf_counter()
    parts = one()
    elapsed = time.perf_counter() - start
    assert 0.05 <= parts[FORWARD] < parts[WHOLE] <= elapsed
    assert not network._forward_hooks and not network._forward_pre_hooks


def test_stand_in_has_the_objects_of_the_scene():
    scene = draw_scene('shapes', 1000, 512, 256)
    config = ModelConfig(class_names=('background', 'a', 'b'))
    fields = stand_in_for(scene, config, 0, CPU)
    segmenter = InstanceSegmenter(Convolution(), config, 'cpu')
    found = segmenter.group(fields, scene.depth, scene.intrinsics)
    assert symmetric_best_dice(found.label_image, scene.labels) > 0.9
    assert {one.class_id for one in found.instances} == {1}
    assert any(one.pose is not None for one in found.instances)
    assert fields.embeddings.stride(0) == 1  # as a network's in channels last


def test_json_beside_an_own_stopwatch(tmp_path, capsys, no_memory):
    """Generous bounds: other work on the machine may double either, but not tenfold."""
    row, = rows_of(tmp_path)
    network = NETWORKS['enet'](embedding_dim=8, num_classes=2)
    segmenter = InstanceSegmenter(network, ModelConfig(), 'cpu')
    image = draw_scene('shapes', 1000, 64, 32).image
    segmenter.look(image)
    start = time.perf_counter()
    for _ in range(5):
        segmenter.look(image)
    own = (time.perf_counter() - start) / 5
    assert own / 10 < row['forward']['median_s'] < 10 * own
    assert row['fps'] == pytest.approx(1 / row['forward']['median_s'])
    assert row['forward']['median_s'] < row['end_to_end']['median_s']
    assert row['parameters'] == sum(one.numel() for one in network.parameters())
    assert 'ap' not in row and row['checkpoint'] is None and row['memory_bytes'] == 25 * 10**6
    printed = capsys.readouterr().out
    assert '0.36 (0.36)' in printed and 'field made from its true labels' in printed


def test_memory_holds_weights_and_more(tmp_path):
    row, = rows_of(tmp_path)
    assert row['memory_bytes'] > 4 * row['parameters']
    assert row['memory_bytes'] < 500 * 10**6


def test_sizes_and_picture_without_data(tmp_path, no_memory):
    picture = tmp_path / 'p.png'
    rows = rows_of(tmp_path, '--sizes', '33x17', '64x32', '--picture', str(picture))
    assert [row['size'] for row in rows] == ['33x17', '64x32']
    assert rows[0]['flops'] < rows[1]['flops'] and picture.stat().st_size > 5000


def test_times_of_the_first_network_at_each_size(tmp_path, capsys, no_memory):
    rows = rows_of(tmp_path, '--networks', 'segnet', 'enet', '--sizes', '33x17', '64x32')
    for first, second in (rows[:2], rows[2:]):
        assert first['times_first'] == {'forward': 1, 'end_to_end': 1}
        assert second['times_first'] == {part: pytest.approx(
            second[part]['median_s'] / first[part]['median_s'])
            for part in ('forward', 'end_to_end')}
    printed = capsys.readouterr().out
    head, *lines = printed.splitlines()[2:7]
    assert head.count('times segnet') == 2
    assert f'{rows[3]["times_first"]["forward"]:.3g}' in lines[3].split()


# Accuracy

@pytest.fixture
def checkpoint(tmp_path):
    """Return the shipped weights as if they were made for large images."""
    model = Model.from_checkpoint(drawn_checkpoint())
    save_checkpoint(tmp_path / 'w.safetensors', model.network, model.config)
    return tmp_path / 'w.safetensors'


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


@pytest.mark.parametrize('arguments, words', [
    (['--networks', 'enett'], "network 'enett' is not known; did you mean 'enet'?"),
    (['--sizes', '0x256'], "size '0x256': expected WIDTHxHEIGHT in pixels, 1 or more each"),
    (['--checkpoint', 'enet'], "--checkpoint 'enet': expected NETWORK=FILE"),
    (['--checkpoint', 'enet=missing.safetensors'], "'missing.safetensors' does not exist"),
    (['--checkpoint', 'segnet=a.safetensors'], "network 'segnet' does not take part"),
    (['--data', 'sticks'], '--data is given and no --checkpoint'),
    (['--data', 'nowhere'], "'nowhere' is neither a folder"),
    (['--data', 'sticks', '--class-name', 'car'], "'car' is no class of the data, which has"),
    (['--images', '0'], '--images 0: expected 1 or more'),
    (['--images', '3'], '--images is 3 and no --data is given'),
    (['--networks', 'enet', 'segnet', 'enet'], "'enet' is given twice; name each once"),
    (['--checkpoint', 'enet=a', '--checkpoint', 'enet=b'], "'enet' has 'a' already"),
    (['--threads', '99999999999'], '--threads is 99999999999, expected 1 to 1024'),
    (['--threads', '0'], '--threads is 0, expected 1 to 1024'),
    (['--seed', '99999999999999999999'], 'expected 0 to 4294967295'),
    (['--seed', '-1'], '--seed is -1, expected 0 to 4294967295')])
def test_command_refuses(capsys, arguments, words):
    assert cli.main([*QUICK, *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith('benchmark: ') and words in error and error.count('\n') == 1


def test_weights_of_another_network(tmp_path, checkpoint, capsys):
    if len(NETWORKS) < 2:
        pytest.skip('there is one network only')
    other = next(name for name in NETWORKS if name != 'enet')
    assert cli.main([*QUICK, '--networks', other, '--checkpoint', f'{other}={checkpoint}']) == 1
    assert f"is of the network 'enet', not '{other}'" in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason='this machine has a GPU')
def test_a_gpu_that_is_not_there(capsys):
    assert cli.main([*QUICK, '--device', 'cuda']) == 1
    assert "device 'cuda' is not there" in capsys.readouterr().err


def test_ctrl_c_leaves_what_was_measured(tmp_path, monkeypatch, capsys):
    """In the memory of the second network: all times are there, and the memory of the first."""
    def stop_at_segnet(*arguments):
        if arguments[2].network == 'segnet':
            raise KeyboardInterrupt
        return Memory(1, 25 * 10**6)

    monkeypatch.setattr(table2_measure, 'peak_memory', stop_at_segnet)
    path = tmp_path / 'figures.json'
    assert run('benchmark', [*QUICK, '--networks', 'enet', 'segnet', '--sizes', '64x32', '32x32',
                             '--json', str(path)]) == INTERRUPTED
    first, second = json.loads(path.read_text())['rows']
    assert first['fps'] > 0 and first['memory_bytes'] == 25 * 10**6
    assert second['fps'] > 0 and second['memory_bytes'] is None
    assert second['times_first']['forward'] > 0 and second['out_of_memory'] is None
    printed = capsys.readouterr().out
    assert 'stopped by Ctrl-C' in printed and 'out of memory' not in printed


def test_the_largest_seed(tmp_path, no_memory):
    row, = rows_of(tmp_path, '--seed', '4294967295')
    assert row['fps'] > 0


# Too little memory

def full_at(monkeypatch, *where):
    """Have networks run out of memory at sizes, in the second call of the pipeline there."""
    calls, look = Counter(), InstanceSegmenter.look

    def full(self, image, *rest):
        at = self.config.network, f'{image.shape[1]}x{image.shape[0]}'
        calls[at] += 1
        if at in where and calls[at] > 1:
            raise RuntimeError('CUDA error: out of memory')
        return look(self, image, *rest)

    monkeypatch.setattr(InstanceSegmenter, 'look', full)


def test_one_network_out_of_memory_leaves_the_others(tmp_path, monkeypatch, capsys, no_memory):
    full_at(monkeypatch, ('segnet', '64x32'))
    rows = rows_of(tmp_path, '--networks', 'segnet', 'enet', '--sizes', '64x32', '32x32',
                   '--picture', str(tmp_path / 'p.png'))
    full, *others = rows
    reason = ('the memory of the GPU is not enough: lower --sizes 64x32, or name fewer or smaller '
              '--networks')
    assert (full['network'], full['size'], full['out_of_memory']) == ('segnet', '64x32', reason)
    assert full['times_first'] == others[0]['times_first'] == {
        'forward': None, 'end_to_end': None}
    assert {full[name] for name in ('flops', 'fps', 'forward', 'end_to_end', 'memory_bytes')
            } == {None}
    assert [(row['network'], row['size']) for row in others] == [
        ('enet', '64x32'), ('segnet', '32x32'), ('enet', '32x32')]
    assert all(row['forward'] and row['out_of_memory'] is None for row in others)
    printed = capsys.readouterr().out
    assert printed.count('  out of memory  ') == 1 and f'segnet at 64x32: {reason}' in printed


def test_memory_alone_that_cannot_be_measured(tmp_path, monkeypatch, capsys):
    def ended(*_):
        raise OutOfMemory('the process was ended')

    monkeypatch.setattr(table2_measure, 'peak_memory', ended)
    row, = rows_of(tmp_path)
    assert row['fps'] > 0 and row['memory_bytes'] is None
    assert row['out_of_memory'].startswith('the process was ended: lower --sizes 64x32')
    assert 'out of memory (-)' in capsys.readouterr().out


@pytest.mark.parametrize('error, whose', [
    (torch.cuda.OutOfMemoryError('CUDA out of memory'), 'the GPU'),
    (MemoryError('Unable to allocate'), 'this machine')])
@pytest.mark.parametrize('where', ['draw_scene', 'stand_in_for'])
def test_nothing_that_fits_is_an_error(tmp_path, monkeypatch, capsys, where, error, whose):
    def full(*_, **__):
        raise error

    monkeypatch.setattr(table2_measure, where, full)
    path = tmp_path / 'figures.json'
    assert cli.main([*QUICK, '--json', str(path), '--picture', str(tmp_path / 'p.png')]) == 1
    reason = f'the memory of {whose} is not enough: lower --sizes 64x32, or name fewer or smaller'
    assert reason in capsys.readouterr().err
    row, = json.loads(path.read_text())['rows']
    assert reason in row['out_of_memory'] and row['forward'] is None


def test_no_memory_for_the_ap_leaves_the_times(tmp_path, monkeypatch, checkpoint, no_memory):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr(table2, 'accuracy', full)
    row, = rows_of(tmp_path, '--checkpoint', f'enet={checkpoint}', '--data', 'sticks')
    assert row['fps'] > 0 and 'ap' not in row and 'this machine' in row['out_of_memory']


def test_checkpoints_by_name(tmp_path):
    assert parse_checkpoints(['a=x.safetensors', 'b=/y=z']).keys() == {'a', 'b'}
    assert str(parse_checkpoints(['b=/y=z'])['b']) == '/y=z'
    assert Size.parse('512×256') == Size(512, 256) and str(Size(512, 256)) == '512x256'
