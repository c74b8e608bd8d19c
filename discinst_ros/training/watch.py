# SPDX-License-Identifier: Apache-2.0
"""Add to a training what a person sees of it: progress, TensorBoard, pictures and the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from discinst_ros.training.event_files import RestartCurves
from discinst_ros.training.history import History
from discinst_ros.training.next_commands import Scoring
from discinst_ros.training.pictures import ValidationPictures
from discinst_ros.training.progress import replace_progress
from discinst_ros.training.report import RunReport
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import TensorBoardLogger


def watch(trainer: Trainer, settings: Mapping[str, Any], *, pictures: int,
          scoring: Scoring) -> RunReport:
    """
    Add the callbacks to a trainer that is not running yet.

    TensorBoard's files go right into the run's folder, unless the settings name a logger: so a
    run is named like its folder, and goes on in it after a resume.

    :param trainer: whose ``default_root_dir`` is the run's folder.
    :param settings: of the whole run, nested.
    :param pictures: held-out images that are drawn at each validation.
    :param scoring: images to score the result on.
    :return: the report; it waits for the bandwidths.
    """
    if settings['trainer'].get('logger') is None:
        trainer.logger = TensorBoardLogger(trainer.default_root_dir, name='', version='',
                                           default_hp_metric=False)
    replace_progress(trainer)
    history = History()
    report = RunReport(history, settings, scoring)
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    # The history before what saves the state, of which it is a part; the report when all else
    # has been written.
    callbacks[:] = [history, RestartCurves(), ValidationPictures(pictures), *callbacks, report]
    return report
