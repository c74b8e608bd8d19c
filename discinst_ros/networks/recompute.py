# SPDX-License-Identifier: Apache-2.0
"""Gradient checkpointing: a stage is computed a second time when its gradients are due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from torch import nn, Tensor
from torch.utils.checkpoint import checkpoint


def recomputed(stage: nn.Module, *inputs: Tensor) -> Any:
    """
    Return ``stage(*inputs)`` and keep nothing but the inputs for the backward pass.

    Chen, Xu, Zhang, Guestrin: Training Deep Nets with Sublinear Memory Cost, arXiv 1604.06174.
    Outputs and gradients are the same: dropout draws the same numbers again, and batch norm
    counts the batch once.
    """
    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), _statistics_kept(stage)

    return checkpoint(stage, *inputs, use_reentrant=False, context_fn=contexts)


@contextmanager
def _statistics_kept(stage: nn.Module) -> Iterator[None]:
    """Let batch norm normalise as before, but leave its running statistics alone."""
    norms = [module for module in stage.modules()
             if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.training]
    # Copies take the second count: without any, torch would miss tensors that it kept before.
    kept = [dict(module._buffers) for module in norms]
    for module, buffers in zip(norms, kept):
        module._buffers.update({name: None if buffer is None else buffer.clone()
                                for name, buffer in buffers.items()})
    try:
        yield
    finally:
        for module, buffers in zip(norms, kept):
            module._buffers.update(buffers)
