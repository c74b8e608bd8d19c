# SPDX-License-Identifier: Apache-2.0
"""The line that the report prints; the expected ones are written by hand."""

import math

from discinst_ros.nodes.report_line import report_line

NAN = math.nan
TIMINGS_MS = {'wait': 0.2, 'network': 25.4, 'clustering': 8.0, 'poses': 3.6}


def test_lists_the_three_nearest_by_distance():
    line = report_line('tote', [(0.0, 0.0, 0.9), (-0.001, 0.25, 0.6), (NAN, NAN, NAN),
                                (0.5, 0.5, 0.5), (0.0, 0.1, 0.5)], TIMINGS_MS)
    assert line == ('tote         5 objects,   37 ms (network 25, clustering 8, poses 4): '
                    'nearest at (0.00 0.10 0.50) (0.00 0.25 0.60) (0.50 0.50 0.50) m')


def test_one_object():
    assert report_line('sticks-1', [(0.0, 0.0, 1.0)], {'network': 1.0}) == (
        'sticks-1     1 object,     1 ms (network 1): nearest at (0.00 0.00 1.00) m')


def test_says_why_there_are_no_positions():
    assert report_line('photo', [(NAN, NAN, NAN)], {'network': 12.0}) == (
        'photo        1 object,    12 ms (network 12): no positions without depth and camera_info')


def test_no_object():
    assert report_line('empty', [], {'network': 12.0}) == (
        'empty        0 objects,   12 ms (network 12)')
