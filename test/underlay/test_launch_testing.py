# SPDX-License-Identifier: Apache-2.0
"""The stand-in of launch_testing: launch tests pass and fail when they should."""

from importlib.metadata import entry_points
import subprocess
import sys

import pytest

pytest.importorskip('launch._refusal', reason='the real launch_testing is here, no stand-in')

#: The plugin, where no installed package announces it.
PLUGIN = [] if any(
    point.name == 'launch_testing' for point in entry_points(group='pytest11')) else [
        '-p', 'launch_testing.pytest.hooks']

#: Its processes may take their time over starting and ending, as on a machine that is busy. They
#: look for signals now and then, as one that comes just before a process waits does not wake it.
HEAD = '''
import signal, sys, unittest
import launch, launch._process
import launch_testing, launch_testing.actions, launch_testing.asserts, pytest
from launch.actions import ExecuteProcess

launch._process.ESCALATION = tuple(
    ('50', *signals) for _, *signals in launch._process.ESCALATION)
CODE = """
import os, signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit({code}))
os.write(2, b"\\\\x1b[1mhe"); os.write(2, b"llo\\\\x1b[0m\\\\n"); os.write(1, b"out\\\\n")
{then}
"""

def python(then='while True: time.sleep(0.1)', code=0):
    return ExecuteProcess(cmd=[sys.executable, '-c', CODE.format(then=then, code=code)])

def describe(*entities):
    return launch.LaunchDescription([*entities, launch_testing.actions.ReadyToTest()])
'''
PASSING = HEAD + '''
@pytest.mark.launch_test
def generate_test_description():
    return describe(python(), ExecuteProcess(cmd=['true']))

class TestWhileRunning(unittest.TestCase):

    def test_output(self, proc_output):
        """A test with a docstring."""
        proc_output.assertWaitFor('hello', timeout=50)
        proc_output.assertWaitFor('out', process='python', stream='stdout', timeout=50)
        with self.assertRaises(AssertionError):
            proc_output.assertWaitFor('goodbye', timeout=0.01)
        with self.assertRaises(AssertionError):
            proc_output.assertWaitFor('hello', process='true', timeout=0.01)

    def test_the_rest_is_refused(self, proc_output):
        with self.assertRaisesRegex(TypeError, "output_filter.*install ROS 2's launch_testing"):
            proc_output.assertWaitFor('out', output_filter=str)
        with self.assertRaisesRegex(AttributeError, "waitFor .*install ROS 2's launch_testing"):
            proc_output.waitFor('out')

    @unittest.expectedFailure
    def test_that_fails_as_expected(self):
        assert False

@launch_testing.post_shutdown_test()
class TestAfterwards(unittest.TestCase):

    def test_exit_codes(self, proc_info):
        launch_testing.asserts.assertExitCodes(proc_info)
        with self.assertRaises(AssertionError):
            launch_testing.asserts.assertExitCodes(proc_info, [1])
        with self.assertRaisesRegex(TypeError, "process.*install ROS 2's launch_testing"):
            launch_testing.asserts.assertExitCodes(proc_info, process='true')
'''


def module(body='pass', *, description='describe(python())', decorator='', wanted='proc_output'):
    """Return the text of a module with one launch test."""
    return f"""{HEAD}
@pytest.mark.launch_test
{decorator}
def generate_test_description():
    return {description}

class TestIt(unittest.TestCase):
    def test_it(self, {wanted}):
        {body}
"""


#: Modules that must not pass, and what is told of each.
FAILING = {
    'a failing test': (
        module('assert 1 == 2, "one is not two"'), 'one is not two'),
    'a failing test after shutdown': (
        module('proc_output.assertWaitFor("hello", timeout=50)',
               description='describe(python(code=3))') + """
@launch_testing.post_shutdown_test()
class TestAfterwards(unittest.TestCase):
    def test_exit_codes(self, proc_info):
        launch_testing.asserts.assertExitCodes(proc_info)
""", 'exited with code 3'),
    'an error in setUpClass': (
        module() + """
    @classmethod
    def setUpClass(cls):
        raise ValueError('class is not set up')
""", 'class is not set up'),
    'processes that end before the tests': (
        module('__import__("threading").Event().wait(100)',
               description='describe(python("sys.exit(2)"))'),
        'Processes under test stopped before tests completed'),
    'an error in the launch': (
        module('__import__("threading").Event().wait(100)', description=(
            'describe(python(), launch.actions.OpaqueFunction(function=lambda _: 1 / 0))')),
        'Processes under test stopped before tests completed'),
    'no ReadyToTest': (
        module(description='launch.LaunchDescription([python()])'),
        'containing a ReadyToTest action'),
    'an ambiguous process': (
        module('[proc_output.assertWaitFor("hello", process=part, timeout=50) for part in "12-"]',
               description='describe(python(), python())'),
        "Found multiple processes matching name '-'"),
    'no process that exited': (
        HEAD + """
@pytest.mark.launch_test
def generate_test_description():
    return describe(ExecuteProcess(cmd=['/nonexistent/command']), python())

@launch_testing.post_shutdown_test()
class TestAfterwards(unittest.TestCase):
    def test_exit_codes(self, proc_info):
        proc_info.exits.clear()
        launch_testing.asserts.assertExitCodes(proc_info)
""", 'No process has been recorded'),
    'an argument that is not known': (
        module(wanted='launch_service'), 'launch_testing.launch_service as an argument'),
    'a parametrized launch test': (
        module(decorator='@launch_testing.parametrize("x", [1])'),
        "install ROS 2's launch_testing package"),
}


def run_pytest(folder, *names):
    """Run pytest on the files of a folder; return its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, '-m', 'pytest', '-rA', '-p', 'no:cacheprovider', '--strict-markers',
         '--rootdir', str(folder), '-c', '/dev/null', *PLUGIN, *names],
        cwd=folder, capture_output=True, text=True, timeout=150)
    return done.returncode, done.stdout + done.stderr


def test_a_launch_test_that_passes_is_one_test(tmp_path):
    (tmp_path / 'test_passing.py').write_text(PASSING)
    code, out = run_pytest(tmp_path)
    assert code == 0, out
    assert '1 passed' in out and 'PASSED test_passing.py::test_passing' in out


@pytest.mark.parametrize('what', FAILING)
def test_failures_are_failures(what, tmp_path):
    text, told = FAILING[what]
    (tmp_path / 'test_failing.py').write_text(text)
    code, out = run_pytest(tmp_path)
    assert code != 0 and 'passed' not in out.splitlines()[-1], out
    assert told in out, out


def test_a_module_without_the_mark_is_an_ordinary_one(tmp_path):
    (tmp_path / 'test_ordinary.py').write_text(
        '\ndef generate_test_description():\n    assert False\n\ndef test_it():\n    pass\n')
    code, out = run_pytest(tmp_path)
    assert code == 0 and 'PASSED test_ordinary.py::test_it' in out
