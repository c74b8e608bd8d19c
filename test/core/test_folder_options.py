# SPDX-License-Identifier: Apache-2.0
"""Folders of other names: patterns, masks of every kind, names of classes, ignored values."""

from __future__ import annotations

import json
from pathlib import Path
import struct
import zlib

import cv2
from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.folder import write_sample
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.patterns import Pattern
from discinst_ros.data.sample import Sample
import numpy as np
from PIL import Image
import pytest

IDS = np.array([[0, 1, 1, 255], [0, 2, 2, 255], [0, 0, 3, 3]], np.uint8)


def save(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def color(path: Path, level: int = 50) -> None:
    save(path, np.full((3, 4, 3), level, np.uint8))


def test_masks_in_a_folder_of_their_own(tmp_path: Path) -> None:
    for name in ('img10', 'img9'):
        color(tmp_path / f'{name}.jpg')
        save(tmp_path / 'masks' / f'{name}_mask.png', IDS)
    dataset = open_dataset(tmp_path, color='{name}.jpg', label='masks/{name}_mask.png')
    assert [sample.name for sample in dataset] == ['img9', 'img10']
    np.testing.assert_array_equal(dataset[0].labels, IDS)


def test_a_wide_pattern_leaves_the_masks_beside_the_images_alone(tmp_path: Path) -> None:
    color(tmp_path / 'a.png')
    save(tmp_path / 'a_mask.png', IDS)
    dataset = open_dataset(tmp_path, color='{name}.png', label='{name}_mask.png')
    assert [sample.name for sample in dataset] == ['a']


def test_a_folder_per_image_and_two_endings(tmp_path: Path) -> None:
    color(tmp_path / 'one' / 'rgb.png')
    color(tmp_path / 'two' / 'rgb.jpg')
    save(tmp_path / 'two' / 'ids.png', IDS)
    dataset = open_dataset(tmp_path, color='{name}/rgb.png|{name}/rgb.jpg',
                           label='{name}/ids.png')
    assert [sample.name for sample in dataset] == ['one', 'two']
    assert dataset[0].labels is None
    np.testing.assert_array_equal(dataset[1].labels, IDS)


def test_the_same_name_in_two_places_is_refused(tmp_path: Path) -> None:
    color(tmp_path / 'a.png')
    color(tmp_path / 'a.jpg')
    with pytest.raises(FolderError, match='has both a.jpg and a.png; keep one'):
        open_dataset(tmp_path, color='{name}.png|{name}.jpg')


@pytest.mark.parametrize('pattern', ['a.png', '{nom}.png', '{name}-{kind}.png'])
def test_patterns_that_cannot_be_are_refused(pattern: str) -> None:
    with pytest.raises(FolderError, match='write {name} where'):
        Pattern(pattern)


def test_characters_of_a_pattern_stand_for_themselves() -> None:
    assert Pattern('x.({name})+.png').name_of('x.(a)+.PNG') == 'a'
    assert Pattern('x.({name})+.png').name_of('xy(a)+.png') is None
    assert Pattern('{name}/{name}.png').name_of('a/a.png') == 'a'
    assert Pattern('{name}/{name}.png').name_of('a/b.png') is None


def test_only_endings_may_be_in_capital_letters(tmp_path: Path) -> None:
    """A mask whose name differs is not found, so neither may be the picture."""
    assert Pattern('{name}_rgb.png').name_of('a_rgb.PNG') == 'a'
    assert Pattern('{name}_rgb.png').name_of('a_RGB.png') is None
    assert Pattern('{name}').name_of('A.b') == 'A.b'
    color(tmp_path / 'a_RGB.PNG')
    with pytest.raises(FolderError, match='has no images: expected {name}_rgb.png'):
        open_dataset(tmp_path, color='{name}_rgb.png')


@pytest.mark.parametrize('bits', [np.uint8, np.uint16])
def test_a_value_can_mean_ignore(tmp_path: Path, bits: type[np.unsignedinteger]) -> None:
    value = int(np.iinfo(bits).max)
    color(tmp_path / 'a-color.png')
    save(tmp_path / 'a-label.png', np.where(IDS == 255, value, IDS.astype(int)).astype(bits))
    assert open_dataset(tmp_path)[0].labels.max() == value
    labels = open_dataset(tmp_path, ignore=value)[0].labels
    np.testing.assert_array_equal(labels, np.where(IDS == 255, -1, IDS.astype(int)))
    assert labels.dtype == np.int32


def test_an_ignored_class_is_ignored_in_the_labels_too(tmp_path: Path) -> None:
    color(tmp_path / 'a-color.png')
    save(tmp_path / 'a-label.png', np.where(IDS == 255, 9, IDS).astype(np.uint8))
    save(tmp_path / 'a-class.png', IDS)
    sample = open_dataset(tmp_path, ignore=255)[0]
    np.testing.assert_array_equal(sample.labels, np.where(IDS == 255, -1, IDS.astype(int)))
    np.testing.assert_array_equal(sample.classes, np.where(IDS == 255, 0, IDS))


def test_a_palette_mask_gives_its_indices(tmp_path: Path) -> None:
    color(tmp_path / 'a-color.png')
    palette = Image.fromarray(IDS % 4)
    palette.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200, 9, 9, 9])
    palette.save(tmp_path / 'a-label.png')
    np.testing.assert_array_equal(open_dataset(tmp_path)[0].labels, IDS % 4)


