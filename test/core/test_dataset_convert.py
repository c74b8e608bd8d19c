# SPDX-License-Identifier: Apache-2.0
"""The dataset command converts: what comes out is what went in, or the reason why not."""

from __future__ import annotations

import json
from pathlib import Path

from coco_files import annotation, blob, counts, HEIGHT, picture, SQUARE, WIDTH, write_json
from discinst_ros.data.cli import main
from discinst_ros.data.convert import IGNORE_VALUE, to_folder
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.folder import write_sample
from discinst_ros.data.sample import Sample
from labelled_sample import make_sample
import numpy as np
from PIL import Image
import pytest


def coco(folder: Path) -> Path:
    """Make a COCO dataset with an instance and a crowd."""
    picture(folder / 'a.png')
    write_json(folder / 'x.json', [
        annotation(SQUARE, 1), annotation({'size': [HEIGHT, WIDTH], 'counts': counts(blob(1))}, 2,
                                          category_id=9, iscrowd=1)],
               categories=[{'id': 7, 'name': 'bolt'}, {'id': 9, 'name': 'nut'}])
    return folder


def assert_same(one: Sample, other: Sample) -> None:
    for what in ('image', 'labels', 'classes'):
        np.testing.assert_array_equal(getattr(one, what), getattr(other, what))


def test_coco_to_folder_and_back(tmp_path: Path) -> None:
    source = coco(tmp_path / 'source')
    folder, back = tmp_path / 'folder', tmp_path / 'back'
    assert main(['convert', str(source), '--to', 'folder', '--out', str(folder)]) == 0
    assert np.array(Image.open(folder / 'a-label.png')).max() == IGNORE_VALUE
    assert main(['convert', str(folder), '--to', 'coco', '--out', str(back)]) == 0
    first = open_dataset(source)
    assert (first[0].labels < 0).any() and first.class_names == ('background', 'bolt', 'nut')
    for path in (folder, back):
        dataset = open_dataset(path)
        assert dataset.class_names == first.class_names
        assert_same(dataset[0], first[0])


def test_what_a_camera_file_says_of_the_lens_stays(tmp_path: Path) -> None:
    depth = np.full((HEIGHT, WIDTH), 0.5, np.float32)
    write_sample(tmp_path / 'in', make_sample(depth=depth))
    (tmp_path / 'in' / 'camera.json').write_text(json.dumps({
        'fx': 50, 'fy': 50, 'cx': 31.5, 'cy': 23.5, 'width': WIDTH, 'height': HEIGHT,
        'distortion': [0.1, -0.2, 0, 0, 0.05]}))
    out = tmp_path / 'out'
    assert main(['convert', str(tmp_path / 'in'), '--to', 'folder', '--out', str(out)]) == 0
    written = json.loads((out / 'a-camera.json').read_text())
    assert written['distortion'] == [0.1, -0.2, 0, 0, 0.05] and written['fx'] == 50


def test_a_conversion_that_fails_leaves_no_void_as_objects(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = np.zeros((HEIGHT, WIDTH), np.int32)
    labels[:10], labels[20:] = 1, -1
    for name in ('a', 'b'):
        write_sample(tmp_path / 'in', make_sample(name, labels=labels, classes=None), ignore=255)
    (tmp_path / 'in' / 'b-label.png').write_bytes(b'no image')
    out = tmp_path / 'out'
    assert main(['convert', str(tmp_path / 'in'), '--ignore', '255', '--to', 'folder', '--out',
                 str(out)]) == 1
    assert 'b-label.png' in capsys.readouterr().err
    assert np.unique(open_dataset(out)[0].labels).tolist() == [-1, 0, 1]


def test_coco_that_is_written_is_what_others_read(tmp_path: Path) -> None:
    mask_tools = pytest.importorskip('pycocotools.mask')
    sample = make_sample()
    write_sample(tmp_path / 'in', sample)
    assert main(['convert', str(tmp_path / 'in'), '--to', 'coco', '--out',
                 str(tmp_path / 'out')]) == 0
    content = json.loads((tmp_path / 'out' / 'annotations' / 'instances_all.json').read_text())
    assert [one['category_id'] for one in content['annotations']] == [1, 2, 2]
    for label, one in enumerate(content['annotations'], start=1):
        mask = sample.labels == label
        np.testing.assert_array_equal(mask_tools.decode(one['segmentation']), mask)
        assert one['area'] == mask.sum() and one['iscrowd'] == 0
        assert one['bbox'] == mask_tools.toBbox(one['segmentation']).tolist()
    image, = content['images']
    assert (image['width'], image['height']) == (WIDTH, HEIGHT)
    assert (tmp_path / 'out' / 'images' / image['file_name']).is_file()


def test_void_has_no_place_in_coco(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = make_sample().labels.copy()
    labels[45:] = -1
    write_sample(tmp_path / 'in', make_sample(labels=labels, classes=None), ignore=255)
    (tmp_path / 'in' / 'classes.json').write_text('{"names": ["bolt"], "ignore": 255}')
    convert = ['convert', str(tmp_path / 'in'), '--to', 'coco', '--out']
    assert main([*convert, str(tmp_path / 'one')]) == 1
    assert "'a' has pixels to ignore of no known class" in capsys.readouterr().err
    assert main([*convert, str(tmp_path / 'two'), '--void', 'background']) == 0
    np.testing.assert_array_equal(open_dataset(tmp_path / 'two')[0].labels, labels.clip(0))


def test_images_without_labels_do_not_become_images_without_instances(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sample(tmp_path / 'in', make_sample(labels=None, classes=None))
    assert main(['convert', str(tmp_path / 'in'), '--to', 'coco', '--out',
                 str(tmp_path / 'out')]) == 1
    assert "'a' has no label image" in capsys.readouterr().err


def test_depth_that_the_folder_cannot_hold_is_left_out_and_told(
        tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Far:
        class_names = ('background', 'object')

        def __len__(self) -> int:
            return 1

        def __getitem__(self, index: int) -> Sample:
            depth = np.full((HEIGHT, WIDTH), 2.0, np.float32)
            depth[0, :3] = 157.4
            return make_sample(classes=None, depth=depth)

    to_folder(Far(), [0], tmp_path / 'out')
    assert 'depth of 3 pixels is beyond 65.5 m and is left out' in caplog.text
    depth = open_dataset(tmp_path / 'out')[0].depth
    assert depth is not None and np.isnan(depth[0, :3]).all() and (depth[1:] == 2).all()
