# SPDX-License-Identifier: Apache-2.0
"""The processes of make_scenes: none outlives the command, and one that is killed is told."""

from functools import partial
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

pytest.importorskip('mujoco', reason='MuJoCo is not installed: pip install mujoco')

#: Far more than are made before the test ends.
COUNT = 2000
#: Only a failing test uses it up.
PATIENCE_S = 120
pytestmark = pytest.mark.skipif(not Path('/proc/self/task').is_dir(),
                                reason='processes are found in /proc')


@pytest.fixture
def command(tmp_path, graphics_library):
    """Start make_scenes with two processes; wait for its first frame."""
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        [sys.executable, '-m', 'discinst_ros', 'make_scenes', '--kind', 'heaps', '--workers', '2',
         '--views', '1', '--width', '64', '--height', '48', '--count', str(COUNT),
         '--out', str(tmp_path)], stderr=subprocess.PIPE, env=environment,
        # As a terminal starts it: what a shell starts in the background ignores SIGINT.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL), start_new_session=True)
    told = b''
    while f' 1/{COUNT}'.encode() not in told:
        more = os.read(process.stderr.fileno(), 1000)
        assert more, told.decode()
        told += more
    yield process
    process.kill()
    process.wait()
    process.stderr.close()


def workers_of(process):
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
    return [int(child) for child in children
            if b'--multiprocessing-fork' in Path(f'/proc/{child}/cmdline').read_bytes()]


def test_processes_end_when_the_command_is_killed(command):
    """Each process holds the pipe of the errors open, so its end is that of all of them."""
    assert len(workers_of(command)) == 2
    command.kill()
    command.communicate(timeout=PATIENCE_S)


def test_ctrl_c_ends_in_a_sentence(command):
    """A terminal sends it to the command and to its processes, to all at once."""
    assert len(workers_of(command)) == 2
    os.killpg(command.pid, signal.SIGINT)
    _, told = command.communicate(timeout=PATIENCE_S)
    assert command.returncode == 130
    assert b'Traceback' not in told and b'KeyboardInterrupt' not in told


def test_killed_process_is_told(command):
    os.kill(workers_of(command)[0], signal.SIGKILL)
    _, told = command.communicate(timeout=PATIENCE_S)
    assert command.returncode == 1
    assert told.decode().splitlines()[-1] == (
        'make_scenes: one of 2 processes was killed, probably for want of memory; give fewer '
        '--workers, and the same command otherwise: it goes on where this one stopped')
    assert b'Traceback' not in told
