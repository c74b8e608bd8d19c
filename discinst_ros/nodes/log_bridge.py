# SPDX-License-Identifier: Apache-2.0
"""Carries what the core logs to the logger of a node."""

from __future__ import annotations

import logging

from rclpy.impl.rcutils_logger import RcutilsLogger


class RosLogHandler(logging.Handler):
    """A handler for the stdlib logger ``discinst_ros``."""

    def __init__(self, logger: RcutilsLogger) -> None:
        """Take the node's logger."""
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Log at the level of the record."""
        text = record.getMessage()
        # Each severity has a call of its own: rclpy binds a call site to one severity.
        if record.levelno >= logging.ERROR:
            self._logger.error(text)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(text)
        elif record.levelno >= logging.INFO:
            self._logger.info(text)
        else:
            self._logger.debug(text)
