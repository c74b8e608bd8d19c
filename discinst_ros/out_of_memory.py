# SPDX-License-Identifier: Apache-2.0
"""A GPU whose memory is full: said in one sentence, with what to lower."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import traceback

import torch


@contextmanager
def explained(kind: type[ValueError], what: str, advice: str) -> Iterator[None]:
    """
    Turn torch's account of a full GPU into a sentence.

    :param kind: of the error to raise.
    :param what: what was being done, with its size.
    :param advice: what to lower.
    :raises ValueError: of the kind given.
    """
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        traceback.clear_frames(error.__traceback__)  # they hold the tensors of the failed call
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise kind(f'the memory of the GPU is full ({what}); {advice}') from None
