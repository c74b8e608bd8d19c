# SPDX-License-Identifier: Apache-2.0
"""Every command can be found both ways, by the ros2 tool and by python -m."""

from pathlib import Path
import re

from discinst_ros.__main__ import COMMANDS, main
import pytest


def test_the_index_is_that_of_setup():
    setup = (Path(__file__).parents[2] / 'setup.py').read_text()
    scripts = dict(re.findall(r"'(\w+) = ([\w.]+):main'", setup))
    assert scripts == COMMANDS


def test_near_miss(capsys):
    assert main(['trian']) == 2
    assert "no command 'trian'; did you mean 'train'" in capsys.readouterr().err


def test_help_lists_all(capsys):
    assert main(['--help']) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in COMMANDS)
    assert main([]) == 2


@pytest.mark.parametrize('name', ['make_scenes', 'evaluate', 'segment', 'dataset'])
def test_help_of_a_command(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([name, '--help'])
    assert stop.value.code == 0
    assert 'example' in capsys.readouterr().out
