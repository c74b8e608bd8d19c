# SPDX-License-Identifier: Apache-2.0
"""The stand-in of the ros2 command, as a user runs it."""

import os
import pty
import signal
import subprocess
import sys

import pytest

pytest.importorskip('launch._refusal', reason='the real ros2 command is here, not the stand-in')

ROS2 = [sys.executable, '-c', 'import sys; from ros2cli.cli import main; sys.exit(main())']
#: One that lets its processes take their time over ending, as a machine that is busy does.
PATIENT_ROS2 = [sys.executable, '-c', (
    'import sys; import launch._process as process; from ros2cli.cli import main; '
    'process.ESCALATION = tuple(("100", *signals) for _, *signals in process.ESCALATION); '
    'sys.exit(main())')]
#: Only a failing test uses it up.
PATIENCE_S = 100

LAUNCH_FILE = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess
from launch.substitutions import LaunchConfiguration

def generate_launch_description():
    return LaunchDescription([
        DeclareLaunchArgument('script', description='what to do'),
        DeclareLaunchArgument('speed', default_value='slow', choices=['slow', 'fast'],
                              description='how fast'),
        DeclareLaunchArgument('plain', default_value=['a ', LaunchConfiguration('speed')]),
        ExecuteProcess(cmd=['python3', '-u', '-c', LaunchConfiguration('script')],
                       output='screen')])
"""

#: Says ready, and goodbye when interrupted; a signal that comes just before it waits does not wake
#: it, so it looks again now and then.
POLITE = ('import os, signal, sys, time; '
          'signal.signal(signal.SIGINT, lambda *_: sys.exit(print("goodbye"))); '
          'os.write(1, b"ready\\n"); [time.sleep(0.1) for _ in iter(int, 1)]')


def ros2(*arguments, **kwargs):
    """Run the command to its end."""
    return subprocess.run([*ROS2, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE_S, **kwargs)


def read_until(process, text):
    """Read the output of a process up to a line that has a text; return what came before."""
    before = ''
    for line in process.stdout:
        if text in line:
            return before
        before += line
    raise AssertionError(f'{text!r} did not come')


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package with a launch file and an executable."""
    prefix = tmp_path / 'prefix'
    for folder in ('share/ament_index/resource_index/packages', 'share/example/launch',
                   'lib/example'):
        (prefix / folder).mkdir(parents=True)
    (prefix / 'share/ament_index/resource_index/packages/example').touch()
    (prefix / 'share/example/launch/example.launch.py').write_text(LAUNCH_FILE)
    executable = prefix / 'lib/example/tool'
    executable.write_text('#!/usr/bin/env python3\nimport sys\nexec(sys.argv[1])\n')
    executable.chmod(0o755)
    monkeypatch.setenv('AMENT_PREFIX_PATH', f"{prefix}:{os.environ.get('AMENT_PREFIX_PATH', '')}")
    return prefix / 'share/example/launch'


@pytest.mark.parametrize('flag', ['-s', '--show-args'])
def test_show_args(package, flag):
    assert ros2('launch', 'example', 'example.launch.py', flag).stdout == """\
Arguments (pass arguments as '<name>:=<value>'):

    'script':
        what to do

    'speed':
        how fast. Valid choices are: ['slow', 'fast']
        (default: 'slow')

    'plain':
        no description given
        (default: 'a ' + LaunchConfiguration('speed'))
"""


def test_launch_a_file_of_a_package(package):
    result = ros2('launch', 'example', 'example.launch.py', 'script:=0', 'script:=print("a:=b")')
    assert result.returncode == 0
    assert '] a:=b\n' in result.stdout and 'process has finished cleanly' in result.stdout


def test_launch_a_file_by_its_path(package):
    path = next(package.rglob('example.launch.py'))
    result = ros2('launch', str(path), 'script:=0', 'script:=print("a:=b")')
    assert result.returncode == 0 and '] a:=b\n' in result.stdout
    assert "'speed':" in ros2('launch', '-s', str(path)).stdout


@pytest.mark.parametrize(('arguments', 'told'), [
    (['script:=0', 'speed:=fastest'], '"speed" provided value "fastest" is not valid'),
    ([], "missing required argument 'script'"),
])
def test_launch_arguments_are_checked(package, arguments, told):
    result = ros2('launch', 'example', 'example.launch.py', *arguments)
    assert result.returncode == 1
    assert told in result.stdout and 'Traceback' not in result.stdout + result.stderr


