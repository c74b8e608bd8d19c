# SPDX-License-Identifier: Apache-2.0
"""What ends a training early, said in one sentence."""

from __future__ import annotations

import errno
import re

#: What jsonargparse says of settings that may also be null, beside what is wrong.
_UNION_NOISE = re.compile(r'^\s*(?:- )?(Does not validate against any of the Union|Subtypes:'
                          r"|Errors:|Expected (a )?<class 'NoneType'>"
                          r'|Problem with given class_path|Given value type:'
                          r'|Given value: (Namespace|NestedArg|\{)).*\n?|^\s*- ', re.MULTILINE)
#: What it says where a setting that others follow from is refused.
_LINK_NOISE = re.compile(r"Call to compute_fn of link '.*?' with args \(.*?\) failed: ")
#: What torch says of a process that loads data and has ended, or cannot hand over what it has.
_LOST = re.compile(r'DataLoader worker \(pid|unable to (?:open|write|allocate|resize).*'
                   r'(?:shared memory|</torch_|shm)')


class TrainingError(ValueError):
    """A training that cannot go on; the message says why and what to do."""


def sentence(error: BaseException) -> str:
    """Return what is wrong, without the trace of a process that loads data."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return ('the disk is full; the files written before are whole, so free some space and go '
                'on with --resume')
    if lost_worker(error):
        return ('a process that loads images has ended, mostly for want of memory; give '
                '--data.workers 0, or more shared memory (/dev/shm; of a container --shm-size), '
                'and go on with --resume')
    text = str(error).strip() or type(error).__name__
    if 'Original Traceback' in text:
        text = re.sub(r'^[\w.]+: ', '', text.splitlines()[-1])
    return concise(text)


def lost_worker(error: BaseException) -> bool:
    """Tell whether a process that loads data was killed, or had no memory to share."""
    return isinstance(error, RuntimeError) and bool(_LOST.search(str(error)))


def concise(message: str) -> str:
    """Return a message on one line, without what jsonargparse says of its own working."""
    return ' '.join(_LINK_NOISE.sub('', _UNION_NOISE.sub('', message)).split())
