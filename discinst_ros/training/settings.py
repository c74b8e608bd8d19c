# SPDX-License-Identifier: Apache-2.0
"""The settings of the train command: files, command line, and what follows from what."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from dataclasses import fields
import difflib
from pathlib import Path
import re
import sys
from typing import Any, NoReturn

from discinst_ros.data.augment import Augmentation
from discinst_ros.training.data_module import InstanceData
from discinst_ros.training.errors import concise
from discinst_ros.training.recipes import with_recipes
from discinst_ros.training.task import EmbeddingTask
from discinst_ros.writable import path_of
from jsonargparse import DefaultHelpFormatter
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback

_DESCRIPTION = """\
Train a network on labelled images, or on scenes that are drawn while it learns.

  train --config config/train_drawn.yaml --out runs/drawn      the recipe of drawn-rgb
  train --data.train my_images --out runs/mine                 your own images; a fifth is held out
  train --config config/finetune.yaml --data.train my_images   a few of them, from shipped weights
  train --config config/train_drawn.yaml --out runs/drawn --resume        go on where it ended
  train --trainer.max_steps 200 --out runs/try                 a quick try

In OUT: best.safetensors and last.safetensors are what the node loads, last.ckpt is what --resume
takes up, report.md tells how it went, config.yaml holds every setting.

what one changes most:
  --data.train, --data.val     folders, datasets, or kinds of drawn scenes
  --data.width, --data.height  size of the images the network sees
  --data.augment {}            vary the images; --data.augment.help shows how
  --data.batch_size            images per step
  --trainer.max_steps          length; the learning rate falls towards its end
  --trainer.precision          32-true, bf16-mixed, 16-mixed (on a GPU)
  --model.config.coordinates   where identical objects have to be told apart
  --model.config.depth normals  see depth, too, where the images have it
  --model.config.embedding_dim more for more objects at once
  --model.config.network       enet, segnet, dilation, resnet38, or my_package.my_module:MyNetwork
  --model.start_from           a checkpoint to start from
  --patience                   validations without improvement before it ends

A setting stands in a file (--config) or on the command line, which wins; --print_config shows all.
"""
_USAGE = '%(prog)s [--config FILE] [--data.train SOURCE] [--out FOLDER] [--KEY VALUE ...]'

#: In others the loss or the clustering cannot be computed; 32, 16 and bf16 are short for them.
_PRECISIONS = ('32-true', 'bf16-mixed', '16-mixed', '32', 'bf16', '16')


class _HelpFormatter(DefaultHelpFormatter, RawDescriptionHelpFormatter):
    """Leave the lines of the description as they are."""


class TrainParser(LightningArgumentParser):
    """Say in one line what is wrong with a setting, and which one may have been meant."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print what is wrong and exit."""
        if not self.exit_on_error:
            super().error(message, ex)
        print(f'train: {concise(message)}{self._suggestion(concise(message))}', file=sys.stderr)
        sys.exit(2)

    def _suggestion(self, message: str) -> str:
        found = re.search(r"(?:[Gg]roup '([\w.]+)' does not accept option '([\w.]+)'"
                          r'|unrecognized arguments: -*([\w.]+)'
                          r'|(?:Parser key "(data.augment)": )?'
                          r"[Oo]ption '([\w.]+)' is not accepted)", message)
        if not found:
            return ''
        group, option = found[1] or found[4], found[2] or found[3] or found[5]
        key = f'{group}.{option}' if group else option
        known = [*(action.dest for action in self._actions),
                 *(f'data.augment.{field.name}' for field in fields(Augmentation))]
        # First within the group, where the last word decides; then anywhere.
        beside = [name for name in known if name.rpartition('.')[0] == key.rpartition('.')[0]]
        near = (difflib.get_close_matches(key, beside, n=1)
                or difflib.get_close_matches(key, known, n=1))
        return f"; did you mean '{near[0]}'?" if near else ''


