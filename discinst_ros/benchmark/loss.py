# SPDX-License-Identifier: Apache-2.0
"""
How much time and memory the loss takes, beside a plain loop over instances.

Forward and backward of both on the same batches, which heaps of more and more objects fill. The
loop is that of benchmark/plain_loss.py. Before anything is measured, loss and gradient of both are
compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

from discinst_ros.benchmark.embedding_fields import heap
from discinst_ros.benchmark.hardware import hardware
from discinst_ros.benchmark.memory import COUNTED, lowering, Memory, peak_memory
from discinst_ros.benchmark.options import (
    add_common,
    clock_note,
    counts,
    prepare,
    settings,
    Size,
)
from discinst_ros.benchmark.plain_loss import plain_loss
from discinst_ros.benchmark.results import picture, Results
from discinst_ros.benchmark.timing import clock_of, interleaved, timed, Timing
from discinst_ros.loss import discriminative_loss
import numpy as np
import torch
from torch import Tensor

#: What is measured, by name: embeddings and labels in, loss out.
LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    'module': lambda embeddings, labels: discriminative_loss(embeddings, labels).total,
    'plain loop': plain_loss}
#: Float32 sums of 10^5 terms in another order differ by about 1e-6; a mistake by far more.
AGREEMENT = 1e-4
_EMBEDDING_DIM = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument('--size', default='512x256', help='of the images (%(default)s)')
    parser.add_argument('--batch', type=int, default=4, help='images of a batch (%(default)s)')
    parser.add_argument('--instances', type=int, nargs='+', default=[5, 20, 60], metavar='N',
                        help='objects drawn into each image (5 20 60)')
    add_common(parser, seconds=15)


def run(options: argparse.Namespace) -> None:
    """
    Measure and report.

    :raises ValueError: for an option that cannot be used, or where loss and loop disagree.
    """
    size = Size.parse(options.size)
    counts('--batch', [options.batch])
    counts('--instances', options.instances)
    device = prepare(options)
    rows: list[dict[str, Any]] = []
    with lowering('lower --size, --batch or --instances'):
        for count in options.instances:
            batch = (size, options.batch, count, options.seed, str(device))
            rows.append(measure(batch, options.seconds, device, options.clock))
    results = Results('loss', hardware(device), settings(options), rows, [
        f'forward and backward, {options.batch} x {_EMBEDDING_DIM} x {size.height} x {size.width};'
        ' milliseconds: median [quartiles]', clock_note(options.clock),
        f'{COUNTED[device.type]}, inputs not',
        'disagreement: largest relative difference of the loss and of the gradient'])
    print(results.text(
        ['drawn', 'there', 'module ms', 'loop ms', 'ratio', 'module MB', 'loop MB',
         'disagreement'], [_cells(row) for row in rows]))
    if options.json:
        results.write_json(options.json)
    if options.picture:
        _draw(options, rows)


def make_batch(size: Size, batch: int, count: int, seed: int, device: str
               ) -> tuple[Tensor, Tensor]:
    """Return embeddings B×D×H×W that ask for a gradient, and labels B×H×W int64."""
    rng = np.random.default_rng(seed)
    scale = min(size.width / 512, size.height / 256)
    labels = np.stack([heap(size.height, size.width, count, rng, scale=scale)
                       for _ in range(batch)])
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(batch, _EMBEDDING_DIM, size.height, size.width, generator=generator)
    return (embeddings.to(device).requires_grad_(),
            torch.from_numpy(labels.astype(np.int64)).to(device))


def step(name: str, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Run one of the losses forward and backward; return the loss and the gradient."""
    total = LOSSES[name](embeddings, labels)
    gradient, = torch.autograd.grad(total, embeddings)
    return total.detach(), gradient


def disagreement(embeddings: Tensor, labels: Tensor) -> float:
    """Return the largest relative difference of the two losses and of their gradients."""
    (one, gradient), (other, reference) = (step(name, embeddings, labels) for name in LOSSES)
    scale = reference.abs().amax().clamp(min=torch.finfo(reference.dtype).tiny)
    return max(float((one - other).abs() / other.abs().clamp(min=1e-12)),
               float((gradient - reference).abs().amax() / scale))


def measure(batch: tuple[Size, int, int, int, str], seconds: float, device: torch.device,
            clock_kind: str) -> dict[str, Any]:
    """
    Return the figures of one number of instances.

    :raises ValueError: where loss and loop disagree.
    """
    embeddings, labels = make_batch(*batch)
    apart = disagreement(embeddings, labels)
    if not apart < AGREEMENT:
        raise ValueError(f'loss and plain loop differ by {apart:.2g} of their value, expected '
                         f'below {AGREEMENT:g}: one of them is wrong, so times mean nothing')
    clock = clock_of(device, clock_kind)
    times = interleaved({name: timed(partial(step, name, embeddings, labels), clock)
                         for name in LOSSES}, seconds=seconds)
    memory = {name: peak_memory(device, prepared_step, name, *batch) for name in LOSSES}
    present = [len(image[image > 0].unique()) for image in labels]
    return {'instances_drawn': batch[2], 'instances': float(np.mean(present)),
            'foreground_px': int((labels > 0).sum()), 'disagreement': apart,
            **{name: _figures(times[name]['time'], memory[name]) for name in LOSSES},
            'ratio': times['plain loop']['time'].median_s / times['module']['time'].median_s}


def prepared_step(name: str, *batch: Any) -> Callable[[], object]:
    """Make a batch and return the step that works on it."""
    return partial(step, name, *make_batch(*batch))


def _figures(time: Timing, memory: Memory) -> dict[str, Any]:
    return {**time.as_json(), 'text': str(time),
            'memory_bytes': memory.peak_bytes - memory.prepared_bytes}


def _cells(row: dict[str, Any]) -> list[str]:
    ours, loop = (row[name] for name in LOSSES)
    return [str(row['instances_drawn']), f'{row["instances"]:.1f}', ours['text'], loop['text'],
            f'{row["ratio"]:.1f}', *(f'{one["memory_bytes"] / 1e6:.0f}' for one in (ours, loop)),
            f'{row["disagreement"]:.1g}']


def _draw(options: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    with picture(options.picture, 2, (8, 3.4)) as (left, right):
        instances = [row['instances'] for row in rows]
        for name in LOSSES:
            left.plot(instances, [1e3 * row[name]['median_s'] for row in rows], 'o-', label=name)
            right.plot(instances, [row[name]['memory_bytes'] / 1e6 for row in rows], 'o-',
                       label=name)
        left.set(yscale='log', xlabel='instances per image', ylabel='forward + backward, ms')
        right.set(ylim=(0, None), xlabel='instances per image', ylabel='memory, MB')
        left.legend(frameon=False)
