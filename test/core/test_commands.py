# SPDX-License-Identifier: Apache-2.0
"""Every command can be found both ways, by the ros2 tool and by python -m."""

import io
import os
from pathlib import Path
import re
import signal
import subprocess
import sys

from discinst_ros import commands
from discinst_ros.__main__ import main
from discinst_ros.commands import COMMANDS
from PIL import Image
import pytest

#: Runs a command whose import takes a while; says when it has begun.
SLOW_IMPORT = """
import signal, sys
from discinst_ros import commands
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored
commands.COMMANDS['slow'] = 'slow_module'
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == 'slow_module':
            print('importing', flush=True)
            while True:
                pass
sys.meta_path.insert(0, Finder())
sys.exit(commands.slow())
"""


def test_the_index_is_that_of_setup():
    setup = (Path(__file__).parents[2] / 'setup.py').read_text()
    scripts = re.findall(r"'(\w+) = discinst_ros\.commands:(\w+)'", setup)
    assert [name for name, _ in scripts] == [target for _, target in scripts] == list(COMMANDS)


def test_an_entry_point_runs_its_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['make_scenes', '--count', '0', '--out', 'unused'])
    assert commands.make_scenes() == 1
    assert '--count 0' in capsys.readouterr().err
    with pytest.raises(AttributeError, match='no_such_command'):
        commands.__getattr__('no_such_command')


def test_interrupted_while_python_imports():
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, '-c', SLOW_IMPORT], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout.readline() == 'importing\n'
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
            assert process.stderr.read() == ''
        finally:
            process.kill()


def test_names_of_files_that_no_encoding_has(tmp_path, monkeypatch):
    """As archives of other systems leave them."""
    Image.new('RGB', (8, 8)).save(tmp_path / os.fsdecode(b'\xe4-color.png'))
    printed = io.BytesIO()
    monkeypatch.setattr(sys, 'stdout', io.TextIOWrapper(printed, 'utf-8', 'strict'))
    assert commands.run('dataset', ['check', str(tmp_path)]) == 1
    sys.stdout.flush()
    assert rb"'\udce4' has no label image" in printed.getvalue()


def test_near_miss(capsys):
    assert main(['trian']) == 2
    assert "no command 'trian'; did you mean 'train'" in capsys.readouterr().err


def test_nothing_near_lists_all(capsys):
    assert main(['convert']) == 2
    said = capsys.readouterr().err
    assert said.endswith(f"no command 'convert'; there are {', '.join(COMMANDS)}\n")


def test_help_lists_all(capsys):
    assert main(['--help']) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in COMMANDS)
    assert main([]) == 2


@pytest.mark.parametrize('name', [
    'make_scenes', 'evaluate', 'segment', 'dataset', 'learning_curve', 'benchmark'])
def test_help_of_a_command(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([name, '--help'])
    assert stop.value.code == 0
    assert 'example' in capsys.readouterr().out
