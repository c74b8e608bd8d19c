# SPDX-License-Identifier: Apache-2.0
"""What the scalars of a training were, step by step, across every resume."""

from __future__ import annotations

import csv
import io
from pathlib import Path
import time
from typing import Any, TypeAlias

from discinst_ros.whole_file import write_whole
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities.types import STEP_OUTPUT

#: Pairs of step and value by the name of the scalar.
Scalars: TypeAlias = dict[str, list[tuple[int, float]]]
#: Name of the learning rate among the scalars.
LEARNING_RATE = 'learning_rate'


class History(Callback):
    """
    Keep the scalars for the report, and as ``report/history.csv``.

    They are part of the state that a resume takes up. So after a kill nothing is there twice:
    what came after the state was written is forgotten, by the network as well as here.
    """

    def __init__(self) -> None:
        self.scalars: Scalars = {}
        self._before_s = 0.0
        self._since_s: float | None = None

    @property
    def elapsed_s(self) -> float:
        """Return the time in training, of all parts of a resumed one."""
        now_s = 0.0 if self._since_s is None else time.monotonic() - self._since_s
        return self._before_s + now_s

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._since_s = time.monotonic()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule,
                           outputs: STEP_OUTPUT, batch: object, batch_idx: int) -> None:
        """Keep the terms of the loss, as often as they are logged, and of the first step."""
        step = trainer.global_step
        every = max(1, int(trainer.log_every_n_steps))  # type: ignore[attr-defined]
        if step == 1 or step % every == 0 or step == trainer.max_steps:
            self._keep(trainer, 'train/')
            rate = trainer.optimizers[0].param_groups[0]['lr']
            self._append(LEARNING_RATE, step, float(rate))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep the scores of the validation, and write down everything so far."""
        if not trainer.sanity_checking:
            self._keep(trainer, 'val/')
            self.write(trainer)

    def write(self, trainer: Trainer) -> None:
        """Write the table, a row for each step and a column for each scalar."""
        if not trainer.is_global_zero:
            return
        path = Path(trainer.default_root_dir) / 'report' / 'history.csv'
        columns = {name: dict(series) for name, series in self.scalars.items()}
        steps = sorted({step for column in columns.values() for step in column})
        text = io.StringIO()
        writer = csv.writer(text, lineterminator='\n')
        writer.writerow(['step', *columns])
        writer.writerows([step, *(column.get(step, '') for column in columns.values())]
                         for step in steps)
        write_whole(path, text.getvalue())

    def state_dict(self) -> dict[str, Any]:
        """Take the scalars into the state of the training."""
        return {'scalars': self.scalars, 'elapsed_s': self.elapsed_s}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the scalars where the training is taken up."""
        self.scalars = {name: [(int(step), float(value)) for step, value in series]
                        for name, series in state_dict['scalars'].items()}
        self._before_s = float(state_dict['elapsed_s'])

    def _keep(self, trainer: Trainer, part: str) -> None:
        for name, value in trainer.callback_metrics.items():
            if name.startswith(part):
                self._append(name, trainer.global_step, float(value))

    def _append(self, name: str, step: int, value: float) -> None:
        """Add a value; of several for one step, as of accumulated batches, the last stays."""
        series = self.scalars.setdefault(name, [])
        if series and series[-1][0] == step:
            series.pop()
        series.append((step, value))
