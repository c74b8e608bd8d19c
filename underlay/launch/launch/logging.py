# SPDX-License-Identifier: Apache-2.0
"""
Loggers that write to the screen and to launch.log.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
import logging
import os
from pathlib import Path
import socket
import sys
from typing import TextIO

from ._refusal import refuse_the_rest

__getattr__ = refuse_the_rest(__name__)

# Where a process's (stdout, stderr) go, by the name of the output configuration.
_DESTINATIONS = {
    'screen': (('screen',), ('screen',)),
    'log': (('log',), ('log', 'screen')),
    'both': (('log', 'screen'), ('log', 'screen')),
}


class _ScreenHandler(logging.StreamHandler[TextIO]):
    """
    Writes to whatever sys.stdout is at that time.
    """

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stdout


@lru_cache(maxsize=None)
def log_dir() -> Path:
    """
    Make this launch's log folder, below ROS_LOG_DIR or ROS_HOME/log or ~/.ros/log.
    """
    home = os.environ.get('ROS_HOME') or '~/.ros'
    base = Path(os.environ.get('ROS_LOG_DIR') or os.path.join(home, 'log')).expanduser()
    stamp = datetime.now().strftime('%Y-%m-%d-%H-%M-%S-%f')
    folder = base / f'{stamp}-{socket.gethostname()}-{os.getpid()}'
    folder.mkdir(parents=True)
    return folder


@lru_cache(maxsize=None)
def _handler(destination: str, format: str) -> logging.Handler:
    handler: logging.Handler
    if destination == 'screen':
        handler = _ScreenHandler()
    else:
        handler = logging.FileHandler(log_dir() / 'launch.log', encoding='utf-8')
        format = '{created:.7f} ' + format
    handler.setFormatter(logging.Formatter(format, style='{'))
    return handler


@lru_cache(maxsize=None)
def _logger(name: str, destinations: tuple[str, ...], format: str) -> logging.Logger:
    logger = logging.getLogger(name)
    logger.setLevel(logging.INFO)
    for destination in destinations:
        logger.addHandler(_handler(destination, format))
    return logger


def get_logger(name: str = 'launch') -> logging.Logger:
    """
    Return the logger of a part of the launch: '[INFO] [name]: text'.
    """
    return _logger(name, ('screen', 'log'), '[{levelname}] [{name}]: {message}')


def get_output_loggers(
    process_name: str, output_config: str,
) -> tuple[logging.Logger, logging.Logger]:
    """
    Return the loggers of a process's stdout and stderr lines.
    """
    if output_config not in _DESTINATIONS:
        raise ValueError(f'{output_config} is not a valid standard output config '
                         'i.e. "screen", "log" or "both"')
    stdout, stderr = _DESTINATIONS[output_config]
    return (_logger(f'{process_name}-stdout', stdout, '{message}'),
            _logger(f'{process_name}-stderr', stderr, '{message}'))
