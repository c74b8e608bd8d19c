# SPDX-License-Identifier: Apache-2.0
"""The folder format: what is written is read back, what does not fit is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.folder import FolderDataset, FolderError, read_sample, write_sample
from discinst_ros.data.sample import Sample
from discinst_ros.instances import Intrinsics
import numpy as np
from PIL import Image
import pytest

INTRINSICS = Intrinsics(fx=50.0, fy=51.0, cx=15.5, cy=11.5, width=32, height=24)


def make_sample(name: str = 'a', **changes: Any) -> Sample:
    rng = np.random.default_rng(1)
    values: dict[str, Any] = {
        'image': rng.integers(0, 256, (24, 32, 3), dtype=np.uint8),
        'labels': rng.integers(0, 1000, (24, 32)).astype(np.int32),
        'classes': rng.integers(0, 3, (24, 32)).astype(np.uint8),
        'depth': np.where(rng.random((24, 32)) < 0.2, np.nan,
                          rng.integers(200, 3000, (24, 32)) / 1000).astype(np.float32),
        'intrinsics': INTRINSICS}
    return Sample(name=name, **{**values, **changes})


def write_camera(folder: Path, name: str = 'camera.json', **changes: Any) -> None:
    values = {'fx': 50, 'fy': 51, 'cx': 15.5, 'cy': 11.5, 'width': 32, 'height': 24}
    (folder / name).write_text(json.dumps({**values, **changes}))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    sample = make_sample()
    write_sample(tmp_path / 'new' / 'folder', sample)
    read = FolderDataset(tmp_path / 'new' / 'folder')[0]
    assert read.name == 'a'
    assert read.intrinsics == INTRINSICS
    np.testing.assert_array_equal(read.image, sample.image)
    np.testing.assert_array_equal(read.labels, sample.labels)
    np.testing.assert_array_equal(read.classes, sample.classes)
    np.testing.assert_allclose(read.depth, sample.depth, rtol=1e-6)
    assert (read.labels.dtype, read.classes.dtype, read.depth.dtype) == (
        np.int32, np.uint8, np.float32)


def test_depth_is_rounded_to_the_nearest_millimetre_and_none_is_zero(tmp_path: Path) -> None:
    depth = np.full((24, 32), 0.5, dtype=np.float32)
    depth[0, :5] = 0.7004, 0.7006, np.nan, np.inf, -1.0
    write_sample(tmp_path, make_sample(depth=depth))
    raw = cv2.imread(str(tmp_path / 'a-depth.png'), cv2.IMREAD_UNCHANGED)
    assert raw.dtype == np.uint16
    assert raw[0, :6].tolist() == [700, 701, 0, 0, 0, 500]
    read = read_sample(tmp_path / 'a-color.png').depth
    assert np.isnan(read[0, 2:5]).all() and read[0, 5] == np.float32(0.5)


def test_only_the_image_is_needed(tmp_path: Path) -> None:
    write_sample(tmp_path, make_sample(labels=None, classes=None, depth=None, intrinsics=None))
    assert [path.name for path in tmp_path.iterdir()] == ['a-color.png']
    read = FolderDataset(tmp_path)[0]
    assert (read.labels, read.classes, read.depth, read.intrinsics) == (None,) * 4


def test_names_come_in_natural_order(tmp_path: Path) -> None:
    for name in ('scene10', 'scene2', 'scene1', '7'):
        write_sample(tmp_path, make_sample(name))
    dataset = FolderDataset(tmp_path)
    assert [dataset[index].name for index in range(len(dataset))] == [
        '7', 'scene1', 'scene2', 'scene10']
    with pytest.raises(IndexError):
        dataset[4]


def test_digits_that_are_no_decimals_are_text(tmp_path: Path) -> None:
    for name in ('1²2', '1²10', '³'):
        write_sample(tmp_path, make_sample(name))
    dataset = FolderDataset(tmp_path)
    assert [dataset[index].name for index in range(3)] == ['1²2', '1²10', '³']


def test_jpg_is_read_and_other_files_are_left_alone(tmp_path: Path) -> None:
    write_sample(tmp_path, make_sample())
    Image.new('RGB', (32, 24), (200, 30, 60)).save(tmp_path / 'b-color.jpg')
    (tmp_path / 'notes.txt').write_text('x')
    Image.new('RGB', (3, 3)).save(tmp_path / 'picture.png')
    dataset = FolderDataset(tmp_path)
    assert [sample.name for sample in dataset] == ['a', 'b']
    # JPEG keeps a flat colour to within a few levels; swapped channels would be 140 off
    assert np.abs(dataset[1].image.astype(int) - (200, 30, 60)).max() < 6


def test_a_camera_of_one_image_goes_before_that_of_all(tmp_path: Path) -> None:
    for name in ('a', 'b'):
        write_sample(tmp_path, make_sample(name, intrinsics=None))
    write_camera(tmp_path, fx=70)
    write_camera(tmp_path, 'b-camera.json', fx=90, distortion=[0.1, 0, 0, 0, 0])
    assert [sample.intrinsics.fx for sample in FolderDataset(tmp_path)] == [70, 90]


def test_the_camera_of_all_may_lie_above_the_images(tmp_path: Path) -> None:
    write_camera(tmp_path, fx=70)
    for split in ('train', 'val'):
        write_sample(tmp_path / split, make_sample(intrinsics=None))
    write_camera(tmp_path / 'val', fx=80)
    fx = [open_dataset(tmp_path, split=split)[0].intrinsics.fx for split in ('train', 'val')]
    assert fx == [70, 80]
    write_sample(tmp_path / 'o' / 'rgb', make_sample(intrinsics=None))
    write_camera(tmp_path / 'o', fx=90)
    assert open_dataset(tmp_path / 'o', color='rgb/{name}-color.png')[0].intrinsics.fx == 90


def test_depth_scale_of_the_camera_counts(tmp_path: Path) -> None:
    write_sample(tmp_path, make_sample(intrinsics=None))
    before = read_sample(tmp_path / 'a-color.png').depth
    write_camera(tmp_path, depth_scale_m=0.00025)
    after = read_sample(tmp_path / 'a-color.png').depth
    np.testing.assert_allclose(after, before / 4, rtol=1e-6)


def test_a_camera_file_as_windows_writes_it(tmp_path: Path) -> None:
    write_sample(tmp_path, make_sample(intrinsics=None))
    write_camera(tmp_path, fx=70)
    path = tmp_path / 'camera.json'
    path.write_text(path.read_text(), encoding='utf-8-sig')
    assert path.read_bytes().startswith(b'\xef\xbb\xbf{')
    assert read_sample(tmp_path / 'a-color.png').intrinsics.fx == 70


def test_companions_of_macos_are_no_images(tmp_path: Path) -> None:
    write_sample(tmp_path, make_sample())
    (tmp_path / '._a-color.png').write_bytes(b'\0\5\x16\7\0\2\0\0Mac OS X        ')
    assert [sample.name for sample in FolderDataset(tmp_path)] == ['a']


def test_palette_images_are_read_as_indices(tmp_path: Path) -> None:
    write_sample(tmp_path, make_sample(labels=None))
    indices = np.arange(24 * 32, dtype=np.uint8).reshape(24, 32) % 7
    palette = Image.fromarray(indices, mode='L')
    palette.putpalette([channel for level in range(256) for channel in (255 - level, 9, level)])
    palette.save(tmp_path / 'a-label.png')
    assert Image.open(tmp_path / 'a-label.png').mode == 'P'
    np.testing.assert_array_equal(read_sample(tmp_path / 'a-color.png').labels, indices)


@pytest.mark.parametrize('bits', [np.uint8, np.uint16])
def test_ids_of_8_and_16_bits_are_read(tmp_path: Path, bits: type[np.integer]) -> None:
    write_sample(tmp_path, make_sample())
    ids = np.full((24, 32), np.iinfo(bits).max, dtype=bits)
    cv2.imwrite(str(tmp_path / 'a-label.png'), ids)
    np.testing.assert_array_equal(read_sample(tmp_path / 'a-color.png').labels, ids)


@pytest.mark.parametrize('what, image, said', [
    ('label', np.zeros((12, 32), np.uint8), 'is 32x12 and a-color.png is 32x24'),
    ('depth', np.zeros((48, 64), np.uint16), 'is 64x48 and a-color.png is 32x24'),
    ('class', np.zeros((24, 31), np.uint8), 'is 31x24 and a-color.png is 32x24'),
    ('depth', np.zeros((24, 32), np.uint8), 'expected depth as one channel of 16 bits'),
    ('label', np.zeros((24, 32, 3), np.uint8), 'mode RGB, expected one channel of ids'),
    ('color', np.zeros((24, 32), np.uint16), 'save the picture with 8 bits'),
])
def test_images_that_do_not_fit_are_refused(
        tmp_path: Path, what: str, image: Any, said: str) -> None:
    write_sample(tmp_path, make_sample())
    cv2.imwrite(str(tmp_path / f'a-{what}.png'), image)
    with pytest.raises(FolderError, match=said):
        FolderDataset(tmp_path)[0]


@pytest.mark.parametrize('content', [b'', b'no image', b'\x89PNG\r\n\x1a\n cut'])
def test_unreadable_images_are_refused(tmp_path: Path, content: bytes) -> None:
    write_sample(tmp_path, make_sample())
    (tmp_path / 'a-color.png').write_bytes(content)
    with pytest.raises(FolderError, match='a-color.png.* cannot be read as an image'):
        FolderDataset(tmp_path)[0]


def test_a_truncated_image_is_refused(tmp_path: Path) -> None:
    write_sample(tmp_path, make_sample())
    path = tmp_path / 'a-color.png'
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(FolderError, match='cannot be read as an image'):
        FolderDataset(tmp_path)[0]


@pytest.mark.parametrize('text, said', [
    ('{', 'cannot be read as JSON'),
    ('[1, 2]', 'holds list'),
    ('{"fx": 50}', "lacks 'fy'"),
])
def test_broken_camera_files_are_refused(tmp_path: Path, text: str, said: str) -> None:
    write_sample(tmp_path, make_sample(intrinsics=None))
    (tmp_path / 'camera.json').write_text(text)
    with pytest.raises(FolderError, match=said):
        FolderDataset(tmp_path)[0]


@pytest.mark.parametrize('changes, said', [
    ({'fx': 'wide'}, "fx is 'wide', expected a number"),
    ({'cx': 10 ** 400}, 'cx is 10000.*, expected a number'),
    ({'fy': 0}, 'fy is 0.0, expected a positive number'),
    ({'width': 64}, 'of a 64x24 image and a-color.png is 32x24'),
    ({'depth_scale_m': 0}, 'depth_scale_m is 0.0'),
    ({'depth_scale': 1}, "unknown key 'depth_scale'; did you mean depth_scale_m"),
])
def test_wrong_camera_values_are_refused(
        tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    write_sample(tmp_path, make_sample(intrinsics=None))
    write_camera(tmp_path, **changes)
    with pytest.raises(FolderError, match=said):
        FolderDataset(tmp_path)[0]


def test_folders_without_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match='no images: expected NAME-color.png'):
        FolderDataset(tmp_path)
    with pytest.raises(FolderError, match='is no folder'):
        FolderDataset(tmp_path / 'nowhere')


def test_one_name_with_two_images_is_refused(tmp_path: Path) -> None:
    write_sample(tmp_path, make_sample())
    Image.new('RGB', (32, 24)).save(tmp_path / 'a-color.jpg')
    with pytest.raises(FolderError, match='both a-color.jpg and a-color.png'):
        FolderDataset(tmp_path)


@pytest.mark.parametrize('changes, said', [
    ({'labels': np.full((24, 32), -1, np.int32)}, 'ids from -1 to -1'),
    ({'labels': np.full((24, 32), 70_000, np.int32)}, 'ids from 70000 to 70000'),
    ({'depth': np.full((24, 32), 70, np.float32)}, 'depth up to 70.0 m'),
])
def test_what_the_format_cannot_hold_is_refused(
        tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FolderError, match=said):
        write_sample(tmp_path, make_sample(**changes))
