# SPDX-License-Identifier: Apache-2.0
"""
Drawn scenes: seeded, true in ids, occlusion and depth, and as varied as they claim.

Not verified here: that they look like anything; make_scenes and a viewer show that.
"""

from pathlib import Path
import re
import sys

from discinst_ros.instances import Intrinsics
from discinst_ros.scenes import cli, draw_scene, SCENE_KINDS
from discinst_ros.scenes.canvas import Canvas, Light
from discinst_ros.scenes.cli import FIRST_TRAINING_HEAP, main, make_parser
from discinst_ros.scenes.draw import MIN_VISIBLE_PX, TABLE_DEPTH_M
from discinst_ros.scenes.sticks import LAYER_M, stick_outline
import numpy as np
import pytest

CONFIG = Path(__file__).parents[2] / 'config'
DARK = Light(direction=0.0, shadow=0.0, reach=0.0, softness=1.0)


@pytest.mark.parametrize('kind', SCENE_KINDS)
def test_sample_is_whole(kind):
    scene = draw_scene(kind, 7)
    assert scene.image.shape == (240, 320, 3)
    assert scene.image.dtype == np.uint8
    assert scene.labels.shape == (240, 320)
    assert scene.labels.dtype == np.int32
    assert scene.depth.dtype == np.float32
    assert scene.intrinsics == Intrinsics(264.0, 264.0, 159.5, 119.5, 320, 240)
    assert scene.name == f'{kind}-7'


@pytest.mark.parametrize('kind', SCENE_KINDS)
def test_seed_decides(kind):
    first, again, other = draw_scene(kind, 3), draw_scene(kind, 3), draw_scene(kind, 4)
    for field in ('image', 'labels', 'depth'):
        assert np.array_equal(getattr(first, field), getattr(again, field))
        assert not np.array_equal(getattr(first, field), getattr(other, field))


@pytest.mark.parametrize('kind', ['sticks', 'shapes'])
def test_depth_agrees_with_the_ids(kind):
    """Objects lie above one another in the order of their ids; the rest is the table."""
    scene = draw_scene(kind, 11)
    for label in np.unique(scene.labels)[1:]:
        assert np.allclose(scene.depth[scene.labels == label], TABLE_DEPTH_M - LAYER_M * label)
    # Slivers that are no instance keep their depth, so nearly, not all, of the rest is table.
    rest = scene.depth[scene.labels == 0]
    assert np.isclose(rest, TABLE_DEPTH_M).mean() > 0.99


@pytest.mark.parametrize('kind, low, high', [('sticks', 1, 12), ('shapes', 1, 18),
                                             ('parts', 4, 50)])
def test_counts_and_sizes(kind, low, high):
    counts = []
    for seed in range(30):
        ids, pixels = np.unique(draw_scene(kind, seed).labels, return_counts=True)
        assert ids[0] == 0
        assert (pixels[1:] >= MIN_VISIBLE_PX).all()
        counts.append(len(ids) - 1)
    assert low <= min(counts) < max(counts) <= high
    assert len(set(counts)) > 5


def test_other_sizes_scale():
    small, large = draw_scene('sticks', 5), draw_scene('sticks', 5, 640, 480)
    assert large.image.shape == (480, 640, 3)
    assert large.intrinsics.fx == 2 * small.intrinsics.fx


def test_later_objects_cover_earlier_ones():
    """Two sticks cross at a right angle; the mask of each is known by hand."""
    canvas = Canvas(np.zeros((60, 60, 3), np.float32), 1.0, DARK)
    for label, angle in ((1, 0.0), (2, np.pi / 2)):
        outline = stick_outline(np.array((29.5, 29.5)), np.array((25.0, 4.0)), angle,
                                rounded=False)
        window = canvas.window(outline, angle)
        colour = np.full((*window.u.shape, 3), 100.0 * label, np.float32)
        canvas.paint(window, canvas.coverage(outline, window), colour, label, 1 - 0.1 * label, 4)
    expected = np.zeros((60, 60), np.int32)
    expected[26:34, 5:55] = 1
    expected[5:55, 26:34] = 2
    # The outline's last pixels are half covered: half a pixel each way is rounding.
    inner = np.ones((60, 60), bool)
    inner[[4, 5, 25, 26, 33, 34, 54, 55], :] = False
    inner[:, [4, 5, 25, 26, 33, 34, 54, 55]] = False
    assert np.array_equal(canvas.labels[inner], expected[inner])
    assert canvas.colour[29, 29, 0] == 200
    assert canvas.depth[29, 29] == pytest.approx(0.8)
    assert canvas.depth[29, 10] == pytest.approx(0.9)


def test_window_outside_is_none():
    canvas = Canvas(np.zeros((20, 20, 3), np.float32), 1.0, DARK)
    assert canvas.window(np.array(((50.0, 50.0), (60.0, 50.0), (60.0, 60.0))), 0.0) is None


def test_shadow_darkens_beside_the_object_only():
    light = Light(direction=0.0, shadow=0.5, reach=1.0, softness=1.0)
    canvas = Canvas(np.full((40, 40, 3), 200, np.float32), 1.0, light)
    outline = np.array(((10.0, 10.0), (20.0, 10.0), (20.0, 30.0), (10.0, 30.0)))
    window = canvas.window(outline, 0.0)
    canvas.paint(window, canvas.coverage(outline, window),
                 np.full((*window.u.shape, 3), 50, np.float32), 1, 0.9, height_px=6)
    assert canvas.colour[20, 15, 0] == 50
    assert canvas.colour[20, 24, 0] < 150
    assert canvas.colour[20, 5, 0] == 200


