# SPDX-License-Identifier: Apache-2.0
"""The stand-in of launch: what it accepts does what upstream does, the rest is refused by name."""

import os
from pathlib import Path
import sys

import pytest

pytest.importorskip('launch._refusal', reason='the real launch is here, not the stand-in')

from launch import LaunchDescription, LaunchService  # noqa: E402
from launch.actions import (  # noqa: E402
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.conditions import IfCondition, UnlessCondition  # noqa: E402
from launch.event_handlers import OnProcessExit, OnProcessIO, OnProcessStart, OnShutdown  # noqa: E402
import launch.events  # noqa: E402
from launch.launch_description_sources import PythonLaunchDescriptionSource  # noqa: E402
from launch.substitutions import (  # noqa: E402
    EnvironmentVariable,
    LaunchConfiguration,
    PathJoinSubstitution,
    TextSubstitution,
)

#: Ignores what it is told to, says so, and waits.
STUBBORN = ('import os, signal, sys\n'
            'for name in sys.argv[1:]: signal.signal(signal.Signals[name], signal.SIG_IGN)\n'
            'os.write(1, b"ready\\n")\n'
            'while True: signal.pause()')


def run(*entities, **kwargs):
    """Launch entities to the end; return the exit code."""
    service = LaunchService(**kwargs)
    service.include_launch_description(LaunchDescription(entities))
    return service.run()


def python(code, *arguments, **kwargs):
    """Return an action that runs Python code."""
    return ExecuteProcess(
        cmd=[sys.executable, '-c', code, *arguments], output='screen', **kwargs)


def when_ready(*answer):
    """Return an action that answers the word ready of a process with entities."""
    return RegisterEventHandler(OnProcessIO(
        on_stdout=lambda event: list(answer) if event.text == b'ready\n' else None,
        on_stderr=lambda event: None))


def lines_after(text, out):
    """Return the lines after the one that ends with a text."""
    lines = out.splitlines()
    return lines[next(i for i, line in enumerate(lines) if line.endswith(text)) + 1:]


def test_a_process_is_announced_its_output_prefixed_and_its_end_reported(capsys):
    process = ExecuteProcess(
        cmd=['sh', '-c', 'echo out; echo err >&2; printf unfinished'], output='screen')
    assert run(process) == 0
    name, pid = process.process_details['name'], process.process_details['pid']
    out = capsys.readouterr().out
    assert name.startswith('sh-')
    assert set(lines_after('verbosity is set to INFO', out)) == {
        f'[INFO] [{name}]: process started with pid [{pid}]', f'[{name}] out', f'[{name}] err',
        f'[{name}] unfinished', f'[INFO] [{name}]: process has finished cleanly [pid {pid}]'}


def test_a_line_written_in_two_pieces_stays_one_line(capsys, tmp_path):
    fifo = tmp_path / 'go'
    os.mkfifo(fifo)
    process = python('import os, sys; os.write(1, b"one "); open(sys.argv[1]).read();'
                     'os.write(1, b"line\\n")', str(fifo), name='writer')
    pieces = []

    def on_stdout(event):
        pieces.append(event.text)
        if event.text == b'one ':
            fifo.write_text('go')

    assert run(RegisterEventHandler(OnProcessIO(
        target_action=process, on_stdout=on_stdout, on_stderr=lambda event: None)), process) == 0
    assert pieces == [b'one ', b'line\n']
    assert f"[{process.process_details['name']}] one line\n" in capsys.readouterr().out


def test_a_process_that_dies_is_reported_with_its_exit_code_and_the_launch_returns_0(capsys):
    process = ExecuteProcess(cmd=['sh', '-c', 'exit 7'], name='short')
    assert run(process) == 0
    name, pid = process.process_details['name'], process.process_details['pid']
    assert (f"[ERROR] [{name}]: process has died [pid {pid}, exit code 7, cmd 'sh -c exit 7'].\n"
            in capsys.readouterr().out)


def test_a_command_that_does_not_exist_is_reported(capsys):
    assert run(ExecuteProcess(cmd=['/nonexistent/command'])) == 0
    out = capsys.readouterr().out
    assert 'exception occurred while executing process:' in out
    assert 'No such file or directory' in out


def test_output_log_shows_stderr_alone_and_keeps_both_in_launch_log(capsys):
    process = ExecuteProcess(cmd=['sh', '-c', 'echo quiet; echo loud >&2'])
    run(process)
    out = capsys.readouterr().out
    assert 'loud' in out and 'quiet' not in out
    folder = next(line for line in out.splitlines() if 'All log files' in line).split()[-1]
    log = Path(folder, 'launch.log').read_text()
    assert f"[{process.process_details['name']}] quiet" in log and 'loud' in log


def test_an_output_that_is_not_known_is_refused(capsys):
    assert run(ExecuteProcess(cmd=['true'], output='loudspeaker')) == 1
    assert 'loudspeaker is not a valid standard output config' in capsys.readouterr().out


def test_the_exit_of_one_process_ends_the_others_with_sigint(capsys):
    lasting = python(STUBBORN)
    short = ExecuteProcess(cmd=['true'], on_exit=Shutdown(reason='done'))
    assert run(lasting, when_ready(short)) == 0
    name = lasting.process_details['name']
    out = capsys.readouterr().out
    assert f"[INFO] [{name}]: sending signal 'SIGINT' to process[{name}]\n" in out
    assert 'exit code -2' in out and 'SIGTERM' not in out


def test_a_stubborn_process_gets_sigterm_and_then_sigkill(capsys):
    process = python(STUBBORN, 'SIGINT', 'SIGTERM', sigterm_timeout='0.2', sigkill_timeout='0.3')
    assert run(process, when_ready(Shutdown())) == 0
    name = process.process_details['name']
    told = [line.partition(']: ')[2]
            for line in lines_after('] ready', capsys.readouterr().out)[:5]]
    assert told == [
        f"sending signal 'SIGINT' to process[{name}]",
        f"process[{name}] failed to terminate '0.2' seconds after receiving 'SIGINT', "
        "escalating to 'SIGTERM'",
        f"sending signal 'SIGTERM' to process[{name}]",
        f"process[{name}] failed to terminate '0.5' seconds after receiving 'SIGTERM', "
        "escalating to 'SIGKILL'",
        f"sending signal 'SIGKILL' to process[{name}]"]


@pytest.mark.parametrize('noninteractive', [False, True])
def test_ctrl_c_is_passed_on_only_where_no_terminal_does_it(capsys, noninteractive):
    process = python(STUBBORN, sigterm_timeout='0.2')
    interrupt = OpaqueFunction(function=lambda context: context.emit_event_sync(
        launch.events.Shutdown(due_to_sigint=True)))
    run(process, when_ready(interrupt), noninteractive=noninteractive)
    out = capsys.readouterr().out
    assert ("sending signal 'SIGINT'" in out) == noninteractive
    assert ("sending signal 'SIGTERM'" in out) != noninteractive


def test_a_process_that_would_start_after_shutdown_does_not(capsys):
    late = ExecuteProcess(cmd=['echo', 'late'], output='screen')
    assert run(Shutdown(), RegisterEventHandler(OnShutdown(on_shutdown=late))) == 0
    assert 'late' not in capsys.readouterr().out


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
    place = PathJoinSubstitution([str(tmp_path), TextSubstitution(text='included.launch.py')])
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


def test_the_arguments_of_a_description_are_found_in_what_it_leads_to():
    first = DeclareLaunchArgument('one', default_value='1', description='the first')
    inner = DeclareLaunchArgument('two')
    description = LaunchDescription([
        first, DeclareLaunchArgument('one', default_value='2'),
        RegisterEventHandler(OnProcessStart(on_start=[inner]))])
    assert description.get_launch_arguments() == [first, inner]


@pytest.mark.parametrize(('text', 'holds'), [
    ('true', True), ('True', True), (' 1 ', True), ('false', False), ('0', False)])
def test_conditions(capsys, text, holds):
    run(LogInfo(msg='if holds', condition=IfCondition(text)),
        LogInfo(msg='unless holds', condition=UnlessCondition([text])))
    assert ('if holds' if holds else 'unless holds') in capsys.readouterr().out


def test_a_condition_that_is_no_truth_value_ends_the_launch(capsys):
    assert run(LogInfo(msg='x', condition=IfCondition('maybe'))) == 1
    assert "got: 'maybe'" in capsys.readouterr().out


def test_the_environment_reaches_the_process(capsys, monkeypatch):
    monkeypatch.setenv('STAND_IN_SET', 'before')
    run(SetEnvironmentVariable('STAND_IN_SET', ['a', 'b']), ExecuteProcess(
        cmd=['sh', '-c', 'echo $STAND_IN_SET $STAND_IN_MORE', 'sh'], output='screen',
        additional_env={'STAND_IN_MORE': EnvironmentVariable('NOT_SET', default_value='more')}))
    assert '] ab more\n' in capsys.readouterr().out


@pytest.mark.parametrize('substitution, told', [
    (LaunchConfiguration('lost'), "launch configuration 'lost' does not exist"),
    (EnvironmentVariable('LOST_9'), "environment variable 'LOST_9' does not exist"),
])
def test_a_substitution_without_text_ends_the_launch(capsys, substitution, told):
    assert run(LogInfo(msg=substitution)) == 1
    assert told in capsys.readouterr().out


def test_an_error_in_the_launch_file_ends_the_processes_and_returns_1(capsys):
    def fail(context):
        raise ValueError('so it goes')
    assert run(python(STUBBORN), when_ready(OpaqueFunction(function=fail))) == 1
    out = capsys.readouterr().out
    assert ('[ERROR] [launch]: Caught exception in launch (see debug for traceback): so it goes\n'
            in out)
    assert 'ValueError' not in out and "sending signal 'SIGINT'" in out


def test_debug_shows_the_traceback(capsys):
    assert run(OpaqueFunction(function=lambda context: 1 / 0), debug=True) == 1
    assert 'ZeroDivisionError' in capsys.readouterr().out


def test_event_handlers_are_asked_in_the_order_of_events():
    told = []
    process = ExecuteProcess(cmd=['sh', '-c', 'echo x; exit 4'])
    other = ExecuteProcess(cmd=['true'])

    def tell(event, context):
        told.append((type(event).__name__.lstrip('_'), getattr(event, 'returncode', None)))

    run(RegisterEventHandler(OnProcessStart(target_action=process, on_start=tell)),
        RegisterEventHandler(OnProcessExit(target_action=process, on_exit=tell)),
        RegisterEventHandler(OnProcessIO(
            target_action=process, on_stdout=lambda event: told.append(event.text),
            on_stderr=told.append)),
        RegisterEventHandler(OnShutdown(on_shutdown=tell)), process, other)
    assert told == [('ProcessStarted', None), b'x\n', ('ProcessExited', 4), ('Shutdown', None)]


def test_a_function_may_return_more_to_launch(capsys):
    run(OpaqueFunction(function=lambda context, word: [LogInfo(msg=word)], args=['said']))
    assert '[INFO] [launch.user]: said\n' in capsys.readouterr().out


@pytest.mark.parametrize(('refused', 'name'), [
    ('from launch.actions import GroupAction', 'launch.actions.GroupAction'),
    ('from launch.substitutions import Command', 'launch.substitutions.Command'),
    ('from launch import LaunchIntrospector', 'launch.LaunchIntrospector'),
    ('import launch.frontend', 'launch.frontend'),
    ('launch.events.TimerEvent', 'launch.events.TimerEvent'),
    ('ExecuteProcess(cmd=["true"], respawn=True)', 'launch.actions.ExecuteProcess(respawn=...)'),
    ('IncludeLaunchDescription("a.launch.xml")', 'PythonLaunchDescriptionSource'),
])
def test_the_rest_is_refused_by_name(refused, name):
    with pytest.raises((ImportError, TypeError)) as error:
        exec(refused, {**globals(), 'launch': launch})
    assert name in str(error.value)
    assert "install ROS 2's launch package" in str(error.value)


def test_python_may_probe_the_modules():
    assert not hasattr(launch.actions, '__wrapped__')


def test_what_a_user_logs_is_shown_once(capsys):
    run(LogInfo(msg='look here'))
    assert capsys.readouterr().out.count('look here') == 1
