# SPDX-License-Identifier: Apache-2.0
"""Loggers that write to the screen and to launch.log."""

from __future__ import annotations

from datetime import datetime
from functools import cache
import logging
import os
from pathlib import Path
import socket

from ._refusal import refuse_the_rest

__getattr__ = refuse_the_rest(__name__)

# Where a process's stdout and stderr go, by the name of the output configuration.
_DESTINATIONS = {
    'screen': (('screen',), ('screen',)),
    'log': (('log',), ('log', 'screen')),
    'both': (('log', 'screen'), ('log', 'screen')),
}


class _ScreenHandler(logging.Handler):
    """Writes to whatever sys.stdout is at that time."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), flush=True)
        except BrokenPipeError:  # nobody reads any more; that is no reason to leave processes
            pass


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
def _logger(name: str, destinations: tuple[str, ...], style: str) -> logging.Logger:
    logger = logging.getLogger(name)
    logger.setLevel(logging.INFO)
    logger.propagate = False  # or 'launch' would write what 'launch.user' wrote
    for destination in destinations:
        screen = destination == 'screen'
        handler = _ScreenHandler() if screen else logging.FileHandler(
            log_dir() / 'launch.log', encoding='utf-8')
        handler.setFormatter(logging.Formatter(
            style if screen else '{created:.7f} ' + style, style='{'))
        logger.addHandler(handler)
    return logger


def get_logger(name: str = 'launch') -> logging.Logger:
    """Return the logger of a part of the launch: '[INFO] [name]: text'."""
    return _logger(name, ('screen', 'log'), '[{levelname}] [{name}]: {message}')


def get_output_loggers(
    process_name: str, output_config: str,
) -> tuple[logging.Logger, logging.Logger]:
    """Return the loggers of a process's stdout and stderr lines."""
    if output_config not in _DESTINATIONS:
        raise ValueError(f'{output_config} is not a valid standard output config '
                         'i.e. "screen", "log" or "both"')
    stdout, stderr = _DESTINATIONS[output_config]
    return (_logger(f'{process_name}-stdout', stdout, '{message}'),
            _logger(f'{process_name}-stderr', stderr, '{message}'))
