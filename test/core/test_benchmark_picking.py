# SPDX-License-Identifier: Apache-2.0
"""
The picking benchmark: its counts and intervals by hand, and bins emptied from end to end.

Wrong masks have to fail: a benchmark that lifts whatever it is told would measure nothing.
"""

from collections import Counter
from dataclasses import replace
import json

from cell_scenes import bin_of, block, HALF_M
from discinst_ros.benchmark import picking
from discinst_ros.benchmark.cli import main
from discinst_ros.benchmark.picking_bin import (
    BinRecord,
    by_geometry,
    by_truth,
    empty_bin,
    fits,
    intended_object,
)
from discinst_ros.benchmark.picking_film import Film
from discinst_ros.benchmark.picking_score import compared, rates, totals
from discinst_ros.data.sample import Sample
from discinst_ros.inference.regions import as_instances
from discinst_ros.picking.progress import Patience
from discinst_ros.scenes.heaps import HeapError, make_heap
import numpy as np
from PIL import Image
import pytest

QUICK = Patience(confirm_frames=1, tries_per_place=1)


def record(intended, tries, **options):
    return BinRecord(0, False, 5, tries=tries, intended=intended, lifted=intended,
                     ending='empty', **options)


def test_totals_by_hand():
    records = [record(3, 4, left=0, faults=Counter({'tilted': 1})),
               record(1, 6, left=2, several=1, faults=Counter({'tilted': 2, 'no seal': 3}))]
    found = totals(records)
    assert (found['bins'], found['tries'], found['intended']) == (2, 10, 4)
    assert found['intended_rate'] == 0.4 and found['several'] == 1
    assert (found['emptied'], found['falsely_empty'], found['left']) == (1, 1, 2)
    assert found['faults'] == {'tilted': 3, 'no seal': 3}
    assert (found['several_share'], found['falsely_empty_share']) == (0.25, 0.5)


def test_bin_out_of_which_something_fell_is_not_emptied():
    """Nor is it falsely called empty: nothing is in it."""
    fell, kept = record(3, 4, spilled=1), record(3, 4)
    assert not fell.emptied and not fell.falsely_empty and kept.emptied
    found = totals([fell, kept, record(3, 4, left=1, spilled=1)])
    assert (found['emptied'], found['falsely_empty'], found['spilled']) == (1, 1, 2)


def test_rates_are_drawn_bin_by_bin():
    """Of two bins with 1 of 1 and 0 of 3 only three draws are possible."""
    drawn = rates([record(1, 1), record(0, 3)])
    values, times = np.unique(drawn, return_counts=True)
    assert values.tolist() == [0.0, 0.25, 1.0]
    assert np.allclose(times / len(drawn), [0.25, 0.5, 0.25], atol=0.02)


def test_nothing_tried_has_no_rate():
    assert np.isnan(totals([record(0, 0)])['intended_rate'])
    assert np.isnan(totals([])['intended_rate_low'])


def test_comparison_is_paired():
    """Half the rate in each bin is half in every draw, however different the bins are."""
    theirs = [record(4, 4), record(2, 8), record(2, 2)]
    ours = [record(2, 4), record(1, 8), record(1, 2)]
    found = compared(ours, theirs)
    assert found['ratio'] == found['ratio_low'] == found['ratio_high'] == 0.5


def test_comparison_of_what_the_masks_were_of():
    """A third of the masks fit here, two thirds there; the rates themselves are the same."""
    ours, theirs = [record(3, 3, fitting=1)] * 2, [record(3, 3, fitting=2)] * 2
    assert compared(ours, theirs)['difference'] == 0
    found = compared(ours, theirs, 'fitting')
    assert found['ratio'] == found['ratio_low'] == found['ratio_high'] == 0.5
    assert np.isclose(found['difference'], -1 / 3)
    assert totals(ours)['fitting_rate'] == 1 / 3


