# SPDX-License-Identifier: Apache-2.0
"""Folders of heaps: the same by any number of processes, gone on with, and kept from mixing."""

import json
import os
from pathlib import Path
import shutil

import cv2
from discinst_ros.data.folder import FolderDataset
from discinst_ros.data.sources import open_source
from discinst_ros.scenes.cli import main
from discinst_ros.scenes.heaps.folder import make as make_module
from discinst_ros.scenes.heaps.folder.options import OPTIONS_FILE
from discinst_ros.scenes.heaps.folder.workers import in_processes
from discinst_ros.scenes.heaps.heap import HeapError
import pytest

pytest.importorskip('mujoco', reason='MuJoCo is not installed: pip install mujoco')


def make(folder, *options):
    return main(['--out', str(folder), '--views', '2', '--width', '96', '--height', '72',
                 *options])


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_heap_that_is_given_up_is_told(tmp_path, graphics_library, monkeypatch, capsys):
    def fail(seed, **_):
        raise HeapError(f'heap {seed} did not come to rest; take another seed')

    monkeypatch.setattr(make_module, 'make_heap', fail)
    assert make(tmp_path, '--count', '2', '--workers', '1') == 1
    told = capsys.readouterr()
    assert 'heap 0 did not come to rest; take another seed' in told.err
    assert '0 made' in told.out and 'given up: 2' in told.out


def test_folder_is_the_same_by_any_number_of_processes(tmp_path, graphics_library):
    one, two = tmp_path / 'one', tmp_path / 'two'
    assert make(one, '--count', '4', '--workers', '1') == 0
    assert make(two, '--count', '4', '--workers', '2') == 0
    assert contents(one) == contents(two)
    dataset = FolderDataset(one)
    assert len(dataset) == 4
    assert dataset[0].depth is not None and dataset[0].classes.max() == 1
    truth = json.loads((one / 'heaps-0-truth.json').read_text())
    assert {'label', 'family', 'position', 'quaternion', 'size'} <= set(truth['objects'][0])
    assert cv2.imread(str(one / 'contact_sheet.jpg')) is not None


def test_all_heaps_in_one_kind_of_place(tmp_path, graphics_library):
    assert make(tmp_path, '--count', '8', '--workers', '1', '--place', 'tote') == 0
    truths = [json.loads(path.read_text()) for path in tmp_path.glob('*-truth.json')]
    assert [truth['heap']['surroundings'] for truth in truths] == ['tote'] * 8


def test_run_that_was_stopped_goes_on(tmp_path, graphics_library, capsys):
    assert make(tmp_path, '--count', '2', '--workers', '1') == 0
    whole = contents(tmp_path)
    # what a run leaves that ends between two files, and half of one
    (tmp_path / 'heaps-1-truth.json').unlink()
    (tmp_path / 'heaps-1-color.png').write_bytes(whole['heaps-1-color.png'][:100])
    untouched = (tmp_path / 'heaps-0-color.png').stat().st_mtime_ns
    assert make(tmp_path, '--count', '2', '--workers', '1') == 0
    assert '1 made, 1 were there' in capsys.readouterr().out
    assert contents(tmp_path) == whole
    assert (tmp_path / 'heaps-0-color.png').stat().st_mtime_ns == untouched


@pytest.fixture(scope='module')
def made(tmp_path_factory, graphics_library):
    folder = tmp_path_factory.mktemp('made')
    assert make(folder, '--count', '2', '--workers', '1') == 0
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / 'copy'))


@pytest.mark.parametrize('ending', [
    'color.png', 'label.png', 'class.png', 'depth.png', 'camera.json', 'truth.json'])
@pytest.mark.parametrize('left', [0, 60])
def test_frame_that_was_cut_off_is_made_anew(folder, made, capsys, ending, left):
    os.truncate(folder / f'heaps-1-{ending}', left)
    assert make(folder, '--count', '2', '--workers', '1') == 0
    assert '1 made, 1 were there' in capsys.readouterr().out
    assert contents(folder) == contents(made)


@pytest.mark.parametrize('options, words', [
    (['--ideal'], 'made without --ideal;'), (['--classes', 'family'], 'with --classes object;'),
    (['--width', '97'], 'with --width 96;'), (['--views', '1'], 'with --views 2;'),
    (['--place', 'bin', '--emptied'], 'without --place, without --emptied;')])
