# SPDX-License-Identifier: Apache-2.0
"""What a launch writes: to the screen and to its launch.log."""

from datetime import datetime
from functools import cache
import os
from pathlib import Path
import socket
import time
from typing import TextIO


def report(level: str, name: str, text: str) -> None:
    """Tell something of a part of the launch, on the screen and in the log."""
    show(f'[{level}] [{name}]: {text}')


def show(line: str, places: tuple[str, ...] = ('screen', 'log')) -> None:
    """Write a line to one place or to both."""
    if 'screen' in places:
        try:
            print(line, flush=True)
        except BrokenPipeError:  # nobody reads any more; that is no reason to leave processes
            pass
    if 'log' in places:
        print(f'{time.time():.7f} {line}', file=_log_file(), flush=True)


@cache
def log_dir() -> Path:
    """Make this launch's log folder, below ROS_LOG_DIR, ROS_HOME/log or ~/.ros/log."""
    base = os.environ.get('ROS_LOG_DIR') or os.path.join(
        os.environ.get('ROS_HOME') or '~/.ros', 'log')
    stamp = datetime.now().strftime('%Y-%m-%d-%H-%M-%S-%f')
    folder = Path(base).expanduser() / f'{stamp}-{socket.gethostname()}-{os.getpid()}'
    folder.mkdir(parents=True)
    return folder


@cache
def _log_file() -> TextIO:
    return open(log_dir() / 'launch.log', 'a', encoding='utf-8')
