# SPDX-License-Identifier: Apache-2.0
"""One curve in TensorBoard, however often a training is taken up again."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from tensorboard.compat.proto.event_pb2 import Event, SessionLog


class RestartCurves(Callback):
    """
    Tell TensorBoard at which step a training begins.

    A run's folder keeps the event files of everything that wrote to it. TensorBoard forgets what
    they hold from this step on: of a training that was killed, what the resumed one does again;
    of another training in the same folder, all.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the mark; Lightning numbers the steps, and what validates them, from 0."""
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger) and trainer.is_global_zero:
                logger.experiment.file_writer.add_event(
                    Event(session_log=SessionLog(status=SessionLog.START)), trainer.global_step)