def test_a_mask_fits_from_half_of_the_union_on():
    labels = np.zeros((1, 12), np.int32)
    labels[0, 2:6] = 1
    sample = Sample('x', np.zeros((1, 12, 3), np.uint8), labels)
    for begin, end, expected in ((2, 6, True), (2, 4, True), (2, 3, False), (0, 8, True),
                                 (0, 9, False), (4, 8, False)):
        mask = np.zeros((1, 12), bool)
        mask[0, begin:end] = True
        assert fits(sample, mask, 1) is expected, (begin, end)


def test_intended_object_has_most_pixels():
    labels = np.array([[0, 0, 0, 2, 2, 3]], np.int32)
    sample = Sample('x', np.zeros((1, 6, 3), np.uint8), labels)
    assert intended_object(sample, np.array([[True] * 6])) == 2  # more background, but no object
    assert intended_object(sample, labels == 3) == 3
    assert intended_object(sample, labels == 0) == 0


def two_boxes(width=160):
    return bin_of((block(), (0.05, 0.04, HALF_M[2])), (block(), (0.05, -0.06, HALF_M[2])),
                  width=width)


@pytest.mark.parametrize('method', [by_truth, by_geometry])
def test_right_masks_empty_a_bin(method, graphics_library):
    found = empty_bin(two_boxes(width=320), method, QUICK, seed=0, one_part=True)
    assert found.emptied and found.ending == 'empty' and not found.falsely_empty
    assert found.tries == found.lifted == found.intended == 2 and not found.faults


def test_masks_of_parts_lift_and_do_not_fit(graphics_library):
    """A blind grid lifts what it lies on: the rate does not tell it from true masks."""
    cell = two_boxes(width=640)

    def grid(sample):
        rows, columns = np.indices(sample.labels.shape) // 30
        cells = np.where(sample.labels > 0, 1 + rows * 32 + columns, 0)
        return by_truth(cell)(replace(sample, labels=cells.astype(np.int32)))

    found = empty_bin(cell, lambda cell: grid, QUICK, seed=0, one_part=True)
    assert found.lifted == found.intended > 0 and found.fitting == 0
    assert empty_bin(two_boxes(width=640), by_truth, QUICK, seed=0, one_part=True).fitting == 2


@pytest.mark.parametrize('option, value, expected', [
    ('--seed', '-1', '0 or more'), ('--count', '1', '2 to 40'), ('--count', '99', '2 to 40')])
def test_numbers_that_cannot_be_are_refused(option, value, expected, capsys):
    assert main(['picking', option, value]) != 0
    assert f'{option} {value}: expected {expected}' in capsys.readouterr().err


def test_masks_where_nothing_is_lift_nothing(graphics_library):
    """The other half of the bin is bare: masks that are mirrored are all wrong."""
    cell = two_boxes()

    def mirrored(sample):
        flipped = replace(sample, labels=sample.labels[:, ::-1].copy())
        return by_truth(cell)(flipped)

    found = empty_bin(cell, lambda cell: mirrored, QUICK, seed=0, one_part=True)
    assert found.tries > 0 and found.lifted == 0 and found.left == 2
    assert found.ending == 'cannot_be_emptied' and sum(found.faults.values()) == found.tries


def test_seeing_nothing_is_falsely_empty(graphics_library):
    found = empty_bin(two_boxes(), lambda cell: lambda sample: as_instances(
        np.zeros(sample.labels.shape, np.uint16)), QUICK, seed=0, one_part=True)
    assert found.falsely_empty and found.tries == 0 and found.left == 2


def test_command_writes_bin_by_bin(tmp_path, capsys, graphics_library):
    path = tmp_path / 'picking.json'
    assert main(['picking', '--bins', '1', '--seed', '3', '--count', '2', '--methods',
                 'true-masks', '--tries-per-object', '1', '--json', str(path)]) == 0
    assert 'true masks' in capsys.readouterr().out
    rows = json.loads(path.read_text())['rows']
    one, = next(row for row in rows if row['group'] == 'bin by bin')['records']
    assert one['objects'] == 2 and one['tries'] <= 2
    assert next(row for row in rows if row['group'] == 'all')['tries'] == one['tries']