@pytest.mark.parametrize(('arguments', 'told'), [
    (['example', 'example.launch.py', 'script=0'],
     "malformed launch argument 'script=0', expected format"),
    (['no_such_package', 'a.launch.py'], "Package 'no_such_package' not found"),
    (['example', 'no_such.launch.py'], "file 'no_such.launch.py' was not found in the share"),
    (['example', 'twice.launch.py'], "file 'twice.launch.py' was found more than once"),
    (['no_such.launch.py'], "'no_such.launch.py' is no file; give the path of a launch file"),
    (['example', 'a.launch.xml'], "'a.launch.xml' is no Python launch file"),
])
def test_a_launch_that_cannot_be_is_one_line(package, arguments, told):
    (package / 'again').mkdir()
    for folder in (package, package / 'again'):
        (folder / 'twice.launch.py').touch()
    result = ros2('launch', *arguments)
    assert result.returncode == 1
    assert told in result.stderr and result.stderr.count('\n') == 1


@pytest.mark.parametrize(('arguments', 'package'), [
    (['node', 'list'], 'ros2node'), (['launch', '-d', 'x', 'y'], 'ros2launch'),
    (['topic', 'hz', '/x'], 'ros2topic'), (['topic', 'echo', '/x', '--no-arr'], 'ros2topic'),
    (['topic', 'list', '-t'], 'ros2topic')])
def test_the_rest_is_refused_by_name(arguments, package):
    result = ros2(*arguments)
    assert result.returncode != 0
    assert f"install ROS 2's {package} package" in result.stderr


def start_launch(script, stdin=subprocess.DEVNULL):
    """Start a launch whose child has said ready."""
    process = subprocess.Popen(
        [*PATIENT_ROS2, 'launch', 'example', 'example.launch.py', f'script:={script}'],
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True)
    read_until(process, '] ready')
    return process


def test_sigint_without_a_terminal_is_passed_on(package):
    process = start_launch(POLITE)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=PATIENCE_S)[0]
    assert process.returncode == 0
    assert '[WARNING] [launch]: user interrupted with ctrl-c (SIGINT)\n' in out
    assert "sending signal 'SIGINT'" in out and '] goodbye\n' in out
    assert 'process has finished cleanly' in out


def test_ctrl_c_at_a_terminal_reaches_all_and_is_not_repeated(package):
    terminal, stdin = pty.openpty()
    process = start_launch(POLITE, stdin)
    os.killpg(process.pid, signal.SIGINT)
    out = process.communicate(timeout=PATIENCE_S)[0]
    os.close(stdin)
    os.close(terminal)
    assert process.returncode == 0
    assert '] goodbye\n' in out and "sending signal 'SIGINT'" not in out


def test_a_second_ctrl_c_is_ignored(package, tmp_path):
    fifo = tmp_path / 'go'
    os.mkfifo(fifo)
    process = start_launch(
        'import os, signal; signal.signal(signal.SIGINT, lambda *_: os.write(1, b"no\\n")); '
        f'os.write(1, b"ready\\n"); open({str(fifo)!r}).read()')
    for ended in ("sending signal 'SIGINT'", '(SIGINT) again, ignoring...'):
        process.send_signal(signal.SIGINT)
        seen = read_until(process, ended)
    assert "sending signal 'SIGINT'" not in seen
    fifo.write_text('go')
    out = process.communicate(timeout=PATIENCE_S)[0]
    assert 'process has finished cleanly' in out and process.returncode == 0


def test_sigterm_leaves_no_child_behind(package):
    process = start_launch(POLITE)
    process.terminate()
    out = process.communicate(timeout=PATIENCE_S)[0]
    assert process.returncode == 1
    assert '] goodbye\n' in out


def test_a_reader_that_leaves_does_not_end_the_launch(package, tmp_path):
    done = tmp_path / 'done'
    process = start_launch(POLITE.replace('print("goodbye")', (
        f'[os.write(1, bytes([10])), open({str(done)!r}, "w")] and 0')))
    process.stdout.close()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=PATIENCE_S)
    assert done.exists()


@pytest.mark.parametrize('code', [0, 3])
def test_run_passes_arguments_and_the_exit_code(package, code):
    code_text = f'print(sys.argv[2:]); sys.exit({code})'
    result = ros2('run', 'example', 'tool', code_text, '--help', '-x')
    assert result.returncode == code
    assert "['--help', '-x']" in result.stdout
    assert ('[ros2run]: Process exited with failure 3' in result.stdout) == (code == 3)


def test_run_forwards_sigterm(package):
    process = subprocess.Popen(
        [*ROS2, 'run', 'example', 'tool', 'import signal; print("ready", flush=True); '
         'signal.pause()'], stdout=subprocess.PIPE, text=True)
    read_until(process, 'ready')
    process.terminate()
    out = process.communicate(timeout=PATIENCE_S)[0]
    assert '[ros2run]: Terminated' in out and process.returncode == 256 - signal.SIGTERM


@pytest.mark.parametrize(('names', 'told'), [
    (['no_such_package', 'tool'], "Package 'no_such_package' not found\n"),
    (['example', 'no_such_tool'], 'No executable found\n')])
def test_run_of_what_is_not_there(package, names, told):
    result = ros2('run', *names)
    assert (result.returncode, result.stderr) == (1, told)
