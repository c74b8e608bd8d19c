# SPDX-License-Identifier: Apache-2.0
"""The segment command from files to files; the network is one computed by hand."""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
from unittest import mock

from colour_network import ColourNetwork, CONFIG, GREEN, RED
import cv2
from discinst_ros import optional
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import Sample
from discinst_ros.inference import InstanceSegmenter, segment_cli
from discinst_ros.instances import Intrinsics
import numpy as np
from PIL import Image
from pycocotools import mask as rle
import pytest


@pytest.fixture(autouse=True)
def colour_network() -> Iterator[mock.Mock]:
    """Put the network of colours in the place of the weights."""
    stand_in = InstanceSegmenter(ColourNetwork(), CONFIG, 'cpu')
    with mock.patch.object(InstanceSegmenter, 'from_checkpoint',
                           return_value=stand_in) as from_checkpoint:
        yield from_checkpoint


def picture() -> np.ndarray:
    image = np.zeros((60, 80, 3), dtype=np.uint8)
    image[10:20, 5:55], image[30:50, 40:60] = RED, GREEN
    return image


def run(*arguments: object) -> int:
    return segment_cli.main([*map(str, arguments), '--checkpoint', 'any.safetensors'])


def read_list(folder: Path) -> dict:
    return json.loads((folder / 'instances.json').read_text())


def test_an_image_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(picture()).save(tmp_path / 'photo.png')
    out = tmp_path / 'new' / 'out'
    assert run(tmp_path / 'photo.png', '--out', out) == 0
    labels = cv2.imread(str(out / 'photo-label.png'), cv2.IMREAD_UNCHANGED)
    expected = np.zeros((60, 80), dtype=np.uint16)
    expected[10:20, 5:55], expected[30:50, 40:60] = 1, 2
    assert labels.dtype == np.uint16
    np.testing.assert_array_equal(labels, expected)
    overlay = cv2.imread(str(out / 'photo-overlay.jpg'))
    assert overlay.shape == (60, 80, 3)
    listed = read_list(out)
    assert [(one['label'], one['class'], one['box'], one['pixel_count'], one['pose'])
            for one in listed['photo']] == [(1, 'object', [5, 10, 55, 20], 500, None),
                                            (2, 'object', [40, 30, 60, 50], 400, None)]
    for one in listed['photo']:
        assert one['segmentation']['size'] == [60, 80]
        np.testing.assert_array_equal(rle.decode(one['segmentation']), expected == one['label'])
    assert '2 objects in 1 images' in capsys.readouterr().out


