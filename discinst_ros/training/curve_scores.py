# SPDX-License-Identifier: Apache-2.0
"""The scores of a learning curve, kept beside the training that each is of."""

from __future__ import annotations

from collections.abc import Mapping
import json
import math
from pathlib import Path
from typing import Any

from discinst_ros.data.dataset import AUTO
from discinst_ros.evaluation.classes import match_classes
from discinst_ros.evaluation.evaluate import evaluate, MEANING
from discinst_ros.evaluation.source import Source
from discinst_ros.inference.segmenter import InstanceSegmenter
from discinst_ros.json_file import write_json

#: What a curve shows: the name of each figure, and what it is.
FIGURES = {name: MEANING[name] for name in ('coco_ap50', 'sbd')}


def score(checkpoint: str | Path, test: str, **reading: Any) -> dict[str, float]:
    """
    Return the figures of a checkpoint on labelled images.

    :param reading: how they are read, as :meth:`Source.open` has it.
    :raises ValueError: where one of the two cannot be used.
    """
    source = Source.open([test], **reading)
    segmenter = InstanceSegmenter.from_checkpoint(checkpoint)
    report = evaluate(source, segmenter, metrics=['coco'],
                      classes=match_classes(segmenter.class_names, source.class_names))
    return {name: report.figures[name] for name in FIGURES}


def scores_path(folder: Path) -> Path:
    """Return the file of the scores of the training in a folder."""
    return folder / 'scores.json'


def scores_of(folder: Path, test: str, **reading: Any) -> dict[str, float]:
    """
    Return the figures of a training: those that are kept, or new ones, which are kept then.

    :param folder: of the training.
    :param test: labelled images, and with ``reading`` how they are read; figures of others are
        not taken for theirs.
    :raises ValueError: where its weights, the images or what is kept cannot be used.
    """
    path = scores_path(folder)
    given = {name: value for name, value in reading.items() if value not in (None, AUTO)}
    about = {'test': test, **({'reading': given} if given else {})}
    kept = _kept(path) if path.is_file() else {}
    figures = kept.pop('figures', None)
    if figures is None or kept != about:
        figures = score(folder / 'best.safetensors', test, **reading)
        write_json(path, {**about, 'figures': figures})
    return {name: math.nan if figures[name] is None else figures[name] for name in FIGURES}


def _kept(path: Path) -> dict[str, Any]:
    """
    Read a file of scores.

    :raises ValueError: where it is damaged.
    """
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        figures: Mapping[str, Any] = content['figures']
        return {**content, 'figures': {name: figures[name] for name in FIGURES}}
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"'{path}' is damaged ({error!r}); remove it, and the same command "
                         'scores again') from error