def test_sticks_are_alike_in_about_half_of_the_scenes():
    """Colours inside the sticks vary little against the background's noise where all are alike."""
    alike = 0
    for seed in range(60):
        scene = draw_scene('sticks', seed)
        means = [scene.image[scene.labels == k].mean(axis=0) for k in np.unique(scene.labels)[1:]]
        means = np.array(means) / (np.linalg.norm(means, axis=1, keepdims=True) + 1e-6)
        alike += bool(np.ptp(means, axis=0).max() < 0.2)
    assert 18 <= alike <= 42  # half of 60, four standard deviations each way, rounded up


def test_unknown_kind():
    with pytest.raises(ValueError, match="'stick' is not known; choose one of sticks, shapes"):
        draw_scene('stick', 0)


def test_command_writes_what_a_reader_reads(tmp_path, capsys):
    from discinst_ros.data.folder import FolderDataset

    assert main(['--out', str(tmp_path), '--kind', 'shapes', '--count', '2', '--seed', '5']) == 0
    assert '2 scenes' in capsys.readouterr().out
    samples = FolderDataset(tmp_path)
    assert len(samples) == 2
    for sample, seed in zip((samples[0], samples[1]), (5, 6)):
        scene = draw_scene('shapes', seed)
        assert sample.name == scene.name
        assert np.array_equal(sample.image, scene.image)
        assert np.array_equal(sample.labels, scene.labels)
        np.testing.assert_allclose(sample.depth, scene.depth, atol=6e-4)  # stored in millimetres
        assert sample.intrinsics == scene.intrinsics


@pytest.mark.parametrize('arguments, words', [
    (['--count', '0'], 'expected 1 to 10,000,000'), (['--width', '10'], 'too few'),
    (['--count', str(10 ** 30)], f'--count {10 ** 30} --seed 0: expected 1 to 10,000,000 scenes'),
    (['--width', str(10 ** 20)], f'{10 ** 20}x240 pixels are too many; give 67,108,864 at most'),
    (['--width', '100000', '--height', '100000'], '100000x100000 pixels are too many'),
    (['--emptied', '--views', '0'], '--views, --emptied: only of --kind heaps')])
def test_command_refuses(tmp_path, capsys, arguments, words):
    assert main(['--kind', 'sticks', '--out', str(tmp_path), *arguments]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize('kind', ['sticks', 'heaps'])
def test_command_refuses_a_file_for_a_folder(tmp_path, capsys, kind):
    file = tmp_path / 'file'
    file.touch()
    for out, words in ((file, 'is a file; name a folder'), (file / 'in', "' is a file; name")):
        assert main(['--kind', kind, '--out', str(out), '--count', '1']) == 1
        told = capsys.readouterr().err
        assert f"--out '{out}'" in told and words in told and told.count('\n') == 1


@pytest.mark.parametrize('error, words', [
    (OSError(28, 'No space left on device'),
     "' cannot be written: No space left on device; mend that, or give another --out"),
    (MemoryError(), '320x240 pixels need more memory than there is')])
def test_what_ends_in_the_midst_is_told_in_a_sentence(tmp_path, capsys, monkeypatch, error, words):
    def fail(*_):
        raise error

    monkeypatch.setattr(cli, 'write_sample', fail)
    assert main(['--kind', 'sticks', '--out', str(tmp_path), '--count', '1']) == 1
    assert words in capsys.readouterr().err.splitlines()[-1]


def test_drawn_scenes_stay_out_of_another_dataset(tmp_path, capsys):
    (tmp_path / 'mine-color.jpg').touch()
    assert main(['--kind', 'sticks', '--out', str(tmp_path), '--count', '1']) == 1
    assert 'holds mine-color.jpg, which make_scenes has not made' in capsys.readouterr().err


@pytest.mark.parametrize('there, asked', [('heaps', 'sticks'), ('shapes', 'heaps')])
def test_folder_holds_heaps_or_drawn_scenes(tmp_path, capsys, there, asked):
    (tmp_path / f'{there}-7-color.png').touch()
    assert main(['--kind', asked, '--out', str(tmp_path), '--count', '1']) == 1
    told = capsys.readouterr().err
    assert f"'{tmp_path}' holds scenes made with --kind {there}" in told
    assert 'another --out' in told and told.count('\n') == 1
    assert [path.name for path in tmp_path.iterdir()] == [f'{there}-7-color.png']


def test_folder_may_hold_several_drawn_kinds(tmp_path):
    for kind in ('sticks', 'shapes', 'sticks'):
        assert main(['--kind', kind, '--out', str(tmp_path), '--count', '1']) == 0
    assert len(list(tmp_path.glob('*-color.png'))) == 2


def test_help_says_that_emptied_may_leave_all():
    """As test_heaps.py shows that it does."""
    assert 'some, all or none' in ' '.join(make_parser().format_help().split())


def test_command_without_mujoco_names_the_kinds_that_need_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, 'mujoco', None)
    assert main(['--out', str(tmp_path / 'heaps'), '--count', '1']) == 1
    told = capsys.readouterr().err
    assert 'mujoco' in told and told.count('\n') == 1
    assert told.rstrip().endswith(f'needs nothing: {", ".join(SCENE_KINDS)}')
    assert not (tmp_path / 'heaps').exists()


def test_heaps_of_training_are_above_those_for_looking():
    """The heaps that the recipes of the shipped weights make, by their commands."""
    recipes = ''.join(path.read_text() for path in CONFIG.glob('*.yaml'))
    first = {name: int(seed) // int(views) for name, views, seed in re.findall(
        r'--out (\w+) --count \d+ --views (\d+) --seed (\d+)', recipes)}
    assert first.pop('heaps_val') < FIRST_TRAINING_HEAP
    assert min(first.values()) == 778_666  # of hardware, three views of each
    assert FIRST_TRAINING_HEAP < 333_333  # the first that these weights saw, in earlier recipes