@pytest.mark.parametrize('first', ['0', '40'])
def test_other_options_are_refused_whatever_the_frame(folder, made, capsys, options, words, first):
    assert make(folder, '--count', '2', '--workers', '1', '--seed', first, *options) == 1
    told = capsys.readouterr().err
    assert words in told and 'another --out' in told
    assert contents(folder) == contents(made)


def test_folder_from_before_its_options_were_written(folder, made, capsys):
    (folder / OPTIONS_FILE).unlink()
    old = folder / 'heaps-0-truth.json'
    truth = json.loads(old.read_text())
    del truth['options']['emptied']  # which came later, too
    old.write_text(json.dumps(truth))
    assert make(folder, '--count', '1', '--seed', '2', '--workers', '1', '--ideal') == 0
    assert not (folder / OPTIONS_FILE).exists()  # they are mixed now
    for path in folder.glob('heaps-2-*'):
        path.unlink()
    assert make(folder, '--count', '2', '--workers', '1') == 0
    assert '0 made, 2 were there' in capsys.readouterr().out
    assert (folder / OPTIONS_FILE).read_bytes() == (made / OPTIONS_FILE).read_bytes()


def test_options_without_a_frame_bind_nobody(folder, made, tmp_path):
    begun = tmp_path / 'begun'
    begun.mkdir()
    options = (folder / OPTIONS_FILE).read_text()
    (begun / OPTIONS_FILE).write_text(options.replace('"width": 96', '"width": 640'))
    assert make(begun, '--count', '2', '--workers', '1') == 0
    assert contents(begun) == contents(made)


@pytest.mark.parametrize('text', ['{"options"', '{"options": null}', '{"options": [1]}', '[]'])
def test_damaged_options_are_told(folder, capsys, text):
    (folder / OPTIONS_FILE).write_text(text)
    assert make(folder, '--count', '2', '--workers', '1') == 1
    assert "heaps.json' cannot be read" in capsys.readouterr().err


def test_readers_leave_the_options_alone(folder):
    with_them = open_source(str(folder))
    (folder / OPTIONS_FILE).unlink()
    without = open_source(str(folder))
    assert [sample.name for sample in with_them] == [sample.name for sample in without] == [
        'heaps-0', 'heaps-1']


def damage(path):
    """Change some bytes in the middle of a file."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle:middle + 8] = bytes(byte ^ 0xFF for byte in content[middle:middle + 8])
    path.write_bytes(content)


@pytest.mark.parametrize('ending', ['color.png', 'label.png', 'class.png', 'depth.png'])
def test_damaged_frame_is_made_anew(folder, made, capsys, ending):
    damage(folder / f'heaps-1-{ending}')
    assert make(folder, '--count', '2', '--workers', '1') == 0
    assert '1 made, 1 were there' in capsys.readouterr().out
    assert contents(folder) == contents(made)


def test_what_a_killed_run_had_begun_goes_away(folder, made):
    (folder / 'heaps-1-truth.jsonx_1abcde.part').write_text('{')
    (folder / 'heaps-1-camera.json').write_text('{}')
    of_others = folder / 'heaps-70-truth.jsonx_1abcde.part'
    of_others.touch()
    assert make(folder, '--count', '2', '--workers', '1') == 0
    of_others.unlink()
    assert contents(folder) == contents(made)


@pytest.mark.parametrize('file, words', [
    ('mine-color.png', 'holds mine-color.png, which make_scenes has not made'),
    ('mine-color.jpg', 'holds mine-color.jpg, which make_scenes has not made'),
    ('classes.txt', 'names the classes of another dataset'),
    ('classes.json', 'names the classes of another dataset')])
def test_another_dataset_stays_as_it_is(tmp_path, capsys, file, words):
    (tmp_path / file).write_text('cup\nbox\n')
    before = contents(tmp_path)
    assert make(tmp_path, '--count', '1', '--workers', '1') == 1
    told = capsys.readouterr().err
    assert words in told and 'give another --out' in told
    assert contents(tmp_path) == before


def test_names_of_classes_that_were_cut_off_are_written_anew(folder, made):
    os.truncate(folder / 'classes.txt', 3)
    assert make(folder, '--count', '2', '--workers', '1') == 0
    assert contents(folder) == contents(made)


def test_ctrl_c_waits_for_no_heap():
    """Before, each process did what it was at, and what the pool had handed to it by then."""
    jobs = [('import time; time.sleep(1000)',), ('raise KeyboardInterrupt',)]
    with pytest.raises(KeyboardInterrupt):
        list(in_processes(exec, jobs, 2))
