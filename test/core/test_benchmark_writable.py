# SPDX-License-Identifier: Apache-2.0
"""What could not be written in the end is refused before a benchmark begins."""

from __future__ import annotations

import errno
import os
from pathlib import Path

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


def test_a_folder_that_cannot_be_made(capsys):
    assert 'cannot be written: ' in refusal(capsys, ['occlusion'], '--out', Path('/proc/x'))


@pytest.mark.parametrize('command, option', CASES)
def test_below_a_file(tmp_path, capsys, command, option):
    (tmp_path / 'file').write_text('')
    path = tmp_path / 'file' / 'new' / 'p.png'
    assert f"'{tmp_path}/file' is a file" in refusal(capsys, command, option, path)


@pytest.mark.parametrize('command, option', CASES)
def test_where_nobody_may_write(tmp_path, monkeypatch, capsys, command, option):
    """The answer of the system is put here, since root may write anywhere."""
    def refused(path, *_):
        assert Path(path).parent == tmp_path
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr(os, 'mkdir', refused)
    error = refusal(capsys, command, option, tmp_path / 'new' / 'p.png')
    assert 'cannot be written: Permission denied; name another' in error
    assert not list(tmp_path.iterdir())


def test_what_the_system_refuses(tmp_path, capsys):
    """Also names that are too long only while the file is written, which adds to them."""
    for name in (f'{"p" * 261}.png', f'{"p" * 246}.png', f'{"p" * 261}/p.png'):
        assert 'File name too long' in refusal(capsys, ['loss'], '--json', tmp_path / name)
    assert 'cannot be written: ' in refusal(capsys, ['loss'], '--json', Path('/proc/x.json'))
    (tmp_path / 'a').symlink_to('b')
    (tmp_path / 'b').symlink_to('a')
    refusal(capsys, ['loss'], '--json', tmp_path / 'a' / 'p.json')
    assert {one.name for one in tmp_path.iterdir()} == {'a', 'b'}


def test_what_is_no_regular_file(tmp_path, monkeypatch, capsys):
    with pytest.raises(AssertionError, match='it began'):
        cli.main(['loss', '--json', '/dev/null'])
    monkeypatch.setattr(os, 'access', lambda *_: False)
    assert 'you may not write to it' in refusal(capsys, ['loss'], '--json', '/dev/null')


@pytest.mark.parametrize('command, other', [
    (command, options[1]) for command, options in COMMANDS if len(options) > 1])
def test_one_file_for_two(tmp_path, capsys, command, other):
    (tmp_path / 'link').symlink_to(tmp_path)
    path = tmp_path / 'new' / 'p.png'
    error = refusal(capsys, [*command, '--json', str(path)], other,
                    tmp_path / 'link' / 'new' / 'p.png')
    assert 'is the file of --json, too; name another' in error
    with pytest.raises(AssertionError, match='it began'):
        cli.main([*command, '--json', str(path), other, str(tmp_path / 'q.png')])


@pytest.mark.parametrize('command, option', CASES)
def test_what_can_be_written_lets_it_begin(tmp_path, command, option):
    (tmp_path / 'old.png').write_text('')
    for path in (tmp_path / 'old.png', tmp_path / 'new' / 'p.png', 'p.png'):
        with pytest.raises(AssertionError, match='it began'):
            cli.main([*command, option, str(path)])
    assert [one.name for one in tmp_path.iterdir()] == ['old.png']
