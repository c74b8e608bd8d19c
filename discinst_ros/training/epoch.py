# SPDX-License-Identifier: Apache-2.0
"""Where in its epoch a training is, also one that was resumed in the middle of it."""

from __future__ import annotations

from typing import NamedTuple

from lightning.pytorch import Trainer


class EpochPlace(NamedTuple):
    """Batches of a training."""

    #: The next batch of the whole training.
    first: int
    #: Batches of the current epoch that are done, and that are left.
    done: int
    left: int


def epoch_place(trainer: Trainer | None, samples_per_epoch: int, images_per_batch: int
                ) -> EpochPlace:
    """
    Return where a training is.

    :param trainer: None where there is none yet: at the beginning.
    :param samples_per_epoch: images between two validations, all processes together.
    :param images_per_batch: of all processes together.
    """
    accumulated = trainer.accumulate_grad_batches if trainer else 1
    # Whole steps, so that the number of steps taken says how many batches were.
    steps = -(-samples_per_epoch // (images_per_batch * accumulated))
    if trainer is None:
        return EpochPlace(0, 0, steps)
    first, length = trainer.global_step * accumulated, steps * accumulated
    progress = trainer.fit_loop.epoch_loop.batch_progress
    if trainer.fit_loop.restarting and progress.is_last_batch:
        return EpochPlace(first, progress.current.ready, 0)  # resumed where an epoch ended
    done = progress.current.ready if trainer.fit_loop.restarting else 0
    left = length - first % length
    if trainer.max_steps >= 0:  # the last epoch ends with the training, and is validated
        left = min(left, max(0, trainer.max_steps * accumulated - first))
    return EpochPlace(first, done, left)
