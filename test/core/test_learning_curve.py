# SPDX-License-Identifier: Apache-2.0
"""
The learning curve: which images each training takes, what is trained again, what is written.

Not verified here: how good the weights become; docs/training.md shows a curve that was measured.
"""

import json
import math

from coco_files import annotation, picture, SQUARE, write_json
from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.data.folder import write_sample
from discinst_ros.evaluation.cli import main as evaluate
from discinst_ros.model_config import ModelConfig
from discinst_ros.scenes import draw_scene
from discinst_ros.training import learning_curve
from discinst_ros.training.curve_scores import score
from discinst_ros.training.data_module import InstanceData
from discinst_ros.training.learning_curve import main
import pytest
import torch

SMALL = ['--trainer.max_steps', '1', '--trainer.accelerator', 'cpu', '--data.width', '48',
         '--data.height', '40', '--data.batch_size', '2', '--data.samples_per_epoch', '2',
         '--data.workers', '0', '--trainer.enable_progress_bar', 'false']


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp('images')
    for seed in range(8):
        write_sample(folder, draw_scene('sticks', seed, 48, 40))
    return folder


@pytest.fixture(scope='module')
def others(tmp_path_factory):
    folder = tmp_path_factory.mktemp('others')
    for seed in range(10, 14):
        write_sample(folder, draw_scene('sticks', seed, 48, 40))
    return folder


def taken(images, count, seed=1):
    data = InstanceData(str(images), images=count, seed=seed)
    numbers = data._samples.indices
    train = {data._samples.dataset[index].name for index in numbers}
    return train | {data._validation[index].name for index in range(len(data._validation))}


def test_more_images_are_the_same_and_others_besides(images):
    few, more, all_of_them = taken(images, 3), taken(images, 5), taken(images, 8)
    assert (len(few), len(more), len(all_of_them)) == (3, 5, 8)
    assert few < more < all_of_them == taken(images, None)
    assert taken(images, 3, seed=2) != few or taken(images, 3, seed=3) != few


def test_more_than_there_are(images):
    with pytest.raises(ValueError, match='data.images is 9, but .* has 8'):
        InstanceData(str(images), images=9)


def test_command(images, others, tmp_path, capsys, monkeypatch):
    start = tmp_path / 'start.safetensors'
    config = ModelConfig(embedding_dim=2)
    save_checkpoint(start, config.build(), config)
    monkeypatch.setattr(learning_curve, 'score', lambda path, *_, **__: {
        'coco_ap50': math.nan, 'sbd': 0.75} if path == start else score(path, str(others)))
    arguments = [str(images), '--test', str(others), '--images', '4', '2', '--out', str(tmp_path),
                 '--', *SMALL, '--model.start_from', str(start)]
    assert main(arguments) == 0
    curve = json.loads((tmp_path / 'curve.json').read_text())
    assert list(curve) == ['0', '2', '4']
    assert curve['0'] == {'coco_ap50': None, 'sbd': 0.75}
    assert (tmp_path / 'curve.png').read_bytes().startswith(b'\x89PNG')
    table = capsys.readouterr().out
    assert f"{curve['0']['sbd']:.3f}" in table

    kept = {'test': str(others), 'figures': {'coco_ap50': 0.25, 'sbd': 0.125}}
    (tmp_path / '2' / 'scores.json').write_text(json.dumps(kept))
    (tmp_path / '4' / 'best.safetensors').unlink()  # so a second training of it would be seen
    assert main(arguments) == 0
    assert '0.125' in capsys.readouterr().out
    assert not (tmp_path / '4' / 'best.safetensors').exists()


