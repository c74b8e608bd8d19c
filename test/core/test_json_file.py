# SPDX-License-Identifier: Apache-2.0
"""Figures without a value, at any depth, in files that any reader of JSON takes."""

import json
import math

from discinst_ros.json_file import write_json
import numpy as np
import pytest


def refuse(constant):
    raise AssertionError(f'{constant} is no JSON')


def test_nan_becomes_null(tmp_path):
    path = tmp_path / 'new' / 'figures.json'
    write_json(path, {'ap': math.nan, 'rows': [{'ms': np.float64('nan')}, {'ms': 1.5}],
                      'name': 'nan', 'pair': (1, math.nan)})
    read = json.loads(path.read_text(), parse_constant=refuse)
    assert read == {'ap': None, 'rows': [{'ms': None}, {'ms': 1.5}], 'name': 'nan',
                    'pair': [1, None]}


def test_infinity_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match='JSON'):
        write_json(tmp_path / 'figures.json', {'ap': math.inf})
    assert not list(tmp_path.iterdir())
