# SPDX-License-Identifier: Apache-2.0
"""Full memory in the words of those who report it: torch, CUDA, its libraries, numpy, OpenCV."""

from __future__ import annotations

import errno
import weakref

import cv2
from discinst_ros.inference.checks import InferenceError
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.model_config import ModelConfig
from discinst_ros.out_of_memory import cause_of, explained, full_memory
import numpy as np
import pytest
import torch
from torch import nn

#: As they were seen.
OF_A_GPU = [
    torch.cuda.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 GiB.'),
    RuntimeError('CUDA error: out of memory\nCUDA kernel errors might be reported later'),
    RuntimeError('CUDA driver error: out of memory'),
    RuntimeError('MPS backend out of memory (MPS allocated: 8.00 GB)'),
    RuntimeError('cuDNN error: CUDNN_STATUS_ALLOC_FAILED'),
    RuntimeError('CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`')]
if hasattr(torch, 'AcceleratorError'):
    OF_A_GPU.append(torch.AcceleratorError('CUDA error: out of memory'))
OF_THE_MACHINE = [
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't "
                 'allocate memory: you tried to allocate 576000001152 bytes.'),
    RuntimeError('std::bad_alloc'), MemoryError('std::bad_alloc'), MemoryError(),
    OSError(errno.ENOMEM, 'Cannot allocate memory'),
    cv2.error('OpenCV(4.12.0) alloc.cpp:73: error: (-4:Insufficient memory) Failed to allocate')]
OTHERS = [
    RuntimeError('CUDA error: an illegal memory access was encountered'),
    RuntimeError('a mistake'), ValueError('out of memory'), KeyError('out of memory'),
    OSError(errno.ENOENT, 'out of memory'), cv2.error('(-215:Assertion failed)')]


@pytest.mark.parametrize('whose, errors', [
    ('the GPU', OF_A_GPU), ('this machine', OF_THE_MACHINE), (None, OTHERS)])
def test_whose_memory_is_full(whose, errors):
    assert {str(one): full_memory(one) for one in errors} == {str(one): whose for one in errors}


@pytest.mark.parametrize('allocate', [
    lambda: torch.empty(2**60, dtype=torch.uint8), lambda: np.empty(2**60, np.uint8),
    lambda: bytearray(2**60)])
def test_what_the_libraries_here_raise(allocate):
    with pytest.raises(Exception) as raised:
        allocate()
    assert full_memory(raised.value) == 'this machine'


@pytest.mark.cuda
def test_what_a_gpu_raises():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**50, dtype=torch.uint8, device='cuda')
    assert full_memory(raised.value) == 'the GPU'


@pytest.mark.parametrize('error', [*OF_A_GPU, *OF_THE_MACHINE], ids=repr)
def test_it_becomes_a_sentence_that_can_be_traced_back(error):
    with pytest.raises(InferenceError) as raised, explained(InferenceError, 'work', 'take less'):
        raise error
    assert str(raised.value) in ('the memory of the GPU is full (work); take less',
                                 'the memory of this machine is full (work); take less')
    assert cause_of(raised.value) is error and cause_of(error) is error


@pytest.mark.parametrize('error', OTHERS, ids=repr)
def test_others_stay_what_they_are(error):
    with pytest.raises(type(error)) as raised, explained(InferenceError, 'work', 'take less'):
        raise error
    assert raised.value is error


def test_what_the_failed_call_held_is_free_afterwards():
    held = []

    def fail():
        tensor = torch.zeros(3)
        held.append(weakref.ref(tensor))
        raise RuntimeError('CUDA error: out of memory')

    with pytest.raises(InferenceError), explained(InferenceError, 'work', 'take less'):
        fail()
    assert held[0]() is None


class Fails(nn.Module):
    """A network that raises what it is given."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, x):
        raise self.error


@pytest.mark.parametrize('error', [OF_A_GPU[-1], OF_A_GPU[4], OF_THE_MACHINE[0]], ids=repr)
def test_the_pipeline_of_node_and_evaluation_says_it(error):
    segmenter = InstanceSegmenter(Fails(error), ModelConfig(), 'cpu')
    with pytest.raises(InferenceError, match=r'is full \(an image of 16x8\); give smaller images'):
        segmenter(np.zeros((8, 16, 3), np.uint8))