def test_ctrl_c_leaves_the_bins_that_all_methods_had(tmp_path, capsys, graphics_library,
                                                     monkeypatch):
    """One by both, and one by true masks alone, which is not compared with anything."""
    begun = []

    def stopped_later(*arguments, **options):
        begun.append(options['seed'])
        if len(begun) == 4:
            raise KeyboardInterrupt
        return empty_bin(*arguments, **options)

    monkeypatch.setattr(picking, 'empty_bin', stopped_later)
    path = tmp_path / 'picking.json'
    with pytest.raises(KeyboardInterrupt):
        main(['picking', '--bins', '3', '--seed', '3', '--count', '2', '--methods', 'true-masks',
              'classical', '--tries-per-object', '1', '--json', str(path)])
    assert begun == [3, 3, 4, 4]
    assert 'stopped by Ctrl-C: the first 1 of 3 bins' in capsys.readouterr().out
    totals = [row for row in json.loads(path.read_text())['rows'] if row['group'] == 'all']
    assert [row['bins'] for row in totals] == [1, 1]


@pytest.mark.parametrize('rests', [0, 1])
def test_seeds_that_never_rest_end_it(rests, tmp_path, capsys, graphics_library, monkeypatch):
    """What came of the bins before is told and written."""
    asked = []

    def restless(seed, **options):
        asked.append(seed)
        if len(asked) <= rests:
            return make_heap(seed, **options)
        raise HeapError(f'heap {seed} did not come to rest')

    monkeypatch.setattr(picking, 'make_heap', restless)
    path = tmp_path / 'picking.json'
    assert main(['picking', '--bins', '3', '--seed', '3', '--count', '2', '--methods',
                 'true-masks', '--tries-per-object', '1', '--json', str(path)]) == 1
    assert asked == list(range(3, 23 + rests))
    said = capsys.readouterr()
    assert (f'benchmark: 20 heaps in a row, up to seed {22 + rests}, did not come to rest; '
            'another --kind, --families or smaller --count may') in said.err
    assert ('stopped by heaps that did not rest: the first 1 of 3 bins' in said.out) == bool(rests)
    assert path.exists() == bool(rests)


def test_a_seed_that_does_not_rest_is_left_out(capsys, monkeypatch):
    """However many there are, as long as others rest between them."""
    def every_third(seed, **options):
        if seed % 3:
            raise HeapError(f'heap {seed} did not come to rest')
        return seed

    monkeypatch.setattr(picking, 'make_heap', every_third)
    made = list(picking.heaps(1, 30, shapes='all', kind='bin', count=None))
    assert made == list(range(3, 93, 3))
    assert capsys.readouterr().err.count('did not come to rest; left out') == 60


def test_film_has_a_picture_of_each_pick_and_of_the_end(tmp_path, graphics_library):
    film = Film(cup_radius_m=0.012)
    record = empty_bin(two_boxes(width=320), by_truth, QUICK, seed=0, one_part=True, film=film)
    assert len(film.frames) == record.tries + 1
    film.write(tmp_path / 'film.gif')
    with Image.open(tmp_path / 'film.gif') as moving:
        assert moving.n_frames == len(film.frames)
    film.write(tmp_path / 'strip.png')
    height, width, _ = film.frames[0].shape
    with Image.open(tmp_path / 'strip.png') as strip:  # three pictures in two columns
        assert strip.size == (2 * width, 2 * height)


def test_wrong_options_end_in_a_sentence(capsys):
    assert main(['picking', '--bins', '0']) == 1
    assert 'expected 1 or more' in capsys.readouterr().err
    assert main(['picking', '--cup-radius-m', '8']) == 1
    assert 'expected metres' in capsys.readouterr().err
    assert main(['picking', '--max-tilt-deg', '0']) == 1
    assert 'expected degrees' in capsys.readouterr().err
    assert main(['picking', '--film', 'film.mp4']) == 1
    assert 'ends in .gif, .png or .jpg' in capsys.readouterr().err
    assert main(['picking', '--film', 'no_such_folder/film.gif']) == 1
    assert 'there is no folder no_such_folder' in capsys.readouterr().err