def test_other_images_to_score_with_are_scored_anew(images, others, tmp_path):
    arguments = [str(images), '--test', str(others), '--images', '2', '--out', str(tmp_path),
                 '--', *SMALL]
    assert main(arguments) == 0
    assert list(json.loads((tmp_path / 'curve.json').read_text())) == ['2']  # from nothing
    kept = {'test': 'others', 'figures': {'coco_ap50': 0.25, 'sbd': 0.125}}
    (tmp_path / '2' / 'scores.json').write_text(json.dumps(kept))
    assert main(arguments) == 0
    content = json.loads((tmp_path / '2' / 'scores.json').read_text())
    assert content['test'] == str(others) and content['figures']['sbd'] != 0.125


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_what_cannot_be_trained_is_one_sentence(images, others, tmp_path, capsys):
    assert main([str(images), '--test', str(others), '--images', '2', '--out', str(tmp_path), '--',
                 *SMALL, '--trainer.accelerator', 'gpu']) == 1
    error = capsys.readouterr().err
    assert error.splitlines()[-1].startswith('learning_curve: ') and 'Traceback' not in error


def test_one_image_is_too_few(images, others, tmp_path, capsys):
    assert main([str(images), '--test', str(others), '--images', '1', '--out', str(tmp_path)]) == 1
    assert 'expected 2 or more' in capsys.readouterr().err


def test_more_images_than_there_are_before_anything_is_trained(
        images, others, tmp_path, capsys):
    assert main([str(images), '--test', str(others), '--images', '2', '9',
                 '--out', str(tmp_path / 'out'), '--', *SMALL]) == 1
    said = capsys.readouterr().err
    assert f"--images is 9, but '{images}' has 8" in said and said.count('\n') == 1
    assert not (tmp_path / 'out').exists()


def test_options_of_the_reader_reach_training_and_scores(tmp_path, capsys):
    """Masks that are marked as crowds, whose pictures are elsewhere, as CVAT exports them."""
    images = [{'id': number, 'file_name': f'{number}.png'} for number in (1, 2, 3)]
    crowds = [annotation(SQUARE, number, image_id=number, iscrowd=1) for number in (1, 2, 3)]
    data, test = (write_json(tmp_path / name / 'export.json', crowds, images=images)
                  for name in 'ab')
    for number in (1, 2, 3):
        picture(tmp_path / 'pictures' / f'{number}.png', number)
    arguments = [str(data), '--test', str(test), '--images', '2', '--out', str(tmp_path / 'out'),
                 '--crowd', 'instance', '--image-folder', str(tmp_path / 'pictures')]
    assert main([*arguments, '--', *SMALL]) == 0, capsys.readouterr().err
    content = json.loads((tmp_path / 'out' / '2' / 'scores.json').read_text())
    assert content['reading'] == {'crowd': 'instance', 'images': str(tmp_path / 'pictures')}
    assert evaluate([str(data), '--crowd', 'instance', '--images', str(tmp_path / 'pictures'),
                     '--checkpoint', str(tmp_path / 'out' / '2' / 'best.safetensors'),
                     '--metrics', 'labels']) == 0


def test_options_of_the_reader_are_not_for_drawn_scenes(capsys):
    assert evaluate(['sticks', '--crowd', 'instance']) == 1
    assert 'crowd tells how to read images on disk' in capsys.readouterr().err


def test_what_is_trained_on_scores_nothing(images, tmp_path, capsys):
    out = tmp_path / 'out'
    for test in (str(images), f'{images}/../{images.name}'):
        assert main([str(images), '--test', test, '--images', '2', '--out', str(out)]) == 1
        said = capsys.readouterr().err
        assert 'which is trained on' in said and said.count('\n') == 1
    assert main([str(images), '--test', str(images), '--split', 'a', '--test-split', 'a',
                 '--out', str(out)]) == 1
    assert '--split and --test-split' in capsys.readouterr().err
    assert main([str(images), '--test', str(images), '--split', 'a', '--test-split', 'b',
                 '--out', str(out)]) == 1  # it has no splits
    assert "there is no split 'b'" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize('text', ['', '{', '[1]', '{"test": "others"}', '{"figures": {}}',
                                  '{"figures": null}'])
def test_damaged_scores_are_told(images, others, tmp_path, capsys, text):
    (tmp_path / '2').mkdir()
    (tmp_path / '2' / 'scores.json').write_text(text)
    assert main([str(images), '--test', str(others), '--images', '2', '--out', str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f"'{tmp_path}/2/scores.json' is damaged" in said and said.count('\n') == 1