@pytest.mark.parametrize('bits', [1, 2, 4, 8])
def test_grey_masks_of_few_bits_give_their_values(tmp_path: Path, bits: int) -> None:
    """As pngquant and indexed exports write them; put together here by the standard of PNG."""
    color(tmp_path / 'a-color.png')
    ids = np.array([[0, 1, 1, 3], [0, 2, 2, 3], [0, 0, 3, 3]]) % 2 ** bits
    rows = b''.join(b'\0' + int(''.join(f'{value:0{bits}b}' for value in row).ljust(
        -(-4 * bits // 8) * 8, '0'), 2).to_bytes(-(-4 * bits // 8), 'big') for row in ids)

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', check)

    (tmp_path / 'a-label.png').write_bytes(
        b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>2I5B', 4, 3, bits, 0, 0, 0, 0))
        + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))
    np.testing.assert_array_equal(open_dataset(tmp_path)[0].labels, ids)


def test_a_folder_whose_name_means_something_to_glob(tmp_path: Path) -> None:
    color(tmp_path / 'set [1]' / 'a.png')
    save(tmp_path / 'masks [1]' / 'a.png', IDS)
    sample, = open_dataset(tmp_path, color='set [1]/{name}.png', label='masks [1]/{name}.png')
    np.testing.assert_array_equal(sample.labels, IDS)


@pytest.mark.parametrize('file, text', [
    ('classes.txt', 'bolt\nnut\n'), ('classes.txt', 'background\nbolt\nnut\n'),
    ('classes.json', '["bolt", "nut"]')])
def test_names_of_classes_as_windows_writes_them(tmp_path: Path, file: str, text: str) -> None:
    color(tmp_path / 'a-color.png')
    (tmp_path / file).write_text(text, encoding='utf-8-sig')
    assert open_dataset(tmp_path).class_names == ('background', 'bolt', 'nut')


def test_masks_that_compression_has_blurred_are_refused(tmp_path: Path) -> None:
    color(tmp_path / 'a-color.png')
    save(tmp_path / 'masks' / 'a.jpg', IDS)
    with pytest.raises(FolderError, match='a.jpg. is a JPEG, .* draw the mask as PNG'):
        open_dataset(tmp_path, label='masks/{name}.jpg')[0]


def test_ids_beyond_16_bits_are_refused(tmp_path: Path) -> None:
    color(tmp_path / 'a-color.png')
    save(tmp_path / 'a.tif', np.array([[0, 70_000, 1, 1]] * 3, np.int32))
    with pytest.raises(FolderError, match="a.tif' has ids from 0 to 70000, expected 0 to 65535"):
        open_dataset(tmp_path, label='{name}.tif')[0]


@pytest.mark.parametrize('file, text', [
    ('classes.txt', 'bolt\nnut\n\n'),
    ('classes.txt', 'background\nbolt\nnut'),
    ('classes.json', '["bolt", "nut"]'),
    ('classes.json', '{"names": ["background", "bolt", "nut"]}'),
])
def test_names_of_the_classes(tmp_path: Path, file: str, text: str) -> None:
    color(tmp_path / 'a-color.png')
    (tmp_path / file).write_text(text)
    assert open_dataset(tmp_path).class_names == ('background', 'bolt', 'nut')


@pytest.mark.parametrize('text, said', [
    ('{', 'cannot be read'),
    ('{"ignore": 3}', 'holds no list of class names'),
    ('[1, 2]', 'holds no list of class names'),
    ('["background"]', 'names 0 classes'),
    ('["bolt", "nut", "bolt"]', "names two classes 'bolt'; give each"),
    ('["bolt", "", "nut"]', 'has no name for class 2; give it one, or take the empty line'),
    ('["background", " "]', 'has no name for class 1'),
    ('["bolt", "background"]', "names two classes 'background'; .* the first place"),
    ('{"names": ["bolt"], "ignore": "x"}', "ignore is 'x', expected a number"),
])
def test_class_files_that_cannot_be_are_refused(tmp_path: Path, text: str, said: str) -> None:
    color(tmp_path / 'a-color.png')
    (tmp_path / 'classes.json').write_text(text)
    with pytest.raises(FolderError, match=f"classes.json'.* {said}"):
        open_dataset(tmp_path)


def test_two_class_files_name_the_same_classes(tmp_path: Path) -> None:
    color(tmp_path / 'a-color.png')
    (tmp_path / 'classes.json').write_text('{"names": ["bolt", "nut"], "ignore": 9}')
    (tmp_path / 'classes.txt').write_text('bolt\nnut\n')
    assert open_dataset(tmp_path).class_names == ('background', 'bolt', 'nut')
    (tmp_path / 'classes.txt').write_text('nut\nbolt\n')
    with pytest.raises(FolderError, match='has both classes.json and classes.txt, .* keep one'):
        open_dataset(tmp_path)


def test_an_empty_line_between_names_does_not_number_the_others_anew(tmp_path: Path) -> None:
    color(tmp_path / 'a-color.png')
    (tmp_path / 'classes.txt').write_text('bolt\n\nnut\n')
    with pytest.raises(FolderError, match="classes.txt' has no name for class 2"):
        open_dataset(tmp_path)


def test_without_names_the_classes_are_numbered(tmp_path: Path) -> None:
    color(tmp_path / 'a-color.png')
    assert open_dataset(tmp_path).class_names == ('background', 'object')
    save(tmp_path / 'a-class.png', IDS)
    assert open_dataset(tmp_path, ignore=255).class_names == (
        'background', 'class 1', 'class 2', 'class 3')


def test_a_class_without_a_name_is_refused(tmp_path: Path) -> None:
    color(tmp_path / 'a-color.png')
    save(tmp_path / 'a-class.png', IDS % 4)
    (tmp_path / 'classes.txt').write_text('bolt\nnut')
    with pytest.raises(FolderError, match="a-class.png' has class 3; classes.txt names .* to 2"):
        open_dataset(tmp_path)[0]


def test_ignored_pixels_are_written_as_a_value_that_the_class_file_names(tmp_path: Path) -> None:
    labels = np.where(IDS == 255, -1, IDS.astype(np.int32)).astype(np.int32)
    sample = Sample('a', np.zeros((3, 4, 3), np.uint8), labels, (IDS > 0).astype(np.uint8))
    write_sample(tmp_path, sample, ignore=65_535)
    assert np.array(Image.open(tmp_path / 'a-label.png'))[0, 3] == 65_535
    (tmp_path / 'classes.json').write_text(json.dumps({'names': ['bolt'], 'ignore': 65_535}))
    read = open_dataset(tmp_path)[0]
    np.testing.assert_array_equal(read.labels, labels)
    np.testing.assert_array_equal(read.classes, sample.classes)  # a crowd keeps its class
    with pytest.raises(FolderError, match="'a' has an instance 3, which is to mean ignore"):
        write_sample(tmp_path, sample, ignore=3)


def test_a_photograph_comes_upright(tmp_path: Path) -> None:
    held = np.zeros((4, 6, 3), np.uint8)
    held[0] = 255  # what the sensor had on top
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: its top is then the right side
    Image.fromarray(held).save(tmp_path / 'a-color.png', exif=exif)
    image = open_dataset(tmp_path)[0].image
    assert image.shape == (6, 4, 3)
    assert (image[:, -1] == 255).all() and (image[:, 0] == 0).all()


def test_patterns_may_lead_through_folders_with_the_usual_names(tmp_path: Path) -> None:
    color(tmp_path / 'rgb' / 'a-color.png')
    save(tmp_path / 'labels' / 'a-label.png', IDS)
    dataset = open_dataset(tmp_path, color='rgb/{name}-color.png', label='labels/{name}-label.png')
    np.testing.assert_array_equal(dataset[0].labels, IDS)


def test_capital_endings_are_found(tmp_path: Path) -> None:
    color(tmp_path / 'a-color.PNG')
    save(tmp_path / 'a-label.PNG', IDS)
    np.testing.assert_array_equal(open_dataset(tmp_path)[0].labels, IDS)


def test_class_images_that_cannot_be_read_are_told_by_their_samples(tmp_path: Path) -> None:
    for name in 'ab':
        color(tmp_path / f'{name}-color.png')
        save(tmp_path / f'{name}-class.png', np.full((3, 4), 3, np.uint8))
    (tmp_path / 'b-class.png').write_bytes(b'')
    dataset = open_dataset(tmp_path)
    assert dataset.class_names[-1] == 'class 3'
    with pytest.raises(FolderError, match='b-class.png'):
        dataset[1]


def test_colours_of_16_bits_are_refused(tmp_path: Path) -> None:
    """Pillow would read a 12-bit camera's picture as nearly black."""
    cv2.imwrite(str(tmp_path / 'a-color.png'), np.full((3, 4, 3), 4000, np.uint16))
    with pytest.raises(FolderError, match='16 bits per channel'):
        open_dataset(tmp_path)[0]


def test_a_picture_too_large_to_open_is_refused(tmp_path: Path) -> None:
    header = struct.pack('>IIBBBBB', 40_000, 40_000, 8, 2, 0, 0, 0)
    chunk = b'IHDR' + header
    (tmp_path / 'a-color.png').write_bytes(
        b'\x89PNG\r\n\x1a\n' + struct.pack('>I', len(header)) + chunk
        + struct.pack('>I', zlib.crc32(chunk)))
    with pytest.raises(FolderError, match='a-color.png. cannot be read as an image'):
        open_dataset(tmp_path)[0]
