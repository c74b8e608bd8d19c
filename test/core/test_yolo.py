# SPDX-License-Identifier: Apache-2.0
"""YOLO segmentation: polygons as drawn, the layouts of exports, and lines that cannot be."""

from __future__ import annotations

from pathlib import Path

from coco_files import filled, HEIGHT, iou, picture, WIDTH
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.problem import inspect
import numpy as np
import pytest

#: x 16 to 32, y 12 to 36 of 64x48.
BOX = '0.25 0.25 0.5 0.25 0.5 0.75 0.25 0.75'
BOX_MASK = np.zeros((HEIGHT, WIDTH), bool)
BOX_MASK[12:36, 16:32] = True


def write(folder: Path, text: str | None, name: str = 'a', split: str = '') -> np.ndarray:
    """Write images/[split/]NAME.png and its labels."""
    image = picture(folder / 'images' / split / f'{name}.png', seed=len(name + split))
    labels = folder / 'labels' / split / f'{name}.txt'
    labels.parent.mkdir(parents=True, exist_ok=True)
    if text is not None:
        labels.write_text(text)
    return image


def test_polygons_and_classes(tmp_path: Path) -> None:
    image = write(tmp_path, f'2 {BOX}\n\n0 0 0 0.125 0 0.125 0.125 0 0.125\n')
    (tmp_path / 'data.yaml').write_text('train: images\nnames: [nut, bolt, gear]\n')
    dataset = open_dataset(tmp_path)
    assert dataset.class_names == ('background', 'nut', 'bolt', 'gear')
    sample = dataset[0]
    assert sample.name == 'a'
    np.testing.assert_array_equal(sample.image, image)
    expected = BOX_MASK.astype(np.int32)
    expected[:6, :8] = 2
    np.testing.assert_array_equal(sample.labels, expected)
    np.testing.assert_array_equal(sample.classes, np.array([0, 3, 1])[expected])


@pytest.mark.parametrize('file, text', [
    ('data.yaml', 'names: [nut, bolt]\ntrain: images\n'), ('classes.txt', 'nut\nbolt\n')])
def test_files_as_windows_writes_them(tmp_path: Path, file: str, text: str) -> None:
    write(tmp_path, '')
    (tmp_path / 'labels' / 'a.txt').write_text(f'1 {BOX}\n', encoding='utf-8-sig')
    (tmp_path / file).write_text(text, encoding='utf-8-sig')
    dataset = open_dataset(tmp_path)
    assert dataset.class_names == ('background', 'nut', 'bolt')
    np.testing.assert_array_equal(dataset[0].classes, 2 * BOX_MASK)


def test_companions_of_macos_are_no_images(tmp_path: Path) -> None:
    write(tmp_path, f'0 {BOX}\n')
    (tmp_path / 'images' / '._a.png').write_bytes(b'\0\5\x16\7\0\2\0\0Mac OS X        ')
    assert len(open_dataset(tmp_path)) == 1


@pytest.mark.parametrize('file, text', [
    ('data.yaml', 'train: images\nnames: [background, nut, bolt]\n'),
    ('classes.txt', 'background\nnut\nbolt\n')])
def test_a_background_among_the_names_is_class_0(tmp_path: Path, file: str, text: str) -> None:
    """Its polygons are no instances, and the others keep their numbers."""
    write(tmp_path, f'2 {BOX}\n0 0 0 0.125 0 0.125 0.125 0 0.125\n')
    (tmp_path / file).write_text(text)
    dataset = open_dataset(tmp_path)
    assert dataset.class_names == ('background', 'nut', 'bolt')
    sample = dataset[0]
    np.testing.assert_array_equal(sample.labels, BOX_MASK)
    np.testing.assert_array_equal(sample.classes, 2 * BOX_MASK)
    write(tmp_path, f'3 {BOX}\n')
    with pytest.raises(FolderError, match='has class 3, expected 0 to 2'):
        open_dataset(tmp_path)[0]


@pytest.mark.parametrize('seed', range(4))
def test_polygons_cover_what_they_enclose(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 12))
    points = np.stack([0.5 + 0.3 * np.cos(angles), 0.5 + 0.4 * np.sin(angles)], axis=1)
    write(tmp_path, '0 ' + ' '.join(f'{value:.6f}' for value in points.ravel()))
    labels = open_dataset(tmp_path)[0].labels
    # two rules for pixels on the border: they differ by less than half of it
    assert iou(labels == 1, filled([(points * (WIDTH, HEIGHT)).ravel().tolist()])) > 0.95


