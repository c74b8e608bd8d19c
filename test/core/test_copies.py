# SPDX-License-Identifier: Apache-2.0
"""Scenes of identical copies, and which of their pairs are taken for one."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from discinst_ros.benchmark import cli, identical
from discinst_ros.benchmark.identical_options import named
from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.evaluation.copies import alike, Pairs, Tally, tell
from discinst_ros.model_config import ModelConfig
from discinst_ros.scenes import draw_scene
from discinst_ros.scenes.copies import pitch_for
import numpy as np
import pytest


def boxes_of(labels: np.ndarray) -> dict[int, tuple[slice, slice]]:
    """Return the window of each object, a pixel larger on each side."""
    windows = {}
    for label in np.unique(labels)[1:]:
        rows, columns = (labels == label).nonzero()
        windows[int(label)] = (slice(rows.min(), rows.max() + 1),
                               slice(columns.min(), columns.max() + 1))
    return windows


@pytest.mark.parametrize('layout', ['lattice', 'scattered'])
@pytest.mark.parametrize('count', [10, 30, 60])
def test_copies_are_equal_to_the_last_bit(layout: str, count: int) -> None:
    for seed in range(3):
        scene = draw_scene('copies', seed, 160, 120, layout=layout, count=count)
        first, *others = boxes_of(scene.labels).values()
        assert len(others) == count - 1
        for window in others:
            np.testing.assert_array_equal(scene.image[window], scene.image[first])
            np.testing.assert_array_equal(scene.depth[window], scene.depth[first])


def test_on_a_lattice_the_surroundings_are_equal_too() -> None:
    """Cells of 16 pixels tile the picture; each holds a copy or is bare, and all bare are one."""
    scene = draw_scene('copies', 5, 160, 112, layout='lattice', count=60)
    cells = {scene.image[y:y + 16, x:x + 16].tobytes()
             for y in range(0, 112, 16) for x in range(0, 160, 16)}
    assert len(cells) == 2


def test_parts_of_a_bin_are_not() -> None:
    scene = draw_scene('copies', 0, 160, 120, layout='bin', count=10)
    looks = {scene.image[window].tobytes() for window in boxes_of(scene.labels).values()}
    assert 5 <= len(looks) <= 10


@pytest.mark.parametrize('count, size, pitch_px', [
    (10, (160, 120), 32), (30, (160, 120), 16), (70, (160, 120), 16), (60, (320, 240), 32),
    (15, (320, 240), 64)])
def test_pitch_is_the_widest_that_fits(count: int, size: tuple[int, int], pitch_px: int) -> None:
    assert pitch_for(count, *size) == pitch_px
    assert (size[0] // pitch_px) * (size[1] // pitch_px) >= count
    assert (size[0] // (2 * pitch_px)) * (size[1] // (2 * pitch_px)) < count


def test_too_many_copies_are_refused() -> None:
    with pytest.raises(ValueError, match='71 copies on 160x120 pixels: there is room for 70'):
        pitch_for(71, 160, 120)


#: Four squares: 1 and 2 with two pixels between them, 3 eight to the right of 2, 4 below 1.
LABELS = np.zeros((24, 32), int)
for _label, (_y, _x) in {1: (0, 0), 2: (0, 8), 3: (0, 16), 4: (12, 5)}.items():
    LABELS[_y:_y + 6, _x:_x + 6] = _label


def test_pairs_by_hand() -> None:
    """A disk of three pixels bridges the two between neighbours; 1 and 3 are 16 pixels apart."""
    pairs = Pairs.of(LABELS, 8)
    assert [tuple(pair) for pair in np.argwhere(pairs.strangers) + 1] == [
        (1, 3), (1, 4), (2, 4), (3, 4)]
    assert [tuple(pair) for pair in np.argwhere(pairs.by_strides) + 1] == [(1, 3)]


def test_shares_by_hand() -> None:
    """
    1, 2 and 3 bear one id, 4 is found to a third only.

    Of the strangers both are found of one pair, (1, 3), and it is one; 2 is a neighbour.
    """
    found = np.where((LABELS > 0) & (LABELS < 4), 7, 0)
    found[12:14, 5:11] = 9
    tally = Tally()
    tally.add(tell(LABELS, found), Pairs.of(LABELS, 8))
    assert (tally.found, tally.one_id, tally.one_id_by_strides) == (0.75, 1.0, 1.0)
    tally.add(tell(LABELS, LABELS), Pairs.of(LABELS, 8))
    assert tally.found == 7 / 8
    assert tally.one_id == 1 / 5 and tally.one_id_by_strides == 1 / 2


def test_alike_is_by_the_spread_of_the_embedding() -> None:
    embeddings = np.zeros((2, *LABELS.shape), np.float32)
    embeddings[0] = np.where(LABELS == 2, 5, np.where(LABELS == 3, 1e-5, 0))
    found, together = alike(LABELS, embeddings)
    assert found.all()
    assert together[0, 2] and together[0, 3] and not together[0, 1]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ModelConfig(network='enet', coordinates=True)
    save_checkpoint(tmp_path / 'run' / 'best.safetensors', config.build(), config)
    assert cli.main([
        'identical', '--checkpoint', str(tmp_path / 'run' / 'best.safetensors'), '--untrained',
        'enet', '--copies', '6', '--scenes', '1', '--width', '96', '--height', '64', '--json',
        str(tmp_path / 'a.json'), '--picture', str(tmp_path / 'a.png')]) == 0
    assert '| run | yes | lattice | 6 |' in capsys.readouterr().out
    figures = json.loads((tmp_path / 'a.json').read_text())
    assert [sum(key in row for row in figures['rows']) for key in ('model', 'network')] == [3, 6]
    assert figures['settings']['width'] == 96 and figures['settings']['seed'] == 0
    assert figures['hardware'] and figures['date'] and figures['benchmark'] == 'identical'
    assert (tmp_path / 'a.png').is_file()
    assert cli.main(['identical', '--copies', '99', '--width', '64', '--height', '64']) == 1
    assert 'ask for fewer' in capsys.readouterr().err


@pytest.mark.parametrize('trained', ['embedding', 'semantics'])
def test_weights_trained_for_one_output_alone(trained: str, tmp_path: Path,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    config = ModelConfig()
    save_checkpoint(tmp_path / 'w.safetensors', config.build(), config,
                    training={'train_only': trained})
    assert cli.main(['identical', '--checkpoint', str(tmp_path / 'w.safetensors')]) == 1
    error = capsys.readouterr().err
    assert f'was trained for {trained} alone' in error and error.count('\n') == 1


def test_checkpoints_have_names_that_tell_them_apart(tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in ('a/best.safetensors', 'b/a/last.safetensors', 'c.x'))
    assert named([a, c]) == {'a': a, 'c': c}
    assert named([a, b, c]) == {str(a): a, str(b): b, 'c': c}
    assert named([Path('best.safetensors')]) == {'best.safetensors': Path('best.safetensors')}
    with pytest.raises(ValueError, match="--checkpoint '.*c.x' is given twice"):
        named([c, tmp_path / 'a' / '..' / 'c.x'])


@pytest.mark.parametrize('options, words', [
    (['--width', '0'], '--width is 0, expected 32 or more'),
    (['--height', '31', '--layouts', 'bin'], '--height is 31, expected 32 or more'),
    (['--scenes', '0'], '--scenes is 0, expected 1 or more'),
    (['--copies', '10', '1'], '--copies is 1, expected 2 or more'),
    (['--seed', '-1'], '--seed is -1, expected 0 to '),
    (['--seed', '93000', '--scenes', '10'], 'expected 0 to 92999, behind which'),
    (['--scenes', '930001'], '--scenes is 930001, expected 1 to 930000, behind which'),
    (['--copies', '5', '999'], 'ask for fewer'),
    (['--picture', 'i.xyz'], "--picture 'i.xyz': expected a file that ends in .png"),
    (['--device', 'cpuu'], "device 'cpuu'")])
def test_refused_before_anything_is_measured(options: list[str], words: str,
                                             monkeypatch: pytest.MonkeyPatch,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(identical, 'Model', None)
    assert cli.main(['identical', *options]) == 1
    out, err = capsys.readouterr()
    assert words in err and err.count('\n') == 1 and not out


@pytest.mark.parametrize('option', ['--checkpoint', '--untrained'])
def test_an_option_with_nothing_behind_it(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(['identical', option])
    assert ended.value.code == 2
    assert 'expected at least one argument' in capsys.readouterr().err


def test_full_memory(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(identical, 'draw_scene', full)
    assert cli.main(['identical', '--scenes', '1']) == 1
    assert 'lower --width and --height' in capsys.readouterr().err


def test_a_seed_has_scenes_of_its_own() -> None:
    def drawn(seed: int) -> set[bytes]:
        options = argparse.Namespace(seed=seed, scenes=2, width=96, height=64)
        return {one.image.tobytes() for one in identical.scenes('bin', 4, options)}

    assert len(drawn(0) | drawn(1)) == 4
    assert drawn(1) == drawn(1)
