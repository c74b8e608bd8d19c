# SPDX-License-Identifier: Apache-2.0
"""Processes that share work, end when the one that started them does, and are missed if killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
import multiprocessing
from multiprocessing import connection
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
    before = set(multiprocessing.active_children())
    # Not forked: a drawing context does not survive that.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context('spawn'),
                               initializer=_end_with_parent)
    try:
        yield from _results(pool, work, jobs, workers)
    except BrokenProcessPool as error:
        raise WorkerKilled(
            f'one of {workers} processes was killed, probably for want of memory; give fewer '
            '--workers, and the same command otherwise: it goes on where this one stopped'
        ) from error
    except (KeyboardInterrupt, GeneratorExit):
        # What they are at, and what the pool has handed to them already, takes its time.
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _results(pool: ProcessPoolExecutor, work: Callable[..., Result],
             jobs: Sequence[tuple[Any, ...]], workers: int) -> Iterator[Result]:
    """Yield what each job returns; few wait at a time, so that millions take no memory."""
    waiting = iter(jobs)
    begun: set[Future[Result]] = set()
    while True:
        with without_interrupts():
            begun.update(pool.submit(_interruptible, work, *job)
                         for job in islice(waiting, 2 * workers - len(begun)))
        if not begun:
            return
        done, begun = wait(begun, return_when=FIRST_COMPLETED)
        for one in done:
            yield one.result()


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
    connection.wait([sentinel])
    os._exit(1)
