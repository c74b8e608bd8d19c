# SPDX-License-Identifier: Apache-2.0
"""
The most memory that something needs at once.

On a GPU: what torch has allocated for tensors there, at its peak. On a CPU: how far the resident
memory of a process of its own rises above where it stands once everything is imported, at its
peak, which Linux notes. Both count weights, inputs and intermediate results; the code of torch,
and on a GPU the driver's context, are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
import multiprocessing
from pathlib import Path
import re

from discinst_ros.interrupts import without_interrupts
from discinst_ros.out_of_memory import cause_of, full_memory, let_go
import torch

#: What each of the two ways counts, to be said beside the figures.
COUNTED = {
    'cpu': 'memory: peak of a process of its own above its imports, weights included',
    'cuda': 'memory: peak of what torch allocates on the GPU, weights included'}

_STATUS, _CLEAR = Path('/proc/self/status'), Path('/proc/self/clear_refs')
#: Written to clear_refs it sets the noted peak back to what is resident now.
_RESET_PEAK = '5'


class OutOfMemory(ValueError):
    """Something did not fit; the message says what to lower."""


@dataclass(frozen=True)
class Memory:
    """Bytes above where it began."""

    #: Once all was prepared: weights and inputs.
    prepared_bytes: int
    #: At the peak of the action.
    peak_bytes: int


def peak_memory(device: torch.device, prepare: Callable[..., Callable[[], object]],
                *arguments: object) -> Memory:
    """
    Return how much memory an action needs, and what it works on.

    :param device: that it runs on.
    :param prepare: returns the action, holding all that it works on; a function of a module, and
        its arguments such as can be pickled, since on a CPU another process calls it.
    :raises OutOfMemory: where that process was ended, which Linux does when memory runs out.
    """
    if device.type == 'cuda':
        return _on_gpu(device, prepare, *arguments)
    context = multiprocessing.get_context('spawn')
    try:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            try:
                with without_interrupts():
                    found = pool.submit(_on_cpu, torch.get_num_threads(), prepare, *arguments)
                return found.result()
            except KeyboardInterrupt:
                for process in multiprocessing.active_children():
                    process.kill()
                raise
    except BrokenProcessPool:
        raise OutOfMemory('the process that measures memory was ended from outside, probably '
                          'because the machine has too little of it') from None


@contextmanager
def lowering(advice: str) -> Iterator[None]:
    """
    Say what to do where memory runs out.

    :param advice: what to lower.
    :raises OutOfMemory: in place of whatever a library raises.
    """
    try:
        yield
    except OutOfMemory as error:
        raise OutOfMemory(f'{error}: {advice}') from None
    except Exception as error:
        cause = cause_of(error)
        whose = full_memory(cause)
        if whose is None:
            raise
        let_go(cause)
        raise OutOfMemory(f'the memory of {whose} is not enough: {advice}') from None


def _on_gpu(device: torch.device, prepare: Callable[..., Callable[[], object]],
            *arguments: object) -> Memory:
    torch.cuda.synchronize(device)
    start = torch.cuda.memory_allocated(device)
    action = prepare(*arguments)
    prepared = torch.cuda.memory_allocated(device) - start
    torch.cuda.reset_peak_memory_stats(device)
    action()
    torch.cuda.synchronize(device)
    return Memory(prepared, torch.cuda.max_memory_allocated(device) - start)


def _on_cpu(threads: int, prepare: Callable[..., Callable[[], object]],
            *arguments: object) -> Memory:
    torch.set_num_threads(threads)
    _touch_torch()
    start = _status_bytes('VmRSS')
    action = prepare(*arguments)
    prepared = _status_bytes('VmRSS') - start
    _CLEAR.write_text(_RESET_PEAK)
    action()
    return Memory(prepared, _status_bytes('VmHWM') - start)


def _touch_torch() -> None:
    """Have the code that every network needs in memory, so that it is not counted."""
    image = torch.zeros(1, 3, 8, 8, requires_grad=True)
    torch.nn.Conv2d(3, 3, 3)(image).sum().backward()


def _status_bytes(name: str) -> int:
    found = re.search(rf'^{name}:\s*(\d+) kB$', _STATUS.read_text(), re.MULTILINE)
    assert found is not None, f'{_STATUS} has no {name}'
    return 1024 * int(found[1])
