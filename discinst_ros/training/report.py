# SPDX-License-Identifier: Apache-2.0
"""Write OUT/report.md when a training ends, however it ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
import logging
import os
from pathlib import Path
import platform
from typing import Any

from discinst_ros.training.bandwidth import BandwidthChoice
from discinst_ros.training.errors import sentence
from discinst_ros.training.history import History
from discinst_ros.training.next_commands import Scoring
from discinst_ros.training.report_text import report_text, RunFacts
from discinst_ros.visualization.curves import draw_curves
from discinst_ros.whole_file import write_whole
import lightning
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.utilities.exceptions import SIGTERMException
import torch

_log = logging.getLogger(__name__)
#: File of the report in the folder of a run, and the folder of what it shows.
REPORT_FILE = 'report.md'
REPORT_FOLDER = 'report'


class RunReport(Callback):
    """
    Describe a run: how it ended, what it was, its scores, its curves and its pictures.

    It is written when the training ends and once more by :meth:`add_bandwidths`.

    :param history: the scalars of the run.
    :param settings: of the run by their full names; those of ``model`` and ``data`` are listed.
    :param scoring: for the command that evaluates.
    """

    def __init__(self, history: History, settings: Mapping[str, Any], scoring: Scoring) -> None:
        self.history = history
        self.settings = flattened(settings)
        self.scoring = scoring
        self._facts: RunFacts | None = None
        self._folder = Path()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take away what another run has left here; one that is resumed goes on."""
        folder = Path(trainer.default_root_dir)
        if trainer.is_global_zero and not trainer.global_step:
            for path in (folder / REPORT_FILE, *folder.glob(f'{REPORT_FOLDER}/*.*')):
                path.unlink(missing_ok=True)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the report of a training that came to its end."""
        self._write(trainer, _ending(trainer))

    def on_exception(self, trainer: Trainer, pl_module: LightningModule,
                     exception: BaseException) -> None:
        """Write the report of a training that was broken off."""
        if not trainer.global_step:
            return
        try:
            self._write(trainer, _broken_off(exception, trainer.global_step))
        except OSError as error:  # a full disk, say: what broke the training off is to be told
            _log.warning('%s was not written: %s', REPORT_FILE, error)

    def add_bandwidths(self, choices: Mapping[str, BandwidthChoice]) -> None:
        """
        Write the report again, with the bandwidths that were tried.

        :param choices: by the name of the checkpoint.
        """
        if self._facts is not None:
            self._facts.bandwidths.update(choices)
            write_whole(self._folder / REPORT_FILE, report_text(self._facts, self._folder))

    def _write(self, trainer: Trainer, ending: str) -> None:
        if not trainer.is_global_zero:
            return
        self._folder = Path(trainer.default_root_dir)
        self.history.write(trainer)
        if self.history.scalars:
            draw_curves(self.history.scalars).savefig(
                self._folder / REPORT_FOLDER / 'curves.png')
        self._facts = RunFacts(
            ending=ending, steps=trainer.global_step, epochs=trainer.current_epoch,
            elapsed_s=self.history.elapsed_s, scalars=self.history.scalars,
            settings=self.settings, scoring=self.scoring, ended=f'{datetime.now():%Y-%m-%d %H:%M}',
            machine=_machine(trainer))
        write_whole(self._folder / REPORT_FILE, report_text(self._facts, self._folder))


def flattened(settings: Mapping[str, Any], prefix: str = '') -> dict[str, Any]:
    """Return nested settings by their full names, ``model.config.delta_v`` and so on."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            flat.update(flattened(value, f'{prefix}{name}.'))
        else:
            flat[prefix + name] = value
    return flat


def _ending(trainer: Trainer) -> str:
    """Say how a training came to its end."""
    epochs = trainer.max_epochs
    if (0 <= trainer.max_steps <= trainer.global_step
            or epochs is not None and 0 <= epochs <= trainer.current_epoch):
        return 'Finished.'
    of = f' of {trainer.max_steps:,}' if trainer.max_steps >= 0 else ''
    where = f'at step {trainer.global_step:,}{of}'
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, EarlyStopping) and callback.wait_count >= callback.patience:
            return (f'Stopped early {where}: {callback.monitor} did not improve over '
                    f'{callback.patience} validations.')
    return f'Stopped early {where}.'


def _broken_off(exception: BaseException, step: int) -> str:
    """Say what broke a training off."""
    if isinstance(exception, KeyboardInterrupt):
        return f'**Stopped by Ctrl-C** at step {step}.'
    if isinstance(exception, SIGTERMException):
        return f'**Stopped by a termination signal** at step {step}.'
    reason = sentence(exception)[:300].rstrip('.')
    return f'**Broken off at step {step}:** {reason}.'


def _machine(trainer: Trainer) -> str:
    """Name what the training ran on, and the versions that matter."""
    device = trainer.strategy.root_device
    name = torch.cuda.get_device_name(device) if device.type == 'cuda' else (
        f'CPU, {torch.get_num_threads()} of {os.cpu_count()} cores')
    processes = f'{trainer.world_size} × ' if trainer.world_size > 1 else ''
    return (f'{processes}{name}; torch {torch.__version__}, lightning {lightning.__version__}, '
            f'Python {platform.python_version()}')
