# SPDX-License-Identifier: Apache-2.0
"""Processes that share work, end when the one that started them does, and are missed if killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
import multiprocessing
from multiprocessing.connection import wait
import os
import signal
import threading
from typing import Any, TypeVar

from discinst_ros.interrupts import without_interrupts

Result = TypeVar('Result')


class WorkerKilled(ValueError):
    """A process has ended in the middle of its work; the message says what to do."""


def in_processes(work: Callable[..., Result], jobs: Sequence[tuple[Any, ...]], workers: int
                 ) -> Iterator[Result]:
    """
    Call a function once for each job and yield what it returns, in the order of being done.

    :param work: a function of a module.
    :param jobs: its arguments.
    :param workers: number of processes; 1 works in this one.
    :raises WorkerKilled: where one of the processes was killed.
    """
    if workers <= 1:
        for job in jobs:
            yield work(*job)
        return
    # Not forked: a drawing context does not survive that.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context('spawn'),
                               initializer=_end_with_parent)
    try:
        with without_interrupts():
            submitted = [pool.submit(_interruptible, work, *job) for job in jobs]
        for done in as_completed(submitted):
            yield done.result()
    except BrokenProcessPool as error:
        raise WorkerKilled(
            f'one of {workers} processes was killed, probably for want of memory; give fewer '
            '--workers, and the same command otherwise: it goes on where this one stopped'
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _interruptible(work: Callable[..., Result], *job: Any) -> Result:
    """Do a job, which Ctrl-C does end: it comes back as the exception of the job."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        return work(*job)
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _end_with_parent() -> None:
    """Let this process end when its parent has, which otherwise waits for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
