# SPDX-License-Identifier: Apache-2.0
"""
One step of training, whose loss and gradients are written to a file.

Run by the tests, in one process or in several (``torchrun``): OUT, images of each process.
"""

from dataclasses import replace
import sys

from discinst_ros.checkpoint import load_checkpoint
from discinst_ros.resources import drawn_checkpoint
from discinst_ros.training.data_module import InstanceData
from discinst_ros.training.task import EmbeddingTask
from lightning.pytorch import Callback, Trainer
import torch


class Record(Callback):
    """Keep what the optimiser is given, averaged over the processes."""

    def __init__(self, path):
        self.path = path

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        loss = trainer.strategy.reduce(trainer.callback_metrics['train/loss'].clone())
        gradients = {name: parameter.grad.clone() for name, parameter
                     in pl_module.network.named_parameters() if parameter.grad is not None}
        if trainer.is_global_zero:
            torch.save({'loss': loss, 'gradients': gradients}, self.path)


def uneven(sample, rng, *, other):
    """Leave out instances, differently for each image: some all, some to be ignored."""
    labels = sample.labels.copy()
    labels[labels > rng.integers(6)] = 0
    labels[:int(rng.integers(30))] = -1
    return replace(sample, labels=labels)


def take_step(path, images, *, devices, strategy):
    torch.manual_seed(0)
    config = load_checkpoint(drawn_checkpoint()).config
    task = EmbeddingTask(config, lovasz=1.0, dropout=0.0, freeze_batch_norm=True,
                         start_from=str(drawn_checkpoint()))
    data = InstanceData(width=64, height=48, batch_size=images, samples_per_epoch=4, workers=0,
                        validation_images=2)
    data.augment = uneven
    Trainer(accelerator='cpu', devices=devices, strategy=strategy, max_steps=1, logger=False,
            enable_checkpointing=False, enable_progress_bar=False, limit_val_batches=0,
            use_distributed_sampler=False, callbacks=[Record(path)]).fit(task, data)


if __name__ == '__main__':
    take_step(sys.argv[1], int(sys.argv[2]), devices=2, strategy='ddp')