def test_the_output_is_found_from_the_home_folder(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.chdir(tmp_path)
    Image.fromarray(picture()).save('photo.png')
    assert run('photo.png', '--out=~/out') == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ['out', 'photo.png']


def test_a_folder_with_depth_gives_poses(tmp_path: Path) -> None:
    camera = Intrinsics(100.0, 100.0, 39.5, 29.5, 80, 60)
    write_sample(tmp_path / 'in', Sample('a', picture(), depth=np.full(
        (60, 80), 0.5, np.float32), intrinsics=camera))
    assert run(tmp_path / 'in', '--out', tmp_path / 'out') == 0
    pose = read_list(tmp_path / 'out')['a'][1]['pose']
    # columns 40..59 and rows 30..49: 20 × 20 pixels of 5 mm
    np.testing.assert_allclose(pose['position_m'], ((49.5 - 39.5) * 0.005,
                                                    (39.5 - 29.5) * 0.005, 0.5), atol=1e-6)
    np.testing.assert_allclose(pose['size_m'], (0.1, 0.1, 0), atol=1e-6)
    assert len(pose['quaternion_xyzw']) == 4 and np.shape(pose['covariance']) == (6, 6)


def test_depth_without_a_camera_is_told(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    depth = np.full((60, 80), 0.5, np.float32)
    for name in 'ab':
        write_sample(tmp_path / 'in', Sample(name, picture(), depth=depth))
    write_sample(tmp_path / 'in', Sample('c', picture()))
    assert run(tmp_path / 'in', '--out', tmp_path / 'out') == 0
    assert ("segment: 2 of 3 images have depth and no camera, as 'a': their depth was not used "
            'and gives no poses; add camera.json\n') in capsys.readouterr().err
    assert all(one['pose'] is None for one in read_list(tmp_path / 'out')['a'])


def test_a_single_image_of_the_folder_format_has_its_depth(tmp_path: Path) -> None:
    camera = Intrinsics(100.0, 100.0, 39.5, 29.5, 80, 60)
    write_sample(tmp_path, Sample('a', picture(), depth=np.full((60, 80), 0.5, np.float32),
                                  intrinsics=camera))
    assert run(tmp_path / 'a-color.png', '--out', tmp_path / 'out') == 0
    assert read_list(tmp_path / 'out')['a'][0]['pose'] is not None


def test_a_folder_of_plain_images_in_natural_order(tmp_path: Path) -> None:
    (tmp_path / 'in').mkdir()
    for name in ('b10.png', 'b9.jpg'):
        Image.fromarray(picture()).save(tmp_path / 'in' / name)
    (tmp_path / 'in' / 'notes.txt').write_text('x')
    assert run(tmp_path / 'in', '--out', tmp_path / 'out') == 0
    assert list(read_list(tmp_path / 'out')) == ['b9', 'b10']


def test_labels_of_a_dataset_are_not_overwritten(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sample(tmp_path, Sample('a', picture(), np.ones((60, 80), np.int32)))
    before = (tmp_path / 'a-label.png').read_bytes()
    assert run(tmp_path, '--out', tmp_path / '..' / tmp_path.name) == 1
    assert 'whose labels would be overwritten; give another one' in capsys.readouterr().err
    assert (tmp_path / 'a-label.png').read_bytes() == before


def test_a_picture_is_not_overwritten_by_what_is_found_in_another(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would be read afterwards, as a picture with the mask of another in it."""
    paths = [tmp_path / 'photo.png', tmp_path / 'photo-label.png']
    for path in paths:
        Image.fromarray(picture()).save(path)
    before = paths[1].read_bytes()
    assert run(*paths, '--out', tmp_path) == 1
    assert (f"what is found in '{paths[0]}' would overwrite '{paths[1]}', which is to be "
            'segmented, too; give another one') in capsys.readouterr().err
    assert paths[1].read_bytes() == before
    assert run(*paths, '--out', tmp_path / 'out') == 0


def test_a_picture_that_is_named_twice_is_one(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path('in').mkdir()
    Image.fromarray(picture()).save('in/photo.png')
    assert run('in', 'in/../in/photo.png', tmp_path / 'in', '--out', 'out') == 0
    assert list(read_list(tmp_path / 'out')) == ['photo']


def test_results_beside_the_pictures_are_no_input(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / 'photo.png')
    for _ in range(2):
        assert run(tmp_path, '--out', tmp_path) == 0
        assert list(read_list(tmp_path)) == ['photo']


def test_what_was_done_before_a_bad_image_is_listed(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(picture()).save(tmp_path / 'a.png')
    (tmp_path / 'b.png').write_bytes((tmp_path / 'a.png').read_bytes()[:60])
    assert run(tmp_path, '--out', tmp_path / 'out') == 1
    assert "b.png'" in capsys.readouterr().err
    assert list(read_list(tmp_path / 'out')) == ['a']


def test_labels_are_not_read(tmp_path: Path) -> None:
    for kind in ('label', 'class'):
        write_sample(tmp_path, Sample('a', picture()))
        (tmp_path / f'a-{kind}.png').write_bytes(b'damaged')
    assert run(tmp_path, '--out', tmp_path / 'out') == 0
    assert len(read_list(tmp_path / 'out')['a']) == 2


@pytest.mark.parametrize('name', ['a.png', 'a-color.png'])
def test_companions_of_macos_are_no_images(tmp_path: Path, name: str) -> None:
    (tmp_path / 'in').mkdir()
    Image.fromarray(picture()).save(tmp_path / 'in' / name)
    (tmp_path / 'in' / f'._{name}').write_bytes(b'\0\5\x16\7\0\2\0\0Mac OS X        ')
    assert run(tmp_path / 'in', '--out', tmp_path / 'out') == 0
    assert list(read_list(tmp_path / 'out')) == ['a']


def test_objects_of_a_low_score_are_left_out(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / 'photo.png')
    assert run(tmp_path / 'photo.png', '--out', tmp_path, '--min-score', 0.99) == 0
    assert read_list(tmp_path) == {'photo': []}
    assert not cv2.imread(str(tmp_path / 'photo-label.png'), cv2.IMREAD_UNCHANGED).any()


def test_settings_reach_the_segmenter(tmp_path: Path, colour_network: mock.Mock) -> None:
    Image.fromarray(picture()).save(tmp_path / 'photo.png')
    assert run(tmp_path / 'photo.png', '--out', tmp_path, '--device', 'cpu',
               '--semantics', 'other.safetensors') == 0
    colour_network.assert_called_once_with(
        Path('any.safetensors'), 'cpu', Path('other.safetensors'), bandwidth=None,
        min_pixels=None, classes_given=False)


@pytest.mark.parametrize('arguments, said', [
    (['nowhere.png'], "'nowhere.png' does not exist"),
    (['empty'], "'empty' has no images"),
    (['notes.txt'], "'notes.txt' cannot be read as an image"),
    (['a/x.png', 'b/x.jpg'], "'a/x.png' and 'b/x.jpg' would write the same files"),
    (['a/x.png', '--min-score', '2'], '--min-score is 2.0, expected 0 to 1'),
    (['a/x.png', '--out', 'notes.txt'], "--out 'notes.txt' is a file; name a folder"),
    (['a/x.png', '--out', 'notes.txt/out'], "cannot be written: '"),
    (['a/x.png', '--out', f'{"o" * 261}'], 'File name too long; name another file or folder'),
])
def test_mistakes_are_one_sentence(
        arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ('empty', 'a', 'b'):
        Path(name).mkdir()
    Path('notes.txt').write_text('x')
    Image.fromarray(picture()).save('a/x.png')
    Image.fromarray(picture()).save('b/x.jpg')
    assert run('--out', 'out', *arguments) == 1
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith('segment: ') and said in message


def test_the_home_folder_of_nobody_is_a_mistake_too(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (['~nobody-has-this-name/x.png', '--out', 'out'],
                      ['x.png', '--out', '~nobody-has-this-name/out']):
        with pytest.raises(SystemExit):
            run(*arguments)
        assert 'is in a home folder that is not there' in capsys.readouterr().err


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        segment_cli.main(['--help'])
    assert ended.value.code == 0
    assert 'example:\n  segment photo.jpg' in capsys.readouterr().out


def test_without_the_mask_tools_it_says_how_to_get_it(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name='faster_coco_eval')

    monkeypatch.setattr(optional, 'import_module', missing)
    Image.fromarray(picture()).save(tmp_path / 'photo.png')
    assert run(tmp_path / 'photo.png', '--out', tmp_path) == 1
    assert 'brings: pip install faster-coco-eval\n' in capsys.readouterr().err
