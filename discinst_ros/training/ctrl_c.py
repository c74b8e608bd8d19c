# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C while Lightning trains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import signal


@contextmanager
def told_as_it_is() -> Iterator[None]:
    """
    Pass a Ctrl-C on, for which Lightning would end the program, and let the next one count, too.

    :raises KeyboardInterrupt: in place of what Lightning raises for it.
    """
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as error:
        if not isinstance(error.__context__, KeyboardInterrupt):
            raise
        signal.signal(signal.SIGINT, handler)  # Lightning ignores it from here
        raise KeyboardInterrupt from error
