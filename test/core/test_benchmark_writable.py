# SPDX-License-Identifier: Apache-2.0
"""What could not be written in the end is refused before a benchmark begins."""

from __future__ import annotations

import os

from discinst_ros.benchmark import cli
import pytest

#: A subcommand with what it cannot do without, and its options that name a file.
COMMANDS = [
    (['table2'], ['--json', '--picture']), (['clustering'], ['--json', '--picture']),
    (['loss'], ['--json', '--picture']), (['pipeline'], ['--json', '--picture']),
    (['identical'], ['--json', '--picture']), (['classical', 'sticks'], ['--json']),
    (['picking'], ['--json', '--film'])]
CASES = [(command, option) for command, options in COMMANDS for option in options]


@pytest.fixture(autouse=True)
def no_run(monkeypatch):
    """Have no subcommand begin."""
    def begin(_):
        raise AssertionError('it began')

    for module in cli.SUBCOMMANDS.values():
        monkeypatch.setattr(module, 'run', begin)


def refusal(capsys, command, option, path):
    assert cli.main([*command, option, str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"benchmark: {option} '{path}' ") and error.count('\n') == 1
    return error


def test_every_option_that_names_a_file_is_here():
    parser = cli.make_parser()
    for name in cli.SUBCOMMANDS:
        text = next(one.choices[name].format_help() for one in parser._actions if one.choices)
        for option in ('--json', '--picture', '--film'):
            assert (f'{option} ' in text) == any(
                command[0] == name and option == one for command, one in CASES), (name, option)


@pytest.mark.parametrize('command, option', CASES)
def test_a_folder(tmp_path, capsys, command, option):
    folder = tmp_path / 'p.png'
    folder.mkdir()
    assert 'is a folder; name a file' in refusal(capsys, command, option, folder)


@pytest.mark.parametrize('command, option', CASES)
def test_below_a_file(tmp_path, capsys, command, option):
    (tmp_path / 'file').write_text('')
    path = tmp_path / 'file' / 'new' / 'p.png'
    assert f"'{tmp_path}/file' is a file" in refusal(capsys, command, option, path)


@pytest.mark.parametrize('command, option', CASES)
def test_where_nobody_may_write(tmp_path, monkeypatch, capsys, command, option):
    """The answer of the system is put here, since root may write anywhere."""
    monkeypatch.setattr(os, 'access', lambda path, mode: path != tmp_path)
    error = refusal(capsys, command, option, tmp_path / 'new' / 'p.png')
    assert f"you may not write to '{tmp_path}'" in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('command, option', CASES)
def test_what_can_be_written_lets_it_begin(tmp_path, command, option):
    (tmp_path / 'old.png').write_text('')
    for path in (tmp_path / 'old.png', tmp_path / 'new' / 'p.png', 'p.png'):
        with pytest.raises(AssertionError, match='it began'):
            cli.main([*command, option, str(path)])
    assert not (tmp_path / 'new').exists()
