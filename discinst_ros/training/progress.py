# SPDX-License-Identifier: Apache-2.0
"""How far a training is: a line that renews itself on a terminal, a few lines in a log file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
import shutil
import sys
import time
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar, TQDMProgressBar
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm
from lightning.pytorch.utilities.types import STEP_OUTPUT
from tqdm import tqdm

#: Steps between two lines in a log file.
LINE_EVERY_STEPS = 100
#: Time between two looks at the values on a terminal; on a GPU each look waits for the step.
_REFRESH_S = 0.2
#: Short names of what the loss consists of, in the order in which they are shown.
_TERMS = {'loss': 'total', 'variance': 'var', 'distance': 'dist', 'regularization': 'reg'}
#: Losses of the classes; the first that is trained is shown.
_CLASSES = {'dice': 'dice', 'cross_entropy': 'ce', 'lovasz': 'lovasz'}
#: Scores of a validation.
_SCORES = {'foreground_dice': 'fg', 'sbd': 'SBD'}
#: Columns from which on there is room for a bar.
_WIDE_COLUMNS = 110
_NARROW = '{n_fmt}/{total_fmt} ETA {remaining}{postfix}'
_WIDE = ('{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}, {rate_noinv_fmt}] '
         'ETA {remaining}{postfix}')


def make_progress(*, every_steps: int = LINE_EVERY_STEPS) -> ProgressBar:
    """Return what suits standard output: a line that renews itself, or lines for a log file."""
    return TerminalProgress() if sys.stdout.isatty() else LogProgress(every_steps)


def replace_progress(trainer: Trainer) -> None:
    """Put our progress in the place of Lightning's; where that is switched off there is none."""
    callbacks: list[Any] = trainer.callbacks  # type: ignore[attr-defined]
    callbacks[:] = [make_progress() if isinstance(one, ProgressBar) else one for one in callbacks]


def terms_text(metrics: Mapping[str, Any], part: str) -> str:
    """
    Return the losses, and for a validation the scores, as ``total 1.234 var 0.123 ...``.

    :param metrics: by ``train/NAME`` and ``val/NAME``.
    :param part: ``train`` or ``val``; what it has no value of is left out.
    """
    scored = f'{part}/foreground_dice' in metrics  # says as much of the classes as their loss
    classes = [name for name in _CLASSES if f'{part}/{name}' in metrics and not scored][:1]
    names = {**_TERMS, **{name: _CLASSES[name] for name in classes}, **_SCORES}
    return ' '.join(f'{short} {number_text(float(metrics[f"{part}/{name}"]))}'
                    for name, short in names.items() if f'{part}/{name}' in metrics)


def number_text(value: float) -> str:
    """Return a number in five characters wherever that is possible."""
    if not isfinite(value):
        return str(value)
    for limit, digits in ((10, 3), (100, 2), (1000, 1), (100_000, 0)):
        if abs(value) < limit:
            return f'{value:.{digits}f}'
    return f'{value:.0e}'


def total_steps(trainer: Trainer) -> int | None:
    """Return the steps of the whole training; None where only a condition ends it."""
    steps = trainer.estimated_stepping_batches
    return int(steps) if isfinite(steps) else None


class TerminalProgress(TQDMProgressBar):
    """
    One line for the whole training, a second one during a validation, whose result stays.

    The time to go counts the validations so far, and after a resume only what was done since.
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown_s = 0.0

    def init_train_tqdm(self) -> Tqdm:
        """Return the line; it starts at the step at which the training does."""
        return Tqdm(total=total_steps(self.trainer), initial=self.trainer.global_step,
                    disable=self.is_disabled, leave=True, dynamic_ncols=True, file=sys.stdout,
                    smoothing=0, bar_format=_bar_format())

    def init_validation_tqdm(self) -> Tqdm:
        """Return the line of a validation."""
        return Tqdm(position=1, disable=self.is_disabled, leave=False, dynamic_ncols=True,
                    file=sys.stdout, bar_format='validation {n_fmt}/{total_fmt}')

    def on_train_epoch_start(self, trainer: Trainer, *_: Any) -> None:
        """Go on: an epoch is no new beginning."""

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule,
                           outputs: STEP_OUTPUT, batch: Any, batch_idx: int) -> None:
        """Renew the line, a few times a second at most."""
        now_s = time.monotonic()
        if self.is_enabled and now_s - self._shown_s >= _REFRESH_S:
            self._shown_s = now_s
            self._show(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the last step."""
        if self.is_enabled:
            self._show(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave a line with the result above."""
        self.val_progress_bar.close()
        self.reset_dataloader_idx_tracker()
        if self.is_enabled and not trainer.sanity_checking:
            tqdm.write(_validation_line(trainer), file=sys.stdout)

    def _show(self, trainer: Trainer) -> None:
        bar = self.train_progress_bar
        bar.bar_format = _bar_format()
        bar.n = trainer.global_step
        bar.set_postfix_str(terms_text(trainer.callback_metrics, 'train'))


class LogProgress(ProgressBar):
    """
    A line every few steps, for what reads standard output without a terminal.

    :param every_steps: steps between two lines; the first step has one, too.
    """

    def __init__(self, every_steps: int = LINE_EVERY_STEPS) -> None:
        super().__init__()
        if every_steps < 1:
            raise ValueError(f'every_steps is {every_steps}, expected 1 or more')
        self.every_steps = every_steps
        self._enabled = True
        self._start = (0, 0.0)
        self._last = 0
        self._total: int | None = None

    def disable(self) -> None:
        """Say nothing, as in all processes but the first."""
        self._enabled = False

    def enable(self) -> None:
        """Speak again."""
        self._enabled = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count the time from here."""
        self._start = trainer.global_step, time.monotonic()
        self._last = trainer.global_step
        self._total = total_steps(trainer)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule,
                           outputs: STEP_OUTPUT, batch: Any, batch_idx: int) -> None:
        """Write a line where one is due."""
        step, total = trainer.global_step, self._total
        if not self._enabled or step == self._last:
            return  # of a step of several batches only the last counts
        first = self._last == self._start[0]
        self._last = step
        if not first and step % self.every_steps and step != total:
            return
        pace_s = max(time.monotonic() - self._start[1], 1e-6) / (step - self._start[0])
        to_go = tqdm.format_interval((total - step) * pace_s) if total else '?'
        of = f'/{total} {100 * step // total:3d}%' if total else ''
        _write_line(f'step {step}{of}  {1 / pace_s:.3g} steps/s  ETA {to_go}  '
                    f'{terms_text(trainer.callback_metrics, "train")}')

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write a line with the result."""
        if self._enabled and not trainer.sanity_checking:
            _write_line(_validation_line(trainer))


def _validation_line(trainer: Trainer) -> str:
    return f'validation {trainer.global_step}: {terms_text(trainer.callback_metrics, "val")}'


def _write_line(text: str) -> None:
    """Write a line with the time of day; at once, for those who follow the file."""
    print(f'{datetime.now():%H:%M:%S}  {text}', flush=True)


def _bar_format() -> str:
    return _WIDE if shutil.get_terminal_size().columns >= _WIDE_COLUMNS else _NARROW
