# SPDX-License-Identifier: Apache-2.0
"""What goes wrong while a node runs: logged once, counted and kept for /diagnostics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import threading
import time

#: A problem that goes on is logged again after so long.
LOG_AGAIN_S = 30.0
#: A problem that has not been seen for so long is over.
OVER_AFTER_S = 5.0


def sentence(error: BaseException) -> str:
    """Return an error in one line, with its type where the text alone says too little."""
    text = ' '.join(str(error).split())
    return text if isinstance(error, (ValueError, OSError)) else f'{type(error).__name__}: {text}'


@dataclass
class Problem:
    """One kind of problem."""

    sentence: str
    #: Whether it stays until it is cleared, instead of ending by itself.
    lasting: bool
    fatal: bool
    count: int = 0
    seen_s: float = 0.0
    logged_s: float | None = None


class Problems:
    """Collects problems from all threads of a node."""

    def __init__(self, log_warning: Callable[[str], object], log_error: Callable[[str], object],
                 *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without any; ``clock`` is a steady clock in seconds."""
        self._log_warning = log_warning
        self._log_error = log_error
        self._clock = clock
        self._lock = threading.Lock()
        self._problems: dict[str, Problem] = {}
        #: The last sentence ever reported.
        self.last = ''

    def report(self, kind: str, sentence: str, *, lasting: bool = False,
               fatal: bool = False) -> None:
        """
        Say that something is wrong.

        :param kind: a few words, the same each time; they decide what counts as one problem.
        :param sentence: the value seen and the fix.
        :param lasting: it stays until :meth:`clear`.
        :param fatal: the node cannot do its work.
        """
        with self._lock:
            problem = self._problems.setdefault(kind, Problem(sentence, lasting, fatal))
            now = self._clock()
            problem.sentence, problem.fatal = sentence, fatal
            # What lasts is still there when it is seen in passing, too.
            problem.lasting = problem.lasting or lasting
            problem.count += 1
            problem.seen_s = now
            self.last = sentence
            due = problem.logged_s is None or now - problem.logged_s >= LOG_AGAIN_S
            if due:
                problem.logged_s = now
            text = sentence if problem.count == 1 else f'{sentence} (seen {problem.count} times)'
        # A line for each severity: rclpy binds a calling line to one.
        if due and fatal:
            self._log_error(text)
        elif due:
            self._log_warning(text)

    def clear(self, kind: str) -> None:
        """Say that a problem is over; when it comes back it is logged anew."""
        with self._lock:
            self._problems.pop(kind, None)

    def sentence_of(self, kind: str) -> str | None:
        """Return the last sentence of a problem that is not cleared, None where there is none."""
        with self._lock:
            problem = self._problems.get(kind)
            return None if problem is None else problem.sentence

    def active(self) -> list[Problem]:
        """Return what is wrong now, the fatal ones first."""
        with self._lock:
            now = self._clock()
            current = [problem for problem in self._problems.values()
                       if problem.lasting or now - problem.seen_s < OVER_AFTER_S]
        return sorted(current, key=lambda problem: not problem.fatal)