def test_the_smaller_lies_on_top_and_overlap_is_told(tmp_path: Path) -> None:
    write(tmp_path, '0 0.375 0.5 0.5 0.5 0.5 0.75 0.375 0.75\n'  # x 24 to 32, y 24 to 36
                    f'0 {BOX}\n')
    sample, problems = inspect(open_dataset(tmp_path), 0)
    assert (sample.labels == 1).sum() == 8 * 12
    assert (sample.labels == 2).sum() == 16 * 24 - 8 * 12
    assert [one.text for one in problems] == [
        f"'{tmp_path}/labels/a.txt:2': others cover 25% of its 384 pixels"]


def test_ultralytics_layout(tmp_path: Path) -> None:
    """A dictionary of names, splits by folder, and the path of another machine."""
    for split in ('train', 'val'):
        write(tmp_path, f'1 {BOX}', 'a', split)
    (tmp_path / 'parts.yaml').write_text(
        'path: /somewhere/else  # root\ntrain: images/train\nval: images/val\ntest:\n'
        'names:\n  0: nut\n  1: bolt\n')
    for source in (tmp_path, tmp_path / 'parts.yaml'):
        everything = open_dataset(source)
        assert [everything[index].name for index in range(2)] == ['train-a', 'val-a']
        assert everything.class_names == ('background', 'nut', 'bolt')
        dataset = open_dataset(source, split='val')
        assert len(dataset) == 1 and dataset[0].name == 'a'
        assert dataset[0].classes.max() == 2


def test_cvat_lists_its_images(tmp_path: Path) -> None:
    write(tmp_path, f'0 {BOX}', 'b', 'train')
    write(tmp_path, '', 'a', 'train')
    (tmp_path / 'train.txt').write_text('images/train/b.png\ndata/images/train/a.png\n')
    (tmp_path / 'data.yaml').write_text('path: ./\ntrain: train.txt\nnames:\n  0: nut\n')
    dataset = open_dataset(tmp_path, split='train')
    assert [dataset[index].name for index in range(2)] == ['b', 'a']
    assert dataset[0].labels.any() and not dataset[1].labels.any()
    (tmp_path / 'train.txt').write_text('images/train/b.png\nimages/train/z.png\n')
    with pytest.raises(FolderError, match="train.txt:2' lists 'images/train/z.png', which does"):
        open_dataset(tmp_path)


def test_roboflow_layout(tmp_path: Path) -> None:
    for split in ('train', 'valid'):
        write(tmp_path / split, f'0 {BOX}', f'{split}1')
    (tmp_path / 'data.yaml').write_text(
        "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnc: 1\n"
        "names: ['nut']\n")
    assert open_dataset(tmp_path, split='train')[0].name == 'train1'
    assert open_dataset(tmp_path, split='val')[0].name == 'valid1'


def test_label_studio_layout(tmp_path: Path) -> None:
    write(tmp_path, f'1 {BOX}')
    (tmp_path / 'classes.txt').write_text('Nut\nWasher\n')
    (tmp_path / 'notes.json').write_text('{"categories": [{"id": 0, "name": "Nut"}]}')
    dataset = open_dataset(tmp_path)
    assert dataset.class_names == ('background', 'Nut', 'Washer')
    assert dataset[0].classes.max() == 2


def test_without_names_classes_are_numbered(tmp_path: Path) -> None:
    write(tmp_path, f'0 {BOX}', split='train')
    assert open_dataset(tmp_path).class_names == ('background', 'object')
    write(tmp_path, f'2 {BOX}', split='val')
    assert open_dataset(tmp_path, split='val').class_names == (
        'background', 'class 0', 'class 1', 'class 2')


def test_folders_that_are_links_belong_to_it_also_where_they_go_round(tmp_path: Path) -> None:
    dataset, elsewhere = tmp_path / 'dataset', tmp_path / 'elsewhere'
    write(dataset, f'0 {BOX}', 'near')
    write(elsewhere, f'0 {BOX}', 'far')
    for what in ('images', 'labels'):
        (dataset / what / 'camera 2').symlink_to(elsewhere / what)
        (elsewhere / what / 'round').symlink_to(dataset / what)
    samples = open_dataset(dataset)
    found = [samples[index] for index in range(len(samples))]
    assert [sample.name for sample in found] == ['far', 'near']
    assert all(sample.labels.max() == 1 for sample in found)


