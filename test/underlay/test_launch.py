# SPDX-License-Identifier: Apache-2.0
"""The stand-in of launch: what it accepts does what upstream does, the rest is refused by name."""

import os
from pathlib import Path
import re
import sys

import pytest

pytest.importorskip('launch._refusal', reason='the real launch is here, not the stand-in')

from launch import LaunchDescription, LaunchService  # noqa: E402
import launch._process  # noqa: E402
from launch.actions import (  # noqa: E402
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource  # noqa: E402
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution  # noqa: E402

#: Ignores what it is told to, says so, and waits; a signal that comes just before it waits does
#: not wake it, so it looks again now and then.
STUBBORN = ('import os, signal, sys, time\n'
            'for name in sys.argv[1:]: signal.signal(signal.Signals[name], signal.SIG_IGN)\n'
            'os.write(1, b"ready\\n")\n'
            'while True: time.sleep(0.1)')
#: Signals as a launch has them, one after the other, and so late that no process that ends by
#: itself is ever so slow.
ESCALATION = launch._process.ESCALATION
PATIENT = tuple((after_s, *signals) for after_s, (_, *signals) in zip(('100', '150'), ESCALATION))


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Let a machine that is busy take its time over ending a process."""
    monkeypatch.setattr(launch._process, 'ESCALATION', PATIENT)


def run(*entities, when_ready=None, on_output=None, **kwargs):
    """
    Launch entities to the end; return the exit code.

    :param when_ready: called with the context when a process writes the word ready
    :param on_output: called with each piece of what processes write
    """
    service = LaunchService(**kwargs)

    def hear(name, fd, data):
        if data == b'ready\n':
            when_ready(service.context)
        elif on_output is not None:
            on_output(data)

    service.context.on_output = hear
    service.include_launch_description(LaunchDescription(entities))
    return service.run()


def announced(out):
    """Return name and process number of the first process that was started."""
    return re.search(r'\[(\S+)\]: process started with pid \[(\d+)\]', out).groups()


def python(code, *arguments, **kwargs):
    """Return an action that runs Python code."""
    return ExecuteProcess(
        cmd=[sys.executable, '-c', code, *arguments], output='screen', **kwargs)


def shutdown(context):
    context.shutdown()


def lines_after(text, out):
    """Return the lines after the one that ends with a text."""
    lines = out.splitlines()
    return lines[next(i for i, line in enumerate(lines) if line.endswith(text)) + 1:]


def test_a_process_is_announced_its_output_prefixed_and_its_end_reported(capsys):
    assert run(ExecuteProcess(
        cmd=['sh', '-c', 'echo out; echo err >&2; printf unfinished'], output='screen')) == 0
    out = capsys.readouterr().out
    name, pid = announced(out)
    assert name.startswith('sh-')
    assert set(lines_after('verbosity is set to INFO', out)) == {
        f'[INFO] [{name}]: process started with pid [{pid}]', f'[{name}] out', f'[{name}] err',
        f'[{name}] unfinished', f'[INFO] [{name}]: process has finished cleanly [pid {pid}]'}


def test_a_line_written_in_two_pieces_stays_one_line(capsys, tmp_path):
    fifo = tmp_path / 'go'
    os.mkfifo(fifo)
    pieces = []

    def on_output(data):
        pieces.append(data)
        if data == b'one ':
            fifo.write_text('go')

    assert run(python('import os, sys; os.write(1, b"one "); open(sys.argv[1]).read();'
                      'os.write(1, b"line\\n")', str(fifo)), on_output=on_output) == 0
    assert pieces == [b'one ', b'line\n']
    assert '] one line\n' in capsys.readouterr().out


def test_a_process_that_dies_is_reported_with_its_exit_code_and_the_launch_returns_0(capsys):
    assert run(ExecuteProcess(cmd=['sh', '-c', 'exit 7'])) == 0
    out = capsys.readouterr().out
    name, pid = announced(out)
    assert (f"[ERROR] [{name}]: process has died [pid {pid}, exit code 7, cmd 'sh -c exit 7'].\n"
            in out)


def test_a_command_that_does_not_exist_is_reported(capsys):
    assert run(ExecuteProcess(cmd=['/nonexistent/command'])) == 0
    out = capsys.readouterr().out
    assert 'exception occurred while executing process:' in out
    assert 'No such file or directory' in out


def test_output_log_shows_stderr_alone_and_keeps_both_in_launch_log(capsys):
    run(ExecuteProcess(cmd=['sh', '-c', 'echo quiet; echo loud >&2']))
    out = capsys.readouterr().out
    assert 'loud' in out and 'quiet' not in out
    folder = next(line for line in out.splitlines() if 'All log files' in line).split()[-1]
    log = Path(folder, 'launch.log').read_text()
    assert '] quiet\n' in log and '] loud\n' in log


def test_the_exit_of_one_process_ends_the_others_with_sigint(capsys, tmp_path):
    fifo = tmp_path / 'go'
    os.mkfifo(fifo)
    short = ExecuteProcess(cmd=['cat', str(fifo)], on_exit=Shutdown(reason='done'))
    assert run(python(STUBBORN), short, when_ready=lambda _: fifo.write_text('go')) == 0
    out = capsys.readouterr().out
    name, _ = announced(out)
    assert f"[INFO] [{name}]: sending signal 'SIGINT' to process[{name}]\n" in out
    assert 'exit code -2' in out and 'SIGTERM' not in out


def test_on_exit_is_called_with_the_event_and_gives_more_to_launch(capsys):
    told = []

    def on_exit(event, context):
        told.append((event.process_name.partition('-')[0], event.returncode, context.is_shutdown))
        return [LogInfo(msg='it ended'), ExecuteProcess(cmd=['echo', 'next'], output='screen')]

    assert run(ExecuteProcess(cmd=['sh', '-c', 'exit 4'], on_exit=on_exit)) == 0
    assert told == [('sh', 4, False)]
    out = capsys.readouterr().out
    assert '[INFO] [launch.user]: it ended\n' in out and '] next\n' in out


def test_a_stubborn_process_gets_sigterm_and_then_sigkill(capsys, monkeypatch):
    assert [text for text, _, _ in ESCALATION] == ['5', '10.0']
    monkeypatch.setattr(launch._process, 'ESCALATION', tuple(
        (after_s, *signals) for after_s, (_, *signals) in zip(('0.2', '0.5'), ESCALATION)))
    assert run(python(STUBBORN, 'SIGINT', 'SIGTERM'), when_ready=shutdown) == 0
    out = capsys.readouterr().out
    name, _ = announced(out)
    told = [line.partition(']: ')[2] for line in lines_after('] ready', out)[:5]]
    assert told == [
        f"sending signal 'SIGINT' to process[{name}]",
        f"process[{name}] failed to terminate '0.2' seconds after receiving 'SIGINT', "
        "escalating to 'SIGTERM'",
        f"sending signal 'SIGTERM' to process[{name}]",
        f"process[{name}] failed to terminate '0.5' seconds after receiving 'SIGTERM', "
        "escalating to 'SIGKILL'",
        f"sending signal 'SIGKILL' to process[{name}]"]


@pytest.mark.parametrize('noninteractive', [False, True])
def test_ctrl_c_is_passed_on_only_where_no_terminal_does_it(capsys, monkeypatch, noninteractive):
    if not noninteractive:  # nobody sends it SIGINT here
        monkeypatch.setattr(launch._process, 'ESCALATION', (('0.2', *ESCALATION[0][1:]),))
    run(python(STUBBORN), noninteractive=noninteractive,
        when_ready=lambda context: context.shutdown(due_to_sigint=True))
    out = capsys.readouterr().out
    assert ("sending signal 'SIGINT'" in out) == noninteractive
    assert ("sending signal 'SIGTERM'" in out) != noninteractive


def test_a_process_that_would_start_after_shutdown_does_not(capsys):
    late = ExecuteProcess(cmd=['echo', 'late'], output='screen')
    assert run(python(STUBBORN, on_exit=late), when_ready=shutdown) == 0
    assert 'late' not in capsys.readouterr().out


def test_a_process_that_is_being_started_at_shutdown_is_ended(capsys):
    assert run(ExecuteProcess(cmd=['sleep', '60']), Shutdown()) == 0
    out = capsys.readouterr().out
    assert "sending signal 'SIGINT'" in out and 'exit code -2' in out


@pytest.mark.parametrize(('given', 'code', 'told'), [
    ({'mode': 'fast'}, 0, '[INFO] [launch.user]: mode fast, who nobody\n'),
    ({'mode': 'slow', 'who': 'me', 'unknown': 'x'}, 0, 'mode slow, who me\n'),
    ({'mode': 'lame'}, 1, 'Argument "mode" provided value "lame" is not valid. Valid options '
                          "are: ['slow', 'fast']\n"),
    ({}, 1, "Included launch description missing required argument 'mode' (description: "
            "'One of: ['slow', 'fast']'), given: []\n"),
])
def test_arguments_of_an_included_launch_file(capsys, tmp_path, given, code, told):
    file = tmp_path / 'included.launch.py'
    file.write_text(
        'from launch import LaunchDescription\n'
        'from launch.actions import DeclareLaunchArgument, LogInfo\n'
        'from launch.substitutions import LaunchConfiguration as Value\n'
        'def generate_launch_description():\n'
        '    return LaunchDescription([\n'
        '        DeclareLaunchArgument("mode", choices=["slow", "fast"]),\n'
        '        DeclareLaunchArgument("who", default_value="nobody"),\n'
        '        LogInfo(msg=["mode ", Value("mode"), ", who ", Value("who")])])\n')
    place = PathJoinSubstitution([str(tmp_path), 'included.launch.py'])
    assert run(IncludeLaunchDescription(
        PythonLaunchDescriptionSource([place]), launch_arguments=given.items())) == code
    assert told in capsys.readouterr().out


def test_a_launch_file_without_its_function_is_refused(capsys, tmp_path):
    file = tmp_path / 'empty.launch.py'
    file.write_text('')
    assert run(IncludeLaunchDescription(PythonLaunchDescriptionSource(str(file)))) == 1
    assert "does not contain the required function 'generate_launch_description()'" in (
        capsys.readouterr().out)


def test_a_default_that_is_no_choice_is_refused():
    with pytest.raises(RuntimeError, match='default_value "c" is not in provided choices'):
        DeclareLaunchArgument('letter', default_value='c', choices=['a', 'b'])


def test_the_arguments_of_a_description():
    argument = DeclareLaunchArgument('one', default_value='1', description='the first')
    description = LaunchDescription([LogInfo(msg='not one'), argument])
    assert description.get_launch_arguments() == [argument]


def test_the_environment_reaches_the_processes_started_after_it(capsys, monkeypatch):
    monkeypatch.setenv('STAND_IN_SET', 'before')
    tell = ['sh', '-c', 'echo $0 $STAND_IN_SET']
    run(ExecuteProcess(cmd=[*tell, 'first'], output='screen'),
        SetEnvironmentVariable('STAND_IN_SET', ['a', 'b']),
        ExecuteProcess(cmd=[*tell, 'second'], output='screen'))
    out = capsys.readouterr().out
    assert '] first before\n' in out and '] second ab\n' in out


def test_a_substitution_without_text_ends_the_launch(capsys):
    assert run(LogInfo(msg=LaunchConfiguration('lost'))) == 1
    assert "launch configuration 'lost' does not exist" in capsys.readouterr().out


def fail(*_):
    raise ValueError('so it goes')


def test_an_error_in_the_launch_file_returns_1_and_its_traceback_is_in_the_log(capsys):
    assert run(OpaqueFunction(function=fail)) == 1
    out = capsys.readouterr().out
    assert ('[ERROR] [launch]: Caught exception in launch (see debug for traceback): so it goes\n'
            in out)
    assert 'ValueError' not in out
    folder = next(line for line in out.splitlines() if 'All log files' in line).split()[-1]
    assert 'ValueError: so it goes' in Path(folder, 'launch.log').read_text()


def test_an_error_in_on_exit_ends_the_other_processes(capsys, tmp_path):
    fifo = tmp_path / 'go'
    os.mkfifo(fifo)
    short = ExecuteProcess(cmd=['cat', str(fifo)], on_exit=fail)
    assert run(python(STUBBORN), short, when_ready=lambda _: fifo.write_text('go')) == 1
    out = capsys.readouterr().out
    assert 'so it goes' in out and "sending signal 'SIGINT'" in out


def test_a_function_may_return_more_to_launch(capsys):
    run(OpaqueFunction(function=lambda context: [LogInfo(msg='said')]))
    assert '[INFO] [launch.user]: said\n' in capsys.readouterr().out


@pytest.mark.parametrize(('refused', 'name'), [
    ('from launch.actions import GroupAction', 'launch.actions.GroupAction'),
    ('from launch.actions import RegisterEventHandler', 'launch.actions.RegisterEventHandler'),
    ('from launch.substitutions import Command', 'launch.substitutions.Command'),
    ('from launch.conditions import IfCondition', 'launch.conditions'),
    ('from launch import LaunchIntrospector', 'launch.LaunchIntrospector'),
    ('from launch import event_handlers', 'launch.event_handlers'),
    ('import launch.frontend', 'launch.frontend'),
    ('LogInfo(msg="a", condition=None)', 'launch.actions.LogInfo(condition=...)'),
    ('ExecuteProcess(cmd=["true"], respawn=True)', 'launch.actions.ExecuteProcess(respawn=...)'),
    ('ExecuteProcess(cmd=["true"], output="both")', "ExecuteProcess(output='both')"),
    ('LaunchConfiguration("a", default="b")', 'LaunchConfiguration(default=...)'),
    ('LaunchService(debug=True)', 'LaunchService(debug=...)'),
    ('LaunchService().context.register_event_handler', 'LaunchContext.register_event_handler'),
    ('LaunchDescription().add_action', 'LaunchDescription.add_action'),
    ('IncludeLaunchDescription("a.launch.xml")', 'PythonLaunchDescriptionSource'),
])
def test_the_rest_is_refused_by_name(refused, name):
    with pytest.raises((AttributeError, ImportError, TypeError, ValueError)) as error:
        exec(refused, {**globals(), 'launch': launch})
    assert name in str(error.value)
    assert "install ROS 2's launch package" in str(error.value)


def test_python_may_probe_the_modules():
    assert not hasattr(launch.actions, '__wrapped__')


def test_what_a_user_logs_is_shown_once(capsys):
    run(LogInfo(msg='look here'))
    assert capsys.readouterr().out.count('look here') == 1
