# SPDX-License-Identifier: Apache-2.0
"""A node run as a process: how it ends. What perception does there is in test_lifecycle.py."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

#: The node fails in some callbacks, as where what they were called for is gone, and asks to end
#: many times.
PROGRAM = """
import os, signal, sys, threading
from discinst_ros.nodes.process import run
from rclpy.exceptions import InvalidHandle
from rclpy.node import Node

class Failing(Node):
    def __init__(self):
        super().__init__('failing')
        self.timers_left = [self.create_timer(0.0, lambda k=k: self.fail(k)) for k in range(4)]

    def fail(self, number):
        self.timers_left[number].cancel()
        if number == 3:
            for _ in range(20):
                os.kill(os.getpid(), signal.SIGTERM)
        raise ERROR('it is gone')

    def begin_release(self):
        done = threading.Event()
        done.set()
        return done

sys.exit(run(Failing, [], threads=4))
"""


#: The threads of the pool are busy until the end.
BUSY = """
import os, signal, sys, threading, time
from discinst_ros.nodes.process import run
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

class Busy(Node):
    def __init__(self):
        super().__init__('busy')
        group = ReentrantCallbackGroup()
        for _ in range(6):
            self.create_timer(0.001, lambda: time.sleep(0.05), callback_group=group)
        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()

    def begin_release(self):
        done = threading.Event()
        done.set()
        return done

sys.exit(run(Busy, [], threads=3))
"""


#: It is told to end once more while the interpreter takes itself apart.
LATE = """
import os, signal

class Late:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGTERM):
        kill(pid, number)

late = Late()
"""


def end_of(*arguments: str) -> tuple[int, str]:
    """Return the exit code and the output of a Python process that ends by itself."""
    ended = subprocess.run(
        [sys.executable, *arguments], timeout=60, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))})
    return ended.returncode, ended.stdout


@pytest.mark.parametrize('attempt', range(5))
def test_what_is_gone_at_the_end_is_no_failure(attempt):
    """Not one line is printed: an exception left in a callback would be, by rclpy."""
    assert end_of('-c', PROGRAM.replace('ERROR', 'InvalidHandle')) == (0, '')


def test_what_is_in_work_at_the_end_is_finished_first():
    """Not one line is printed, as above."""
    assert end_of('-c', BUSY) == (0, '')


def test_a_signal_after_the_end_does_no_harm():
    assert end_of('-c', LATE + BUSY) == (0, '')


@pytest.mark.parametrize('name', ['perception_node', 'replay_camera'])
@pytest.mark.parametrize('parameter', ['use_sim_time', 'start_type_description_service'])
def test_a_wrong_type_of_what_is_rclpy_s_own_ends_it_in_a_sentence(name, parameter):
    code, output = end_of('-m', 'discinst_ros', name, '--ros-args', '-p', f'{parameter}:=maybe')
    assert code == 1
    assert f"parameter refused: Trying to set parameter '{parameter}' to 'maybe'" in output
    assert 'Traceback' not in output


def test_a_callback_that_fails_ends_the_process_with_its_words():
    code, output = end_of('-c', PROGRAM.replace('ERROR', 'ValueError'))
    assert code == 1 and 'callback failed: ValueError: it is gone' in output