def test_an_image_without_labels_has_no_instances_and_is_told(tmp_path: Path) -> None:
    write(tmp_path, f'0 {BOX}', 'a')
    write(tmp_path, None, 'b')
    sample, problems = inspect(open_dataset(tmp_path), 1)
    assert not sample.labels.any()
    assert [one.kind for one in problems] == ['no-label']
    assert f"'{tmp_path}/images/b.png' has no '{tmp_path}/labels/b.txt'" in problems[0].text


def test_no_labels_at_all_are_refused(tmp_path: Path) -> None:
    write(tmp_path, None)
    (tmp_path / 'data.yaml').write_text('train: images\nnames: [nut]\n')
    with pytest.raises(FolderError, match="has labels: '.*/labels/a.txt' and all others"):
        open_dataset(tmp_path)


@pytest.mark.parametrize('line, said', [
    ('0 0.5 0.5 0.2 0.2', 'has 5 numbers, a box: these are labels for detection'),
    ('0 0.1 0.1 0.2 0.2 0.3', 'has 5 coordinates, expected pairs'),
    ('0 0.1 0.1', 'has 2 coordinates, expected pairs of x and y, three or more'),
    ('0 10 10 20 10 20 20', 'has the coordinate 20, expected 0 to 1: shares .*not pixels'),
    ('0 -0.01 0 0.2 0 0.2 0.2', 'has the coordinate -0.01, expected 0 to 1'),
    ('0 nan 0 0.2 0 0.2 0.2', 'has the coordinate nan'),
    (f'nut {BOX}', 'has words that are no numbers'),
    (f'0.5 {BOX}', 'has class 0.5, expected a whole number'),
    (f'-1 {BOX}', 'has class -1, expected a whole number'),
    (f'nan {BOX}', 'has class nan, expected a whole number'),
    (f'1 {BOX}', 'has class 1, expected 0 to 0'),
    (f'255 {BOX}', 'has class 255, expected at most 254'),
    (f'1e9 {BOX}', 'has class 1e9, expected at most 254'),
])
def test_lines_that_cannot_be_are_refused_by_place(tmp_path: Path, line: str, said: str) -> None:
    write(tmp_path, f'0 {BOX}\n{line}\n')
    (tmp_path / 'data.yaml').write_text('train: images\nnames: [nut]\n')
    with pytest.raises(FolderError, match=f"labels/a.txt:2' {said}"):
        open_dataset(tmp_path)[0]


def test_rounding_beyond_the_image_is_taken_for_its_border(tmp_path: Path) -> None:
    write(tmp_path, '0 -0.0004 0 1.0004 0 1.0004 1 -0.0004 1')
    assert (open_dataset(tmp_path)[0].labels == 1).all()


@pytest.mark.parametrize('text, said', [
    ('train: images\nnames: {0: nut, 2: bolt}\n', r'names the classes \[0, 2\], expected 0 to 1'),
    ('train: images\nnames: {0: nut, x: bolt}\n', r"names the classes \[0, 'x'\], expected 0"),
    ('train: images\nnames: nut\n', 'no names of classes'),
    ('train: images\nnames: [nut, nut]\n', "data.yaml' names two classes 'nut'"),
    ('names: [nut]\n', 'names no images: expected train: or val:'),
    ('train: pictures\nnames: [nut]\n', 'has train: pictures, which exists neither'),
    ('names: [nut\n', 'cannot be read as YAML'),
])
def test_a_data_yaml_that_cannot_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, f'0 {BOX}')
    (tmp_path / 'data.yaml').write_text(text)
    with pytest.raises(FolderError, match=said):
        open_dataset(tmp_path / 'data.yaml')


def test_two_images_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, f'0 {BOX}')
    picture(tmp_path / 'images' / 'a.bmp')
    with pytest.raises(FolderError, match="a.bmp' and '.*a.png' bear one name"):
        open_dataset(tmp_path)


def test_labels_that_are_no_text_are_named(tmp_path: Path) -> None:
    write(tmp_path, f'0 {BOX}')
    (tmp_path / 'labels' / 'a.txt').write_bytes(b'\xff\xfe0')
    with pytest.raises(FolderError, match="labels/a.txt' cannot be read as text"):
        open_dataset(tmp_path)[0]


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    write(tmp_path, f'0 {BOX}')
    (tmp_path / 'images' / 'a.png').write_bytes(b'no image')
    with pytest.raises(FolderError, match="images/a.png' cannot be read as an image"):
        open_dataset(tmp_path)[0]
