# SPDX-License-Identifier: Apache-2.0
"""One line that names what was measured on; a figure without it says little."""

from __future__ import annotations

import os
from pathlib import Path
import platform
import re

import torch

_CPU_INFO = Path('/proc/cpuinfo')


def hardware(device: torch.device) -> str:
    """Return the CPU, its threads in use, the GPU in use and torch's version as text."""
    threads = torch.get_num_threads()
    gpu = (torch.cuda.get_device_name(device) if device.type == 'cuda'
           else 'GPU not used' if torch.cuda.is_available() else 'no GPU')
    return (f'{cpu_model()}, {threads} of {os.cpu_count()} CPU threads, {gpu}, '
            f'torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}')


def cpu_model() -> str:
    """Return the name of the CPU, or of its architecture where Linux does not tell."""
    text = _CPU_INFO.read_text() if _CPU_INFO.is_file() else ''
    named = re.search(r'^model name\s*:\s*(.+)$', text, re.MULTILINE)
    return named[1].strip() if named else platform.machine()