class SaveSettings(SaveConfigCallback):
    """Write all settings of a run into its folder."""

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write config.yaml, which --config reads."""
        path = Path(trainer.default_root_dir) / 'config.yaml'
        path.parent.mkdir(parents=True, exist_ok=True)
        self.parser.save(self.config, path, skip_unset=False, overwrite=True)


def _is_given(value: object) -> bool:
    return value is not None


class TrainCLI(LightningCLI):
    """Lightning's settings, and those of a run."""

    def __init__(self, arguments: list[str] | None) -> None:
        arguments = with_recipes(sys.argv[1:] if arguments is None else arguments)
        super().__init__(
            EmbeddingTask, InstanceData, run=False, auto_configure_optimizers=False,
            seed_everything_default=1, args=arguments, parser_class=TrainParser,
            parser_kwargs={'description': _DESCRIPTION, 'usage': _USAGE,
                           'formatter_class': _HelpFormatter, 'allow_abbrev': False},
            save_config_callback=SaveSettings, save_config_kwargs={'save_to_log_dir': False},
            trainer_defaults={'max_steps': 10_000, 'reload_dataloaders_every_n_epochs': 1,
                              'use_distributed_sampler': False, 'gradient_clip_val': 5.0,
                              'log_every_n_steps': 20, 'num_sanity_val_steps': 0,
                              'enable_checkpointing': False, 'enable_model_summary': False})

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add what concerns the run as a whole."""
        parser.add_argument('--out', type=str, default='runs/train', help='folder of this run')
        parser.add_argument('--resume', nargs='?', const='last', type=str | None, default=None,
                            help='go on with an earlier run: OUT/last.ckpt, or the .ckpt given')
        parser.add_argument('--average', type=float, default=0.999,
                            help='highest decay per step of the moving average of the weights')
        parser.add_argument('--checkpoint_every_steps', type=int, default=500,
                            help='steps between two states that --resume can take up')
        parser.add_argument('--patience', type=int | None, default=None,
                            help='validations without improvement before the training ends')
        parser.add_argument('--pictures', type=int, default=4,
                            help='held-out images that are drawn at each validation')
        parser.link_arguments('out', 'trainer.default_root_dir', compute_fn=path_of)
        parser.link_arguments('seed_everything', 'data.seed', compute_fn=int)
        parser.link_arguments('seed_everything', 'model.seed', compute_fn=int)
        parser.link_arguments('model.config.depth', 'data.depth', compute_fn=_is_given)
        parser.link_arguments('data.class_names', 'model.config.class_names',
                              apply_on='instantiate')

    def before_instantiate_classes(self) -> None:
        """
        Settle what follows from other settings.

        :raises ValueError: for settings that contradict each other, and those of the trainer that
            it would take as they are.
        """
        data, config = self.config.data, self.config.model.config
        longer = max(data.width, data.height)
        if config.long_side_px is None and data.sizing == 'reduce':
            config.long_side_px = longer  # as large as in training
        if config.long_side_px is not None and config.long_side_px < longer:
            raise ValueError(f'model.config.long_side_px is {config.long_side_px}, to which the '
                             f'node reduces, and training sees {data.width}x{data.height}; leave '
                             f'it out, or give {longer} or more, or a smaller data.width and '
                             'data.height')
        for name, least in (('accumulate_grad_batches', 1), ('check_val_every_n_epoch', 1),
                            ('gradient_clip_val', 0)):  # a negative one would turn gradients round
            value = self.config.trainer[name]
            if value is not None and not value >= least:
                raise ValueError(f'trainer.{name} is {value}, expected {least} or more')
        precision = self.config.trainer.precision
        if precision is not None and str(precision) not in _PRECISIONS:
            raise ValueError(f'trainer.precision is {precision}, expected one of '
                             f'{", ".join(_PRECISIONS)}')

    def instantiate_trainer(self, **kwargs: Any) -> Any:
        """
        Build the trainer.

        :raises ValueError: for 16-bit floats on a CPU, which Lightning would replace in silence.
        """
        trainer = super().instantiate_trainer(**kwargs)
        precision = str(self.config.trainer.precision)
        if precision.startswith('16') and trainer.strategy.root_device.type == 'cpu':
            raise ValueError(f'trainer.precision is {precision}, which needs a GPU; on a CPU '
                             'give bf16-mixed or 32-true')
        return trainer
