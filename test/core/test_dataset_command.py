# SPDX-License-Identifier: Apache-2.0
"""The dataset command: counts that were counted by hand, faults that were put in."""

from __future__ import annotations

import json
from pathlib import Path
import re

from coco_files import annotation, HEIGHT, picture, SQUARE, WIDTH, write_json
from discinst_ros.data.cli import main
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.folder import write_sample
from discinst_ros.instances import Intrinsics
from labelled_sample import make_sample
import numpy as np
from PIL import Image
import pytest


def check(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main(['check', *map(str, arguments)])
    return code, capsys.readouterr().out


def number(text: str, what: str) -> int:
    """Return the number on the line of a text that begins so."""
    found = re.search(rf'^ *{re.escape(what)} +(\d+)$', text, re.MULTILINE)
    assert found, f'{what} is not in {text}'
    return int(found[1])


def test_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sample(tmp_path, make_sample('a'))
    write_sample(tmp_path, make_sample('b', labels=np.zeros((HEIGHT, WIDTH), np.int32)))
    code, text = check(capsys, tmp_path)
    assert code == 0 and text.endswith('nothing is wrong\n')
    assert {what: number(text, what) for what in (
        'images', 'of 64x48', 'without an instance', 'with depth', 'instances', '1 class 1',
        '2 class 2')} == {
            'images': 2, 'of 64x48': 2, 'without an instance': 1, 'with depth': 0,
            'instances': 3, '1 class 1': 1, '2 class 2': 2}
    pixels = re.search(r'pixels per instance +(.*)', text)
    assert pixels and pixels[1].split() == ['30', '32', '40', '50', '75', '95', '100']


def test_a_bad_sample_is_listed_and_the_others_are_counted(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ('a', 'b', 'c', 'd'):
        write_sample(tmp_path, make_sample(name))
    (tmp_path / 'a-color.png').write_bytes(b'no image')
    Image.new('L', (5, 6)).save(tmp_path / 'b-label.png')
    Image.new('RGB', (WIDTH, HEIGHT)).save(tmp_path / 'c-label.png')
    code, text = check(capsys, tmp_path)
    assert code == 1 and number(text, 'images') == 1 and number(text, 'instances') == 3
    assert '3 files or annotations that cannot be used (unreadable):' in text
    for said in ("a-color.png' cannot be read as an image", "b-label.png' is 5x6 and b-color.png",
                 "c-label.png' has pixels of mode RGB"):
        assert said in text


@pytest.mark.parametrize('changes, kind, said', [
    ({'labels': None}, 'no-label', "'a' has no label image"),
    ({'labels': np.eye(HEIGHT, WIDTH, dtype=np.int32)[:, :] * (np.arange(WIDTH) < 7),
      'classes': None}, 'small', "'a' has 1 of 1 instances under 20 pixels (the smallest 7)"),
    ({'classes': None, 'depth': np.full((HEIGHT, WIDTH), 0.02, np.float32)}, 'depth',
     "'a' has a median depth of 0.02 m, expected 0.05 to 50 m; is depth_scale_m"),
    ({'depth': np.full((HEIGHT, WIDTH), np.nan, np.float32)}, 'depth', 'no pixel of the depth'),
    ({'classes': np.tile(np.array([1, 2], np.uint8), (HEIGHT, WIDTH // 2))}, 'class',
     "'a': instance 1 is of more than one class"),
    ({'classes': np.zeros((HEIGHT, WIDTH), np.uint8)}, 'class', "'a': instance 3 is of class 0"),
])
def test_what_can_be_read_and_is_wrong(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, object], kind: str,
        said: str) -> None:
    write_sample(tmp_path, make_sample(**changes))
    code, text = check(capsys, tmp_path)
    assert code == 1 and f'({kind}):' in text and said in text
    code, text = check(capsys, tmp_path, '--allow', kind)
    assert code == 0 and f'({kind}, allowed):' in text


@pytest.mark.parametrize('value, words', [
    (0, 'none of all 2 labelled images has an instance'), (255, 'every pixel is to be ignored')])
def test_data_that_teaches_nothing(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], value: int, words: str) -> None:
    labels = np.full((HEIGHT, WIDTH), value, np.int32)
    for name in ('a', 'b'):
        write_sample(tmp_path, make_sample(name, labels=labels, classes=None))
    code, text = check(capsys, tmp_path, '--ignore', 255)
    assert code == 1 and words in text
    assert check(capsys, tmp_path, '--ignore', 255, '--allow', 'nothing')[0] == 0
    write_sample(tmp_path, make_sample('c'))
    assert check(capsys, tmp_path, '--ignore', 255)[0] == 0


def test_the_wrong_scale_of_depth_is_told(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    camera = Intrinsics(50, 50, 31.5, 23.5, WIDTH, HEIGHT)
    depth = np.full((HEIGHT, WIDTH), 0.7, np.float32)
    write_sample(tmp_path, make_sample(depth=depth, intrinsics=camera))
    assert check(capsys, tmp_path)[0] == 0
    path = tmp_path / 'a-camera.json'
    path.write_text(json.dumps({**json.loads(path.read_text()), 'depth_scale_m': 1}))
    code, text = check(capsys, tmp_path)
    assert code == 1 and "'a' has a median depth of 700 m" in text


def test_coco_annotations_that_do_not_fit_are_all_listed(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture(tmp_path / 'a.png')
    path = write_json(tmp_path / 'x.json', [
        annotation(SQUARE, 1), annotation(SQUARE, 2, category_id=3),
        annotation(SQUARE, 3, image_id=4), annotation([[1, 1, 2, 2]], 4),
        annotation([[0, 0, 15, 0, 15, 15, 0, 15]], 5)])
    code, text = check(capsys, tmp_path)
    assert code == 1 and number(text, 'instances') == 2
    assert '2 files or annotations that cannot be used' in text
    assert f"annotation 2 of '{path}' has category_id 3" in text
    assert f"annotation 3 of '{path}' has image_id 4" in text
    assert f"annotation 4 of '{path}': the mask has no pixel" in text
    assert f"annotation 5 of '{path}': others cover 11% of its 225 pixels" in text
    with pytest.raises(ValueError, match='annotation 2 .*; 1 more are wrong, `dataset check`'):
        open_dataset(tmp_path)


def test_long_lists_are_cut_unless_all_is_asked_for(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in range(5):
        write_sample(tmp_path, make_sample(str(name), labels=None, classes=None))
    text = check(capsys, tmp_path, '--list', '2')[1]
    assert text.count('has no label image') == 2 and '... and 3 more; --list 0 lists all' in text
    assert check(capsys, tmp_path, '--list', '0')[1].count('has no label image') == 5


def test_the_page_of_pictures_shows_instances_and_what_is_ignored(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grey = make_sample()
    labels = grey.labels.copy()
    labels[:, 32:] = -1
    for name in range(3):
        write_sample(tmp_path / 'd', make_sample(str(name), labels=labels), ignore=250)
    sheet = tmp_path / 'new' / 'sheet.png'
    assert check(capsys, tmp_path / 'd', '--ignore', '250', '--sheet', sheet)[0] == 0
    page = np.array(Image.open(sheet)).astype(int)
    height, width = page.shape[:2]
    assert 3 * 400 <= width < 3 * 420 and 300 <= height < 350
    first = page[22:, :400]
    saturation = first.max(-1) - first.min(-1)
    assert saturation[20:50, 20:50].mean() > 50  # instance 1, tinted
    assert saturation[200:, 20:100].mean() < 5  # background
    hatched = (first[100:200, 230:390].min(-1) > 240).mean()
    assert 0.15 < hatched < 0.35  # two lines of eight


@pytest.mark.parametrize('height, width', [(3000, 1), (1, 3000), (900, 100)])
def test_the_page_holds_what_is_very_tall_or_wide(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], height: int, width: int) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    write_sample(tmp_path / 'd', make_sample(image=picture, labels=np.ones(
        (height, width), np.int32), classes=None))
    sheet = tmp_path / 'sheet.png'
    assert check(capsys, tmp_path / 'd', '--sheet', sheet)[0] == 0
    page = np.array(Image.open(sheet)).astype(int)
    assert page.shape[0] < 850 and page.shape[1] < 420
    columns = np.nonzero((page.max(-1) - page.min(-1) > 50).any(0))[0]  # tinted
    assert len(columns) == pytest.approx(min(400, max(1, width * 800 / height)), abs=7)
    assert abs(columns.mean() - page.shape[1] / 2) < 8


@pytest.mark.parametrize('arguments, said', [
    (['check', 'nowhere'], "'nowhere' is neither a folder"),
    (['check', 'tote', '--sheet', 'x.gif'], "--sheet 'x.gif': expected a name that ends in .png"),
    (['check', 'nowhere', '--sheet', 'FULL/x/a.png'], "x' is a file; name another folder"),
    (['check', 'tote', '--count', '4'], "'tote' has no option 'count'"),
    (['convert', 'tote', '--to', 'coco', '--out', 'FULL'], 'is not empty; give a new folder'),
    (['convert', 'tote', '--to', 'folder', '--out', 'FULL/x/a'], "x' is a file; name another"),
    (['convert', 'tote', '--to', 'folder', '--out', 'FULL/x'], "x' is a file; name a folder"),
])
def test_mistakes_are_one_sentence(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str],
        said: str) -> None:
    (tmp_path / 'x').touch()
    assert main([one.replace('FULL', str(tmp_path)) for one in arguments]) == 1
    captured = capsys.readouterr().err
    assert captured.startswith('dataset: ') and said in captured and 'Traceback' not in captured


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (['--help'], ['check', '--help'], ['convert', '--help']):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 0
        text = capsys.readouterr().out
        assert 'dataset check export.json --sheet' in text and 'cvppp' in text
