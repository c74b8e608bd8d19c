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


@pytest.fixture
def end_of():
    """Return the exit code and the output of a process whose callbacks raise an error."""
    def run(error: str) -> tuple[int, str]:
        ended = subprocess.run(
            [sys.executable, '-c', PROGRAM.replace('ERROR', error)], timeout=60, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))})
        return ended.returncode, ended.stdout
    return run


@pytest.mark.parametrize('attempt', range(5))
def test_what_is_gone_at_the_end_is_no_failure(end_of, attempt):
    """Not one line is printed: an exception left in a callback would be, by rclpy."""
    assert end_of('InvalidHandle') == (0, '')


def test_a_callback_that_fails_ends_the_process_with_its_words(end_of):
    code, output = end_of('ValueError')
    assert code == 1 and 'callback failed: ValueError: it is gone' in output
