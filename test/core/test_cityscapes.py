# SPDX-License-Identifier: Apache-2.0
"""Cityscapes: ids as its own tools understand them, and depth from disparity."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
from discinst_ros.data.cityscapes import CityscapesDataset, CLASS_NAMES, IGNORED_IDS, INSTANCE_IDS
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.image_files import FolderError
import numpy as np
import pytest

HEIGHT, WIDTH = 8, 16
NAME = 'aachen_000000_000019'


def write(root: Path, ids: np.ndarray, split: str = 'train', name: str = NAME) -> None:
    """Write an image and its instances."""
    city = name.split('_')[0]
    for folder, ending, image in (
            ('leftImg8bit', 'leftImg8bit', np.full((HEIGHT, WIDTH, 3), 90, np.uint8)),
            ('gtFine', 'gtFine_instanceIds', ids.astype(np.uint16))):
        path = root / folder / split / city / f'{name}_{ending}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), image)


def write_camera(root: Path, baseline: float = 0.25, fx: float = 2000.0) -> None:
    path = root / 'camera' / 'train' / 'aachen' / f'{NAME}_camera.json'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        'extrinsic': {'baseline': baseline, 'pitch': 0.03, 'roll': 0, 'x': 1.7, 'y': 0.1,
                      'yaw': 0, 'z': 1.2},
        'intrinsic': {'fx': fx, 'fy': 1990.0, 'u0': 7.0, 'v0': 3.0}}))


def write_disparity(root: Path, raw: np.ndarray) -> None:
    path = root / 'disparity' / 'train' / 'aachen' / f'{NAME}_disparity.png'
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), raw.astype(np.uint16))


def test_every_id_as_the_official_labels_have_it(tmp_path: Path) -> None:
    """A loop over the labels of cityscapesscripts, pixel by pixel."""
    official = pytest.importorskip('cityscapesscripts.helpers.labels').labels
    scored = [one for one in official if one.hasInstances and not one.ignoreInEval]
    assert CLASS_NAMES == ('background', *(one.name for one in scored))
    assert tuple(INSTANCE_IDS.values()) == tuple(one.id for one in scored)
    assert IGNORED_IDS == tuple(one.id for one in official if one.ignoreInEval and one.id >= 0)
    known = [one for one in official if one.id >= 0]
    pixels = [one.id for one in known] + [
        one.id * 1000 + number for one in known if one.hasInstances for number in (0, 1, 999)]
    ids = np.zeros(HEIGHT * WIDTH, int)
    ids[:len(pixels)] = pixels
    write(tmp_path, ids.reshape(HEIGHT, WIDTH))
    sample = open_dataset(tmp_path)[0]
    by_id = {one.id: one for one in official}
    for value, label, class_id in zip(ids, sample.labels.ravel(), sample.classes.ravel(),
                                      strict=True):
        one = by_id[value // 1000 if value >= 1000 else value]
        if one in scored:
            assert CLASS_NAMES[class_id] == one.name
            assert label == (value if value >= 1000 else -1)
        else:
            assert class_id == 0
            assert label == (-1 if one.ignoreInEval else 0)


def test_a_small_street(tmp_path: Path) -> None:
    ids = np.full((HEIGHT, WIDTH), 7)  # road
    ids[0] = 1  # the car of the camera: void
    ids[2:4, 2:6] = 26000
    ids[2:4, 6:9] = 26001  # two cars that touch
    ids[5, :3] = 24  # people that nobody told apart
    write(tmp_path, ids)
    sample = open_dataset(tmp_path, split='train')[0]
    assert sample.name == NAME and sample.depth is None and sample.intrinsics is None
    assert (sample.labels[0] == -1).all() and (sample.classes[0] == 0).all()
    assert (sample.labels[2:4, 2:6] == 26000).all() and (sample.labels[2:4, 6:9] == 26001).all()
    assert (sample.classes[2:4, 2:9] == 3).all()
    assert (sample.labels[5, :3] == -1).all() and (sample.classes[5, :3] == 1).all()
    assert (sample.labels == 0).sum() == HEIGHT * WIDTH - 16 - 14 - 3


def test_depth_is_baseline_times_focal_length_by_disparity(tmp_path: Path) -> None:
    write(tmp_path, np.full((HEIGHT, WIDTH), 7))
    raw = np.full((HEIGHT, WIDTH), 1 + 256 * 50)
    raw[0, :3] = 0, 1, 1 + 128
    write_disparity(tmp_path, raw)
    assert open_dataset(tmp_path)[0].depth is None  # without a camera nobody knows
    write_camera(tmp_path)
    sample = open_dataset(tmp_path)[0]
    assert np.isnan(sample.depth[0, :2]).all()
    assert sample.depth[0, 2] == pytest.approx(0.25 * 2000 / 0.5)
    assert sample.depth[1, 0] == pytest.approx(0.25 * 2000 / 50)
    assert sample.depth.dtype == np.float32
    camera = sample.intrinsics
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (2000, 1990, 7, 3)
    assert (camera.width, camera.height) == (WIDTH, HEIGHT)


def test_splits(tmp_path: Path) -> None:
    road = np.full((HEIGHT, WIDTH), 7)
    write(tmp_path, road)
    write(tmp_path, road, 'val', 'lindau_000001_000019')
    (tmp_path / 'leftImg8bit' / 'test').mkdir()
    everything = open_dataset(tmp_path)
    assert [everything[index].name for index in range(len(everything))] == [
        f'train-{NAME}', 'val-lindau_000001_000019']
    assert len(open_dataset(tmp_path, split='val')) == 1
    with pytest.raises(FolderError, match="no split 'test'; it has train, val"):
        open_dataset(tmp_path, split='test')


def test_notes_of_macos_are_no_images(tmp_path: Path) -> None:
    write(tmp_path, np.full((HEIGHT, WIDTH), 7))
    write(tmp_path, np.full((HEIGHT, WIDTH), 7), 'val')
    for split in ('train', 'val'):
        image = next((tmp_path / 'leftImg8bit' / split).rglob('*.png'))
        image.with_name(f'._{image.name}').write_bytes(b'\0\5\x16\7\0\2\0\0Mac OS X')
    image.unlink()
    everything = open_dataset(tmp_path)
    assert [everything[index].name for index in range(len(everything))] == [NAME]
    with pytest.raises(FolderError, match="val' has no CITY/NAME_leftImg8bit.png"):
        CityscapesDataset(tmp_path, split='val')


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    write(tmp_path, np.full((HEIGHT, WIDTH), 34_000))
    with pytest.raises(FolderError, match="instanceIds.png' has the id 34000"):
        open_dataset(tmp_path)[0]
    write(tmp_path, np.full((HEIGHT, WIDTH), 40))
    with pytest.raises(FolderError, match="instanceIds.png' has the id 40"):
        open_dataset(tmp_path)[0]
    write(tmp_path, np.full((HEIGHT, WIDTH // 2), 7))
    with pytest.raises(FolderError, match="instanceIds.png' is 8x8 and .*leftImg8bit.png is 16x8"):
        open_dataset(tmp_path)[0]
    next((tmp_path / 'gtFine').rglob('*.png')).unlink()
    with pytest.raises(FolderError, match=f"{NAME}_leftImg8bit.png' has no label image"):
        open_dataset(tmp_path)[0]


@pytest.mark.parametrize('change, said', [
    (lambda root: write_disparity(root, np.zeros((HEIGHT, 4))), 'disparity.png. is 4x8'),
    (lambda root: write_camera(root, fx=0.0), 'camera.json. cannot be used .* fx is 0.0'),
    (lambda root: next((root / 'camera').rglob('*.json')).write_text('{}'),
     "camera.json' cannot be used .*'intrinsic'"),
])
def test_a_camera_that_does_not_fit_is_named(tmp_path: Path, change, said: str) -> None:
    write(tmp_path, np.full((HEIGHT, WIDTH), 7))
    write_camera(tmp_path)
    change(tmp_path)
    with pytest.raises(FolderError, match=said):
        open_dataset(tmp_path)[0]
