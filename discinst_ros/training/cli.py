# SPDX-License-Identifier: Apache-2.0
"""The train command: dataset in, weights out."""

from __future__ import annotations

from collections.abc import Sequence
import logging
from pathlib import Path
import sys
import warnings

from discinst_ros.checkpoint import CheckpointError
from discinst_ros.training.average import RisingAverage
from discinst_ros.training.bandwidth import choose_bandwidth
from discinst_ros.training.save_weights import SaveWeights
from discinst_ros.training.scene_data import SceneData
from discinst_ros.training.task import EmbeddingTask
from discinst_ros.training.watch import watch
from lightning.pytorch.callbacks import (
    LearningRateMonitor,
    ModelCheckpoint,
)
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

_DESCRIPTION = """\
Train a network on scenes that are drawn while it learns. OUT/best.safetensors and
OUT/last.safetensors are what the node loads; OUT/last.ckpt is what --resume takes up.

  train --config config/train_drawn.yaml --out runs/drawn      the recipe of the shipped weights
  train --trainer.max_steps 200 --out runs/try                 a quick try
  train --config config/train_drawn.yaml --out runs/drawn --resume runs/drawn/last.ckpt
  train --print_config                                         every setting with its default
"""


class TrainCLI(LightningCLI):
    """Add the run's folder and resuming to Lightning's own settings."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add --out, which every file of a run goes to, and --resume."""
        parser.add_argument('--out', type=str, default='runs/train', help='folder of this run')
        parser.add_argument('--resume', type=str | None, default=None,
                            help='a .ckpt of an earlier run to go on from')
        parser.add_argument('--average', type=float, default=0.999,
                            help='highest decay per step of the moving average of the weights')
        parser.add_argument('--pictures', type=int, default=4,
                            help='held-out images that are drawn at each validation')
        parser.link_arguments('out', 'trainer.default_root_dir')


def train(arguments: Sequence[str] | None = None) -> Path:
    """
    Run a training from its command line.

    :param arguments: without the program's name; None takes the process's.
    :return: the folder of the run.
    """
    cli = TrainCLI(
        EmbeddingTask, SceneData, run=False, auto_configure_optimizers=False,
        seed_everything_default=1, args=None if arguments is None else list(arguments),
        parser_kwargs={'description': _DESCRIPTION}, save_config_kwargs={'overwrite': True},
        trainer_defaults={'max_steps': 10_000, 'reload_dataloaders_every_n_epochs': 1,
                          'gradient_clip_val': 5.0, 'log_every_n_steps': 20,
                          'num_sanity_val_steps': 0, 'enable_checkpointing': False,
                          'enable_model_summary': False})
    settings = cli.config
    cli.trainer.callbacks[:0] = [  # type: ignore[attr-defined]
        SaveWeights(),
        RisingAverage(settings['average']),
        LearningRateMonitor('step'),
        ModelCheckpoint(settings['out'], filename='last', enable_version_counter=False)]
    report = watch(cli.trainer, settings.as_dict(), pictures=settings['pictures'], source='sticks')
    cli.trainer.fit(cli.model, cli.datamodule, ckpt_path=settings['resume'])
    out = Path(settings['out'])
    report.add_bandwidths({
        name: choose_bandwidth(out / f'{name}.safetensors', cli.datamodule.val_dataloader())
        for name in ('last', 'best')})
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    _quieten_lightning()
    try:
        out = train(arguments)
    except (CheckpointError, FileNotFoundError, ValueError) as error:
        print(f'train: {error}', file=sys.stderr)
        return 1
    print(f'weights: {out}/best.safetensors; score them with: '
          f'evaluate sticks --checkpoint {out}/best.safetensors')
    return 0


def _quieten_lightning() -> None:
    """Leave out advertisements and hints that are not about this training."""
    warnings.filterwarnings('ignore', module='lightning')
    logging.getLogger('lightning.pytorch.utilities.rank_zero').addFilter(
        lambda record: 'Tip:' not in record.getMessage() and 'TPU' not in record.getMessage())


if __name__ == '__main__':
    sys.exit(main())
