# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, which a terminal sends to all processes of a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import signal


@contextmanager
def without_interrupts() -> Iterator[None]:
    """
    Start processes that Ctrl-C does not reach, also not while they import, which takes seconds.

    They inherit the mask of this thread, and a trace of each would bury what the command says; a
    Ctrl-C that comes meanwhile is delivered at the end.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
