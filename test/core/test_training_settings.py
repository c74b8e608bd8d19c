# SPDX-License-Identifier: Apache-2.0
"""Settings: recipes that build, help that teaches, mistakes answered in one sentence."""

from pathlib import Path

from discinst_ros.training.cli import main
from discinst_ros.training.settings import TrainCLI
import pytest
import yaml

RECIPES = sorted((Path(__file__).parents[2] / 'config').glob('*.yaml'))
RECIPES = [path for path in RECIPES if path.stem.startswith(('train', 'finetune'))]
NO_FILES = ['--data.train', 'sticks', '--data.format', 'auto', '--data.split', 'null',
            '--data.val_split', 'null', '--data.val', 'null']


def flat(settings, name=''):
    """Yield the settings of a nested dictionary by their full name."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from flat(value, f'{name}{key}.')
        else:
            yield f'{name}{key}', str(value)


@pytest.mark.parametrize('recipe', RECIPES, ids=lambda path: path.stem)
def test_recipe_builds(recipe, capsys):
    with pytest.raises(SystemExit) as stop:
        main(['--config', str(recipe), '--print_config'])
    assert stop.value.code == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert dict(flat(yaml.safe_load(recipe.read_text()))).items() <= dict(flat(printed)).items()
    cli = TrainCLI(['--config', str(recipe), *NO_FILES])
    sides = printed['data']['width'], printed['data']['height']
    assert cli.datamodule.size == sides
    assert cli.model.config.long_side_px == max(sides)  # the node sees what training saw
    assert cli.trainer.max_steps == printed['trainer']['max_steps']


def test_recipes_say_what_the_paper_says():
    recipes = {path.stem: yaml.safe_load(path.read_text()) for path in RECIPES}
    city, leaves = recipes['train_cityscapes'], recipes['train_cvppp']
    assert (city['data']['width'], city['data']['height']) == (768, 384)
    assert city['model']['learning_rate'] == 1e-4 and city['model']['weight_decay'] == 0
    assert city['model']['config']['embedding_dim'] == 8
    assert (leaves['data']['width'], leaves['data']['height']) == (512, 512)
    assert leaves['model']['config']['embedding_dim'] == 16


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as stop:
        main(['--help'])
    shown = capsys.readouterr().out
    assert stop.value.code == 0
    assert 'train --config config/finetune.yaml --data.train my_images' in shown
    for key in ('--data.train', '--resume', '--model.lovasz', '--patience', '--trainer.precision'):
        assert key in shown


@pytest.mark.parametrize('arguments, near', [
    (['--model.learning_rte', '1'], 'model.learning_rate'),
    (['--model.config.embeding_dim', '1'], 'model.config.embedding_dim'),
    (['--trainer.max_step', '1'], 'trainer.max_steps'),
    (['--data.trian', 'x'], 'data.train'),
    (['--patiance', '1'], 'patience')])
def test_unknown_key_on_the_command_line(arguments, near, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    said = capsys.readouterr().err
    assert stop.value.code == 2
    assert said.count('\n') == 1 and f"did you mean '{near}'?" in said


@pytest.mark.parametrize('text, near', [
    ('model:\n  learning_rte: 1\n', 'model.learning_rate'),
    ('model:\n  config:\n    embeding_dim: 1\n', 'model.config.embedding_dim'),
    ('data:\n  batch_sise: 1\n', 'data.batch_size'),
    ('modle:\n  alpha: 1\n', 'model.alpha')])
def test_unknown_key_in_a_file(text, near, tmp_path, capsys):
    path = tmp_path / 'recipe.yaml'
    path.write_text(text)
    with pytest.raises(SystemExit) as stop:
        main(['--config', str(path)])
    said = capsys.readouterr().err
    assert stop.value.code == 2
    assert said.count('\n') == 1 and f"did you mean '{near}'?" in said


@pytest.mark.parametrize('text, words', [
    ('data:\n  # batch_size: 3\nmodel:\n  alpha: 1\n', 'has no setting in data, line 1; leave'),
    ('model:\n  config:\n', 'has no setting in model.config, line 2'),
    ('data:\n  width: 64\n  batch_size: 3\n  width: 96\n',
     'gives data.width twice, in line 2 and in line 4; keep one'),
    ('data: {batch_size: 3, batch_size: 4}\n', 'gives data.batch_size twice'),
    ('data:\n  train: {sticks: 1, sticks: 2}\n', 'gives data.train.sticks twice'),
    ('# nothing yet\n', 'has no settings; leave it out, or give some'),
    ('data: [1\n', 'is no YAML: while parsing a flow sequence'),
    (b'\xff\xfed\x00', "is no YAML: 'utf-8' codec can't decode byte 0xff")])
def test_what_yaml_takes_in_silence_is_refused(text, words, tmp_path, capsys):
    path = tmp_path / 'my recipe.yaml'
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for arguments in (['--config', str(path)], [f'--config={path}']):
        assert main([*arguments, '--trainer.accelerator', 'cpu']) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"train: --config '{path}' {words}") and said.count('\n') == 1


def test_null_is_a_setting_where_it_means_something(tmp_path):
    path = tmp_path / 'recipe.yaml'
    path.write_text('data:\n  augment:\n  val: null\npatience: null\n')
    assert TrainCLI(['--config', str(path)]).datamodule.augment is None


@pytest.mark.parametrize('arguments, words', [
    (['--trainer.precision', '16-mixed', '--trainer.accelerator', 'cpu'], 'needs a GPU'),
    (['--model.start_from', 'nowhere.safetensors'], "'nowhere.safetensors' does not exist"),
    (['--model.config.network', 'enett'], "did you mean 'enet'"),
    (['--data.train', 'nowhere'], "'nowhere'"),
    (['--trainer.precision', 'bf16-true'], 'bf16-true, expected one of 32-true, bf16-mixed, 16-'),
    (['--model.config.long_side_px', '32', '--data.width', '64', '--data.height', '48'],
     'long_side_px is 32, to which the node reduces, and training sees 64x48; leave it out'),
    (['--model.warmup_steps', '-5'], 'model.warmup_steps is -5, expected 0 or more'),
    (['--model.decay_share', '7'], 'model.decay_share is 7.0, expected 0 to 1'),
    (['--model.gamma', '-1'], 'model.gamma is -1.0, expected 0 or more'),
    (['--model.alpha', '.inf'], 'model.alpha is inf, expected 0 or more'),
    (['--patience', '-1'], 'patience is -1, expected 0 or more'),
    (['--trainer.max_steps', '-1', '--trainer.max_epochs', '-1', '--trainer.max_time',
      '00:00:01:00', '--data.train', 'sticks', '--trainer.accelerator', 'cpu'],
     'no last step, towards which the learning rate could fall; give trainer.max_steps'),
    (['--checkpoint_every_steps', '0'], 'checkpoint_every_steps is 0'),
    (['--trainer.accumulate_grad_batches', '0'], 'accumulate_grad_batches is 0, expected 1 or'),
    (['--trainer.check_val_every_n_epoch', '0'], 'check_val_every_n_epoch is 0, expected 1 or'),
    (['--trainer.gradient_clip_val', '-1'], 'trainer.gradient_clip_val is -1.0, expected 0 or'),
    (['--average', '2'], 'average is 2.0')])
def test_settings_that_cannot_be(arguments, words, tmp_path, capsys):
    assert main(['--out', str(tmp_path), *arguments]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith('train: ') and words in said


def test_an_out_that_is_a_file(tmp_path, capsys):
    (tmp_path / 'file').touch()
    assert main(['--out', str(tmp_path / 'file'), '--trainer.accelerator', 'cpu']) == 1
    assert capsys.readouterr().err.splitlines()[-1].endswith('is a file; name a folder')


def test_nothing_to_resume(tmp_path, capsys):
    assert main(['--out', str(tmp_path), '--resume']) == 1
    assert "last.ckpt' does not exist" in capsys.readouterr().err
    (tmp_path / 'last.ckpt').write_bytes(b'nothing that torch reads')
    assert main(['--out', str(tmp_path), '--resume']) == 1
    assert 'is damaged or no state of a training' in capsys.readouterr().err


def test_a_recipe_is_found_wherever_the_command_is_started(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for arguments in (['--config', 'config/finetune.yaml'], ['--config=config/finetune.yaml'],
                      ['-c', 'config/finetune.yaml']):
        with pytest.raises(SystemExit) as stop:
            main([*arguments, '--print_config'])
        assert stop.value.code == 0
        assert 'weights/drawn-rgb.safetensors' in capsys.readouterr().out
