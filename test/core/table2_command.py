# SPDX-License-Identifier: Apache-2.0
"""What the tests of `benchmark table2` share: the smallest run, its rows, its weights."""

import json

from discinst_ros.benchmark import cli, table2_measure
from discinst_ros.benchmark.memory import Memory
from discinst_ros.checkpoint import save_checkpoint
from discinst_ros.inference.model import Model
from discinst_ros.resources import drawn_checkpoint

QUICK = ['table2', '--networks', 'enet', '--sizes', '64x32', '--seconds', '0', '--threads', '1']


def rows_of(tmp_path, *arguments):
    """Run the command and return the rows of its JSON file."""
    path = tmp_path / 'figures.json'
    assert cli.main([*QUICK, *arguments, '--json', str(path)]) == 0
    return json.loads(path.read_text())['rows']


def give_memory(monkeypatch):
    """Have a figure for the memory instead of another process, which takes seconds."""
    monkeypatch.setattr(table2_measure, 'peak_memory', lambda *_: Memory(1, 25 * 10**6))


def save_shipped(tmp_path):
    """Write the shipped weights as if they were made for large images, and return the file."""
    model = Model.from_checkpoint(drawn_checkpoint())
    save_checkpoint(tmp_path / 'w.safetensors', model.network, model.config)
    return tmp_path / 'w.safetensors'
