# SPDX-License-Identifier: Apache-2.0
"""
Let a network learn four drawn scenes by heart, and say how long it took; started by hand.

``python test/core/overfit_scenes.py resnet38 --size 64 48 --rate 3e-4``

Four scenes say nothing of what a network is good for, but one that cannot learn them is broken:
its gradients, its initialisation, or the place of its upsampling. The scenes are judged as
everywhere, by the segmenter that the node runs. The time is that of the CPU, so that what else the
machine does is not counted.
"""

from __future__ import annotations

import argparse
import time

from discinst_ros.evaluation.metrics import symmetric_best_dice
from discinst_ros.inference import InstanceSegmenter
from discinst_ros.inference.preprocess import to_input
from discinst_ros.model_config import ModelConfig
from discinst_ros.scenes import draw_scene
from discinst_ros.training.batch import to_tensors
from discinst_ros.training.task import EmbeddingTask
import numpy as np
import torch

#: What the scenes have to reach.
GOAL = 0.95


def overfit(network: str, size: tuple[int, int], *, steps: int, rate: float, every: int = 10,
            scenes: int = 4, kind: str = 'shapes', precision: str = 'float32',
            report=lambda *_: None) -> tuple[float, int]:
    """
    Train until the mean SBD of the scenes passes the goal.

    :return: the SBD, and the steps taken.
    """
    torch.manual_seed(1)
    config = ModelConfig(network=network, coordinates=True, bandwidth=1.5)
    task = EmbeddingTask(config, dropout=0.0).train()
    samples = [draw_scene(kind, 1000 + number, *size) for number in range(scenes)]
    batches = [to_tensors(sample) for sample in samples]
    batch = {name: torch.stack([one[name] for one in batches]) for name in batches[0]}
    x = to_input(batch['image'], config)
    segmenter = InstanceSegmenter(task.network, config, 'cpu')
    optimizer = torch.optim.Adam(task.network.parameters(), rate)
    # Statistics of the last few steps only: the weights change fast here.
    for module in task._batch_norms():
        module.momentum = 0.3
    sbd = 0.0
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group['lr'] = rate * min(1.0, step / 10)
        task.network.train()
        with torch.autocast('cpu', torch.bfloat16, enabled=precision == 'bfloat16'):
            embeddings, logits = task.network(x)
        terms = task.objective(embeddings.float(), logits.float(), batch['labels'],
                               batch['classes'])
        optimizer.zero_grad()
        terms['loss'].backward()
        torch.nn.utils.clip_grad_norm_(task.network.parameters(), 5.0)
        optimizer.step()
        if step % every == 0:
            task.network.eval()
            sbd = float(np.mean([symmetric_best_dice(segmenter(sample.image).label_image,
                                                     sample.labels) for sample in samples]))
            report(step, terms['loss'].item(), sbd)
            if sbd > GOAL:
                break
    return sbd, step


def main() -> None:
    """Run it and print how it goes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument('network')
    parser.add_argument('--size', type=int, nargs=2, default=(96, 64), metavar=('W', 'H'))
    parser.add_argument('--kind', default='shapes')
    parser.add_argument('--steps', type=int, default=300)
    parser.add_argument('--rate', type=float, default=1e-3)
    parser.add_argument('--precision', default='float32', choices=('float32', 'bfloat16'))
    options = parser.parse_args()
    torch.set_num_threads(1)
    start = time.process_time()

    def report(step, loss, sbd):
        print(f'{options.network} step {step} loss {loss:.3f} SBD {sbd:.3f} '
              f'{time.process_time() - start:.0f} s', flush=True)

    sbd, step = overfit(options.network, tuple(options.size), steps=options.steps,
                        rate=options.rate, kind=options.kind, precision=options.precision,
                        report=report)
    print(f'{options.network}: SBD {sbd:.3f} after {step} steps, '
          f'{time.process_time() - start:.0f} s of one core')


if __name__ == '__main__':
    main()
