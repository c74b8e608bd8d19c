# SPDX-License-Identifier: Apache-2.0
"""Augmentation in training: its settings in files and on the command line, and its size."""

from dataclasses import fields, replace
from pathlib import Path
import re

from discinst_ros.data.augment import Augmentation
from discinst_ros.data.folder import write_sample
from discinst_ros.scenes import draw_scene
from discinst_ros.training.cli import main
from discinst_ros.training.data_module import InstanceData
from discinst_ros.training.settings import TrainCLI
import pytest
import torch
import yaml

SCENES = ['--data.train', 'sticks', '--data.workers', '0']


@pytest.fixture
def folder(tmp_path):
    """Four labelled images of three sizes, the last smaller than the batch."""
    for number, size in enumerate([(128, 96), (96, 128), (128, 96), (40, 36)]):
        sample = draw_scene('sticks', number, *size)
        write_sample(tmp_path / 'images', replace(sample, name=f'image {number}', depth=None))
    return str(tmp_path / 'images')


def test_none_unless_given():
    assert TrainCLI(SCENES).datamodule.augment is None


def test_defaults_in_two_characters():
    augment = TrainCLI([*SCENES, '--data.augment', '{}']).datamodule.augment
    assert augment == replace(Augmentation(), width=320, height=240)


def test_file_and_command_line(tmp_path):
    path = tmp_path / 'recipe.yaml'
    path.write_text('data:\n  width: 96\n  sizing: crop\n  augment:\n    crop: 0.5\n'
                    '    scale: [1, 2]\n')
    augment = TrainCLI(['--config', str(path), *SCENES, '--data.augment.rotation_rad',
                        '[-3.1,3.1]', '--data.augment.scale', '[0.5,2]']).datamodule.augment
    assert augment == replace(Augmentation(), width=96, height=240, crop=0.5, scale=(0.5, 2.0),
                              rotation_rad=(-3.1, 3.1), full_resolution=True)


def test_printed_settings_are_settings(tmp_path, capsys):
    arguments = [*SCENES, '--data.augment.paste_count', '[2,3]']
    with pytest.raises(SystemExit):
        main([*arguments, '--print_config'])
    printed = capsys.readouterr().out
    assert yaml.safe_load(printed)['data']['augment']['paste_count'] == [2, 3]
    path = tmp_path / 'printed.yaml'
    path.write_text(printed)
    assert (TrainCLI(['--config', str(path)]).datamodule.augment
            == TrainCLI(arguments).datamodule.augment)


def test_help_of_its_settings(capsys):
    with pytest.raises(SystemExit):
        main(['--data.augment.help'])
    shown = ' '.join(capsys.readouterr().out.split())  # a narrow terminal breaks the lines
    assert '--data.augment.rotation_rad' in shown and 'range of a further rotation' in shown


@pytest.mark.parametrize('argument', [
    ['--data.augment.rotatio_rad', '[0,1]'], ['--data.augment', '{"rotatio_rad": [0, 1]}']])
def test_unknown_setting(argument, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argument)
    said = capsys.readouterr().err
    assert stop.value.code == 2
    assert said.count('\n') == 1 and "did you mean 'data.augment.rotation_rad'?" in said
    assert 'NoneType' not in said


@pytest.mark.parametrize('argument, words', [
    (['--data.augment.crop', '7'], 'augmentation: crop is 7.0, expected a number from 0 to 1'),
    (['--data.augment.width', '640'], 'data.augment.width is 640 and data.width is 320; leave')])
def test_settings_that_cannot_be(argument, words, capsys):
    assert main([*SCENES, *argument]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f'train: {words}')


@pytest.mark.parametrize('sizing', ('reduce', 'crop'))
def test_batches_are_varied_and_of_one_size(folder, sizing):
    def data(augment):
        return InstanceData(train=folder, held_out=0.25, width=64, height=48, workers=0,
                            batch_size=3, samples_per_epoch=6, sizing=sizing, augment=augment)

    varied, again, plain = data(Augmentation()), data(Augmentation()), data(None)
    batches = [list(one.train_dataloader()) for one in (varied, again, plain)]
    for one, other, bare in zip(*batches):
        assert one['image'].shape == (3, 48, 64, 3) and one['labels'].shape == (3, 48, 64)
        assert all(torch.equal(one[name], other[name]) for name in one)
        assert not torch.equal(one['image'], bare['image'])
    for one, bare in zip(varied.val_dataloader(), plain.val_dataloader()):
        assert torch.equal(one['image'], bare['image'])  # held-out images stay as they are


def test_documented_settings_are_the_settings():
    """The table names every setting but the size, with its default."""
    page = (Path(__file__).parents[2] / 'docs' / 'training.md').read_text()
    table = page.split('| Setting of `data.augment`')[1].split('\n\n')[0]
    rows = re.findall(r'^\| (`.*?) \| (.*?) \|', table, re.MULTILINE)
    documented = {}
    for names, values in rows:
        names, values = re.findall(r'\w+', names), yaml.safe_load(
            f"[{values.replace('π/4', '0.785398')}]")
        documented |= dict(zip(names, values, strict=True))
    assert documented.keys() == {one.name for one in fields(Augmentation)} - {'width', 'height'}
    for name, value in documented.items():
        assert value == pytest.approx(getattr(Augmentation(), name), rel=1e-5), name
