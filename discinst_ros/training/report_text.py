# SPDX-License-Identifier: Apache-2.0
"""The text of the report on a training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
import shlex
from typing import Any

from discinst_ros.markdown import table
from discinst_ros.training.bandwidth import BandwidthChoice, CLOSE
from discinst_ros.training.history import LEARNING_RATE, Scalars
from discinst_ros.training.next_commands import commands, Scoring

#: Settings that stand in every report, with the run's own words for them.
_TRAINER = ('seed_everything', 'average', 'trainer.precision', 'trainer.max_steps',
            'trainer.gradient_clip_val', 'trainer.accumulate_grad_batches')
#: The preprocessing is the same in almost all trainings.
_LEFT_OUT = ('model.config.mean', 'model.config.std')
#: Figures of a validation that a training aims at, and which of two values is better. The terms
#: of the loss are not among them: each alone is smallest in a network that has learned nothing.
_BEST: dict[str, Callable[..., tuple[int, float]]] = {
    'sbd': max, 'foreground_dice': max, 'loss': min}


@dataclass
class RunFacts:
    """What the report on a training says."""

    #: How it ended, a sentence.
    ending: str
    steps: int
    epochs: int
    #: Time in training, validations included, of all parts of a resumed training.
    elapsed_s: float
    scalars: Scalars
    #: By their full names.
    settings: Mapping[str, Any]
    scoring: Scoring
    #: Date and time.
    ended: str
    machine: str
    #: By the name of the checkpoint.
    bandwidths: dict[str, BandwidthChoice] = field(default_factory=dict)


def report_text(facts: RunFacts, folder: Path) -> str:
    """
    Return the report in Markdown.

    :param facts: what it says.
    :param folder: of the run; what lies there is shown, and named in the commands.
    """
    return '\n\n'.join(filter(None, (
        f'# Training {folder.resolve().name}', facts.ending + _resume(facts, folder),
        _run(facts), _scores(facts.scalars), _bandwidths(facts, folder), _commands(facts, folder),
        _curves(folder), _pictures(folder), _settings(facts.settings, folder)))) + '\n'


def _resume(facts: RunFacts, folder: Path) -> str:
    """Tell how to go on, where the training did not come to its end."""
    if not facts.ending.startswith('**'):
        return ''
    if not (folder / 'last.ckpt').is_file():
        return ' No state had been written yet, so it cannot be resumed.'
    state = shlex.quote(str(folder / 'last.ckpt'))
    return (f' `--resume {state}`, with the settings below, goes on from the last '
            'state that was written.')


def _run(facts: RunFacts) -> str:
    batch = facts.settings.get('data.batch_size')
    pace = f', {facts.elapsed_s / facts.steps:.2g} s a step' if facts.steps else ''
    steps = f'{facts.steps:,}' + (f' of {batch} images' if batch else '')
    return table(('', ''), (
        ('steps', f'{steps}, {facts.epochs} epochs'),
        ('time', f'{timedelta(seconds=round(facts.elapsed_s))}{pace}, validations included'),
        ('ended', facts.ended), ('machine', facts.machine)))


def _scores(scalars: Scalars) -> str:
    """Return the last value of each figure, and the best of those that a validation aims at."""
    names = sorted({name.rpartition('/')[2] for name in scalars if name != LEARNING_RATE},
                   key=lambda name: (name not in _BEST, name))
    if not names:
        return ''
    rows = []
    for name in names:
        validated = scalars.get(f'val/{name}', [])
        best = ''
        if name in _BEST and validated:
            step, value = _BEST[name](validated, key=lambda pair: pair[1])
            best = f'{value:.4g} at step {step:,}'
        rows.append((name.replace('_', ' '), _last(scalars.get(f'train/{name}')),
                     _last(validated), best))
    note = ('' if any(name.startswith('val/') for name in scalars) else
            '\n\nThe training ended before its first validation.')
    return ('## Figures\n\n'
            + table(('', 'training, last', 'validation, last', 'validation, best'), rows) + note)


def _last(series: Sequence[tuple[int, float]] | None) -> str:
    return f'{series[-1][1]:.4g}' if series else ''


def _bandwidths(facts: RunFacts, folder: Path) -> str:
    if not facts.bandwidths:
        return ('' if not facts.ending.startswith('**') else
                '## Bandwidth\n\nNot chosen: the training did not come to its end. The '
                'checkpoints carry the default; `evaluate --sweep` compares others.')
    widths = sorted({width for choice in facts.bandwidths.values() for width in choice.means})
    rows = [(f'{width:.4g}', *(_bold(f'{choice.means[width]:.3f}', width == choice.chosen)
                               for choice in facts.bandwidths.values()))
            for width in widths]
    return ('## Bandwidth\n\nMean of SBD and of the share of objects found (IoU > 0.5), on the '
            'validation images. Marked is what the checkpoint carries: the largest that is at '
            f'most {CLOSE} below the highest.\n\n'
            + table(('bandwidth', *facts.bandwidths), rows))


def _bold(text: str, bold: bool) -> str:
    return f'**{text}**' if bold else text


def _commands(facts: RunFacts, folder: Path) -> str:
    weights = folder / 'best.safetensors'
    if not weights.is_file():
        return ''
    return '## What to do with it\n\n' + commands(
        facts.scoring, weights, folder, str(facts.settings.get('model.train_only', 'all')))


def _curves(folder: Path) -> str:
    if not (folder / 'report' / 'curves.png').is_file():
        return ''
    return ('## Curves\n\n![Each figure over the steps](report/curves.png)\n\n'
            'All values: [report/history.csv](report/history.csv).')


def _pictures(folder: Path) -> str:
    names = sorted((path.name for path in folder.glob('report/image_*.png')),
                   key=lambda name: (len(name), name))
    if not names:
        return ''
    return ('## Pictures\n\nOf the last validation: image, true and found objects, the embeddings '
            'as colours and as points. Inner circles are delta_v, outer ones delta_d around the '
            'means of the objects; on a plane circles may overlap that do not in all '
            'dimensions.\n\n'
            + '\n\n'.join(f'![Held-out image](report/{name})' for name in names))


def _settings(settings: Mapping[str, Any], folder: Path) -> str:
    rows = [(f'`{name}`', f'`{value}`') for name, value in settings.items()
            if name in _TRAINER or (name.startswith(('model.', 'data.'))
                                    and name not in _LEFT_OUT)]
    where = ('\n\nAll of them: [config.yaml](config.yaml).'
             if (folder / 'config.yaml').is_file() else '')
    return '## Settings\n\n' + table(('', ''), rows) + where if rows else ''
