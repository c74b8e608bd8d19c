# SPDX-License-Identifier: Apache-2.0
"""What to do with trained weights, as commands that a shell takes as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import shlex
from typing import Any

from discinst_ros.data.dataset import AUTO
from discinst_ros.scenes import SCENE_KINDS

#: Stand for files that the training does not know.
_OTHER_EMBEDDING, _OTHER_CLASSES = 'EMBEDDING.safetensors', 'CLASSES.safetensors'


@dataclass(frozen=True)
class Scoring:
    """Labelled images to score the weights on."""

    #: What the evaluate command is given of them.
    arguments: tuple[str, ...]
    #: Whether none of them was trained on.
    unseen: bool


def to_score_on(data: Any) -> Scoring:
    """
    Return what was validated with where that is data of its own, else what was trained on.

    :param data: the settings of the data.
    """
    train = {data.train: 1.0} if isinstance(data.train, str) else dict(data.train)
    paths = [name for name in train if name not in SCENE_KINDS]
    if data.val is not None:
        sources, split = [str(data.val)], data.val_split
    elif data.val_split is not None:
        sources, split = paths, data.val_split
    else:
        sources, split = paths or list(train), data.split
    reading: list[str] = []
    if not all(name in SCENE_KINDS for name in sources):
        given = {'format': None if data.format == AUTO else data.format, 'split': split,
                 **(data.options or {})}
        reading = [part for name, value in given.items() if value is not None
                   for part in (f'--{name}', str(value))]
    return Scoring((*sources, *reading),
                   data.val is not None or data.val_split is not None or not paths)


def commands(scoring: Scoring, weights: Path, folder: Path, trained: str) -> str:
    """
    Return a sentence and the commands.

    :param weights: of the training.
    :param folder: of the run.
    :param trained: all, embedding or semantics.
    """
    evaluate = ['ros2', 'run', 'discinst_ros', 'evaluate', *scoring.arguments, '--checkpoint']
    node = ['ros2', 'run', 'discinst_ros', 'perception_node', '--ros-args', '-p']
    own, beside = weights.resolve(), ''
    if trained == 'semantics':
        evaluate += [_OTHER_EMBEDDING, '--semantics', str(weights)]
        node += [f'checkpoint:={_OTHER_EMBEDDING}', '-p', f'semantics_checkpoint:={own}']
        beside = (f' It gives classes alone and runs beside {_OTHER_EMBEDDING}, weights that were '
                  'trained to embed.')
    elif trained == 'embedding':
        evaluate += [str(weights), '--true-semantics']
        node += [f'checkpoint:={own}', '-p', f'semantics_checkpoint:={_OTHER_CLASSES}']
        beside = (f' It gives embeddings alone and runs beside {_OTHER_CLASSES}, weights that '
                  'were trained for classes; `--semantics` of evaluate takes them, too, and '
                  'without them only the column with the true classes counts.')
    else:
        evaluate.append(str(weights))
        node = ['ros2', 'launch', 'discinst_ros', 'perception.launch.py', f'checkpoint:={own}']
    score = ('Score it on images that it has not seen' if scoring.unseen else
             'Score it (on all images of the training, those that it has seen, too: for an honest '
             'figure give others)')
    return (f'{score}, look at the curves, run the node with it.{beside}\n\n```bash\n'
            + '\n'.join(map(shlex.join, (
                evaluate, ['tensorboard', '--logdir', str(folder)], node))) + '\n```')
