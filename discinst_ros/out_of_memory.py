# SPDX-License-Identifier: Apache-2.0
"""Memory that is full, of a GPU or of the machine: said in one sentence, with what to lower."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import errno
import traceback

import torch

GPU, MACHINE = 'the GPU', 'this machine'
#: What the allocators of the machine say: of torch, of C++, and of OpenCV.
_MACHINE_SAYS = ('DefaultCPUAllocator', "can't allocate memory", 'std::bad_alloc',
                 'Insufficient memory')
#: What the driver of a GPU and its libraries say; torch has a class for its own allocator alone.
_GPU_SAYS = ('out of memory', 'STATUS_ALLOC_FAILED')


def full_memory(error: BaseException) -> str | None:
    """
    Tell whether an error means that memory is full.

    Libraries have no common class for it, so some are known by what they say.

    :return: whose, :data:`GPU` or :data:`MACHINE`; None for another error.
    """
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return GPU
    if isinstance(error, MemoryError) or (
            isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return MACHINE
    # Of OpenCV: its error is known by name, so that it need not be imported
    if not isinstance(error, RuntimeError) and type(error).__module__ != 'cv2':
        return None
    text = str(error)
    if any(one in text for one in _MACHINE_SAYS):
        return MACHINE
    return GPU if any(one in text for one in _GPU_SAYS) else None


def let_go(error: BaseException) -> None:
    """Free what the failed call has allocated: the frames of its traceback hold the tensors."""
    traceback.clear_frames(error.__traceback__)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def explained(kind: type[ValueError], what: str, advice: str) -> Iterator[None]:
    """
    Turn an account of full memory, whoever gives it, into a sentence.

    :param kind: of the error to raise.
    :param what: what was being done, with its size.
    :param advice: what to lower.
    :raises ValueError: of the kind given; :func:`cause_of` tells it from others of the kind.
    """
    try:
        yield
    except Exception as error:
        whose = full_memory(error)
        if whose is None:
            raise
        let_go(error)
        raise kind(f'the memory of {whose} is full ({what}); {advice}') from None


def cause_of(error: BaseException) -> BaseException:
    """Return the error that :func:`explained` has put into a sentence; any other as it is."""
    cause = error.__context__
    return error if cause is None or full_memory(cause) is None else cause
