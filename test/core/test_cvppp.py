# SPDX-License-Identifier: Apache-2.0
"""CVPPP leaves: plants as drawn, in all the ways their files are named and stored."""

from __future__ import annotations

from pathlib import Path

from discinst_ros.data.dataset import open_dataset
from discinst_ros.data.image_files import FolderError
from discinst_ros.data.problem import inspect
import numpy as np
from PIL import Image
import pytest

LEAVES = np.zeros((20, 24), np.uint8)
LEAVES[2:8, 2:10], LEAVES[4:12, 10:18], LEAVES[14:18, 4:9] = 1, 2, 7
PLANT = LEAVES > 0
PLANT[8:14, 6:8] = True  # a stem


def write(folder: Path, name: str = 'plant001', label: str | None = 'L',
          plant: np.ndarray | None = None) -> None:
    """Write a plant; the label image is grey (L), of a palette (P) or missing."""
    folder.mkdir(parents=True, exist_ok=True)
    # the images of A1 have an alpha channel
    Image.fromarray(np.full((20, 24, 4), 77, np.uint8)).save(folder / f'{name}_rgb.png')
    if label:
        image = Image.fromarray(LEAVES)
        if label == 'P':
            image.putpalette([value for level in range(256) for value in (255 - level, 9, level)])
        image.save(folder / f'{name}_label.png')
    if plant is not None:
        Image.fromarray(plant.astype(np.uint8) * 255).save(folder / f'{name}_fg.png')


@pytest.mark.parametrize('label', ['L', 'P'])
@pytest.mark.parametrize('name', ['plant001', 'plant0123'])
def test_leaves_are_read_as_drawn(tmp_path: Path, label: str, name: str) -> None:
    write(tmp_path, name, label)
    dataset = open_dataset(tmp_path)
    assert dataset.class_names == ('background', 'leaf')
    sample = dataset[0]
    assert sample.name == name and sample.image.shape == (20, 24, 3)
    np.testing.assert_array_equal(sample.labels, LEAVES)
    np.testing.assert_array_equal(sample.classes, LEAVES > 0)


def test_what_is_plant_and_no_leaf_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, plant=PLANT)
    sample = open_dataset(tmp_path)[0]
    expected = LEAVES.astype(np.int32)
    expected[8:14, 6:8] = -1
    np.testing.assert_array_equal(sample.labels, expected)
    np.testing.assert_array_equal(sample.classes, LEAVES > 0)


def test_leaves_outside_of_the_plant_are_told(tmp_path: Path) -> None:
    plant = PLANT.copy()
    plant[2, 2:7] = False
    write(tmp_path, plant=plant)
    _, problems = inspect(open_dataset(tmp_path), 0)
    assert [one.kind for one in problems] == ['contradiction']
    assert "plant001_label.png' has 5 pixels of leaves outside of plant001_fg" in problems[0].text


def test_the_folders_are_splits(tmp_path: Path) -> None:
    for folder in ('A1', 'A4'):
        write(tmp_path / folder)
    everything = open_dataset(tmp_path)
    assert [everything[index].name for index in range(2)] == ['A1-plant001', 'A4-plant001']
    assert open_dataset(tmp_path, split='A4')[0].name == 'plant001'
    with pytest.raises(FolderError, match="no split 'A2'; it has A1, A4"):
        open_dataset(tmp_path, split='A2')


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    write(tmp_path, label=None)
    with pytest.raises(FolderError, match="plant001_rgb.png' has no label image: '.*_label.png'"):
        open_dataset(tmp_path)[0]
    Image.fromarray(LEAVES[:, :12]).save(tmp_path / 'plant001_label.png')
    with pytest.raises(FolderError, match="_label.png' is 12x20 and plant001_rgb.png is 24x20"):
        open_dataset(tmp_path)[0]
    Image.new('RGB', (24, 20)).save(tmp_path / 'plant001_label.png')
    with pytest.raises(FolderError, match="_label.png' has pixels of mode RGB"):
        open_dataset(tmp_path)[0]
    write(tmp_path, plant=PLANT[:10])
    with pytest.raises(FolderError, match="_fg.png' is 24x10"):
        open_dataset(tmp_path)[0]
