# SPDX-License-Identifier: Apache-2.0
"""One way to open any dataset: the format is found, and what cannot be opened is explained."""

from __future__ import annotations

from pathlib import Path

from coco_files import annotation, picture, SQUARE, write_json
from discinst_ros.data.dataset import detect_format, open_dataset, SourceError
from discinst_ros.data.folder import FolderDataset, write_sample
from discinst_ros.data.formats import FORMATS
from discinst_ros.data.sample import Sample
from discinst_ros.data.sources import open_source
from discinst_ros.evaluation.source import Source
from discinst_ros.scenes import draw_scene
from discinst_ros.training.data_module import InstanceData
import numpy as np
import pytest


def make(kind: str, folder: Path) -> Path:
    """Make the smallest dataset of a format."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == 'folder':
        picture(folder / 'a-color.png')
    elif kind == 'coco':
        picture(folder / 'a.png')
        write_json(folder / 'export.json', [annotation(SQUARE)])
    elif kind == 'yolo':
        picture(folder / 'images' / 'a.png')
        (folder / 'labels').mkdir()
        (folder / 'labels' / 'a.txt').write_text('0 0 0 1 0 1 1')
    elif kind == 'cityscapes':
        picture(folder / 'leftImg8bit' / 'val' / 'ulm' / 'ulm_0_0_leftImg8bit.png')
        (folder / 'gtFine' / 'val').mkdir(parents=True)
    else:
        picture(folder / 'plant001_rgb.png')
    return folder


@pytest.mark.parametrize('kind', FORMATS)
def test_the_format_is_found(tmp_path: Path, kind: str) -> None:
    assert detect_format(make(kind, tmp_path)) == kind
    assert len(open_dataset(tmp_path)) == len(open_dataset(tmp_path, format=kind)) == 1


def test_nothing_that_fits_lists_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / 'notes.json').write_text('{"a": 1}')
    (tmp_path / 'folder.json').mkdir()
    (tmp_path / 'folder.yaml').mkdir()
    (tmp_path / 'robot.yaml').write_text('--- \na: 1\n---\nb: 2\n')  # no file of ours
    with pytest.raises(SourceError) as refusal:
        open_dataset(tmp_path)
    for expected in ('NAME-color.png', 'annotations/', 'data.yaml', 'leftImg8bit', 'plant001'):
        assert expected in str(refusal.value)


def test_two_formats_at_once_are_refused(tmp_path: Path) -> None:
    make('folder', make('coco', tmp_path))
    with pytest.raises(SourceError, match='could be of the formats folder and coco; choose one'):
        open_dataset(tmp_path)
    assert open_dataset(tmp_path, format='coco').class_names == ('background', 'bolt')


def test_an_option_tells_the_format_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    make('folder', make('coco', tmp_path))
    assert open_dataset(tmp_path, crowd='instance').class_names == ('background', 'bolt')
    assert isinstance(open_dataset(tmp_path, ignore=255), FolderDataset)
    with pytest.raises(SourceError, match="'coco' has no option 'crowds'; did you mean 'crowd'"):
        open_dataset(tmp_path, format='coco', crowds='instance')
    with pytest.raises(SourceError, match="'sticks' has no option 'colour'; there are first_seed"):
        open_dataset('sticks', colour='x')


@pytest.mark.parametrize('source, options, said', [
    ('nowhere', {}, "'nowhere' is neither a folder nor one of tote, sticks, shapes"),
    ('sticks', {'split': 'val'}, "'sticks' has no splits"),
    ('sticks', {'count': 0}, 'count 0, first_seed 1000: expected one or more'),
    ('.', {'format': 'cocoo'}, "format 'cocoo' is not known; did you mean 'coco'"),
])
def test_what_cannot_be_opened(source: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        open_dataset(source, **options)


def test_drawn_scenes_are_a_range_of_seeds() -> None:
    scenes = open_dataset('shapes', first_seed=7, count=3, width=64, height=48)
    assert len(scenes) == 3 and scenes.class_names == ('background', 'object')
    expected = draw_scene('shapes', 9, 64, 48)
    np.testing.assert_array_equal(scenes[2].image, expected.image)
    np.testing.assert_array_equal(scenes[2].labels, expected.labels)
    with pytest.raises(IndexError):
        scenes[3]


def test_the_tote() -> None:
    tote = open_dataset('tote')
    assert len(tote) == 1 and tote[0].name == 'tote' and len(list(tote)) == 1


def test_a_folder_that_bears_the_name_of_a_dataset(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make('folder', tmp_path / 'tote')
    assert open_dataset('./tote')[0].name == 'a'
    for opened in (open_dataset, open_source, lambda name: Source.open([name])):
        with pytest.raises(SourceError, match="write './tote' for that"):
            opened('tote')


def test_a_folder_that_bears_the_name_of_drawn_scenes_is_not_trained_on_by_mistake(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make('folder', tmp_path / 'parts')
    for sources in ({'train': 'parts'}, {'train': 'sticks', 'val': 'parts'}):
        with pytest.raises(SourceError, match="write './parts' for that"):
            InstanceData(**sources)  # type: ignore[arg-type]


def test_folders_in_a_folder_are_splits(tmp_path: Path) -> None:
    sample = Sample('a', np.zeros((4, 4, 3), np.uint8), classes=np.full((4, 4), 2, np.uint8))
    write_sample(tmp_path / 'train', sample)
    write_sample(tmp_path / 'val', Sample('a', sample.image, classes=sample.classes // 2))
    everything = open_dataset(tmp_path)
    assert [sample.name for sample in everything] == ['train-a', 'val-a']
    assert everything.class_names == ('background', 'class 1', 'class 2')
    assert open_dataset(tmp_path, split='val').class_names == ('background', 'class 1')
    (tmp_path / 'val' / 'classes.txt').write_text('nut')
    with pytest.raises(ValueError, match="split 'val' has the classes background, nut and"):
        open_dataset(tmp_path).class_names  # noqa: B018
    (tmp_path / 'classes.txt').write_text('bolt\nnut')
    (tmp_path / 'val' / 'classes.txt').unlink()
    assert open_dataset(tmp_path, split='val').class_names == ('background', 'bolt', 'nut')


def test_the_camera_replays_any_format(tmp_path: Path) -> None:
    make('yolo', tmp_path)
    samples = open_source(str(tmp_path))
    assert [samples[index].name for index in range(len(samples))] == ['a']
